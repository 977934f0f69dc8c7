package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/app"
)

// onRecord returns a window whose Record page is open and shows the model.
func onRecord(t *testing.T, make func(*window) model) (*window, model) {
	t.Helper()
	w := newWindow(t, Options{})
	w.show(w.some())
	w.chord(fyne.KeyModifierControl, fyne.Key2)
	w.settle()
	w.record.spans = func(string) []app.Span { return spansOf() }
	m := make(w)
	w.show(m)
	return w, m
}

func TestPagesTurn(t *testing.T) {
	w, _ := onRecord(t, (*window).ready)
	if !w.record.box.Visible() || w.page.box.Visible() {
		t.Error("Ctrl+2 does not turn to the Record page")
	}
	w.choose(w.cameras[0])
	within(t, "the preview has a picture", func() bool {
		p := w.app.Recordings.Shown().Get().Player
		return p != nil && p.Frames().Due(time.Now())
	})
	w.show(observe(w.app, now))
	if w.record.view.source == nil || !w.record.pump.running {
		t.Error("the page does not show the camera")
	}
	w.chord(fyne.KeyModifierControl, fyne.Key1)
	if w.record.box.Visible() || !w.page.box.Visible() {
		t.Error("Ctrl+1 does not turn to the Watch page")
	}
	if shown := w.app.Recordings.Shown().Get(); shown.Player != nil || w.record.pump.running || w.record.view.source != nil {
		t.Error("the preview goes on although nobody sees it")
	}
}

// The first take stands where the words about there being none stood.
func TestTheFirstTakeLeavesNoGap(t *testing.T) {
	w, m := onRecord(t, (*window).recording)
	want := w.record.takes.Position().Y
	none := m
	none.takes = nil
	w.show(none)
	if got := w.record.takes.Position().Y; got <= want {
		t.Errorf("without takes their list is at %v, as with them: where are the words?", got)
	}
	w.show(m)
	if got := w.record.takes.Position().Y; got != want {
		t.Errorf("the list of takes is at %v, want %v again", got, want)
	}
}

func TestTheRecordPageShowsHowItStands(t *testing.T) {
	w, m := onRecord(t, (*window).recording)
	text := visible(w.record.box)
	for _, want := range []string{"Recording 00:12:31", "Uploading backlog, 3 min left", "Not yet safe to leave", "Front camera",
		"No microphone", "Balanced", "about 2.40 Mb/s, 1.08 GB an hour", "11:52", "1.20 of 2.40 Mb/s", "recording, 94 % safe",
		"north fence", "1:04:10", "persisted ✓"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page shows\n%s\nwant %q in it", text, want)
		}
	}
	if !w.record.source.disabled || w.record.press.text != "Stop" {
		t.Error("while it is recorded the source can be changed, or the recording not be stopped")
	}
	if foot := visible(w.side.box); !strings.Contains(foot, "1 upload · 33 s behind") {
		t.Errorf("the foot of the side bar shows %q", foot)
	}
	m.recordings, m.takes, m.safety = nil, m.takes[1:], app.Safety{Safe: true}
	w.show(m)
	if text := visible(w.record.box); !strings.Contains(text, "Safe to leave") || strings.Contains(text, "Marker") {
		t.Errorf("after the last acknowledgement the page shows %q", text)
	}
}

func TestWarningsFitIntoALowWindow(t *testing.T) {
	w, m := onRecord(t, (*window).recording)
	w.window.Resize(fyne.NewSize(1024, 700))
	m.safety.Room = 2 * time.Minute
	m.safety.Battery = app.Battery{Present: true, Percent: 14, Left: 25 * time.Minute}
	m.safety.Usage.Evicted, m.safety.Usage.EvictedLength = 6, 12*time.Second
	m.takes[0].Rejections = []app.Rejection{{Reason: "the fragment is longer than 20 s"}}
	m.takes[0].Upload = app.UploadState{Phase: app.UploadOffline, Err: errLine, NextTry: now.Add(8 * time.Second)}
	w.show(m)
	foot := w.canvas().Size().Height
	driver := fyne.CurrentApp().Driver()
	for i, c := range w.record.ledger {
		if at := driver.AbsolutePositionForObject(c.box); at.Y+c.box.Size().Height > foot {
			t.Errorf("the figure %d ends at %v, below the window's foot at %v", i, at.Y+c.box.Size().Height, foot)
		}
	}
}

func TestTabReachesTheRecordPage(t *testing.T) {
	w, _ := onRecord(t, (*window).recording)
	want := map[fyne.Focusable]bool{}
	walk(w.canvas().Content(), func(o fyne.CanvasObject) {
		if f, ok := o.(fyne.Focusable); ok {
			want[f] = true
		}
		if b, ok := o.(*button); ok && b.AccessibilityLabel() == "" {
			t.Errorf("the button with the symbol %q has no name for a screen reader", b.symbol)
		}
	})
	for range 3 * len(want) {
		w.canvas().FocusNext()
		delete(want, w.canvas().Focused())
	}
	for f := range want {
		t.Errorf("Tab does not reach a %T", f)
	}
}

func TestMarkers(t *testing.T) {
	w, _ := onRecord(t, (*window).ready)
	w.choose(w.cameras[0])
	w.write("r")
	within(t, "frames are recorded", func() bool {
		takes := w.app.Recordings.Spans(recorded(w).Take)
		return len(takes) > 0
	})
	m := w.ready()
	w.plan.Camera = w.cameras[0]
	m.recordings = []app.Recording{recorded(w)}
	w.show(m)
	w.write("m")
	if w.sheet != nil || w.marks.count != 1 {
		t.Fatalf("M sets %d markers, the sheet says %q", w.marks.count, w.sheetText())
	}
	w.write("M")
	if w.sheet == nil {
		t.Fatal("Shift+M asks for no words")
	}
	w.write("a fox")
	w.press(fyne.KeyReturn)
	if w.sheet != nil || w.marks.count != 2 || !strings.Contains(visible(w.record.marker), "2") {
		t.Errorf("after words were given there are %d markers, the sheet says %q", w.marks.count, w.sheetText())
	}
	m.recordings[0].Take = "another"
	w.show(m)
	if text := strings.TrimSpace(visible(w.record.marker)); w.marks.count != 0 || text != "Marker" {
		t.Errorf("another take begins with %d markers and %q on the button", w.marks.count, text)
	}
}

// recorded is the recording into gate.
func recorded(w *window) app.Recording {
	rec, _ := w.app.Recordings.Of("gate")
	return rec
}

func TestHundredsOfTakes(t *testing.T) {
	w, m := onRecord(t, (*window).recording)
	for i := range 500 {
		take := m.takes[1]
		take.ID, take.Name = fmt.Sprint("old-", i), fmt.Sprint("patrol ", i)
		m.takes = append(m.takes, take)
	}
	w.show(m)
	rows := 0
	walk(w.record.takes, func(o fyne.CanvasObject) {
		if _, ok := o.(*takeRow); ok {
			rows++
		}
	})
	if rows == 0 || rows > 30 {
		t.Errorf("%d rows are made for 502 takes", rows)
	}
	w.canvas().Focus(w.record.takes)
	for range 40 {
		w.press(fyne.KeyDown)
	}
	if text := visible(w.record.takes); !strings.Contains(text, "patrol 38") {
		t.Errorf("40 keys down the list shows %q", text)
	}
	w.press(fyne.KeyReturn)
	menu := w.canvas().Overlays().Top()
	if menu == nil || !strings.Contains(visible(menu), "Export to a file…") {
		t.Error("Enter does not open the take's menu")
	}
}

func TestDiscardNeedsTheWord(t *testing.T) {
	w, m := onRecord(t, (*window).recording)
	w.showDiscard(m.takes[0])
	if text := w.sheetText(); !strings.Contains(text, "39 s of this take (11.4 MB)") || !w.sheet.confirm.disabled {
		t.Errorf("the sheet says %q, or can be confirmed at once", text)
	}
	w.write("discar")
	if !w.sheet.confirm.disabled {
		t.Error("half the word is enough")
	}
	w.write("d")
	w.press(fyne.KeyReturn)
	w.settle()
	if w.sheet == nil || !strings.Contains(w.sheetText(), "not on this disk any more") {
		t.Errorf("of a take that is gone the sheet says %q", w.sheetText())
	}
}

func TestQuitWithABacklog(t *testing.T) {
	w, m := onRecord(t, (*window).recording)
	m.recordings, m.safety.Recording = nil, 0
	w.show(m)
	w.askQuit()
	if text := w.sheetText(); !strings.Contains(text, "33 s (11.4 MB) are only on this disk") || !strings.Contains(text, "Wait until it is safe") {
		t.Fatalf("quitting with a backlog shows %q", text)
	}
	test.Tap(w.sheet.other)
	if text := w.sheetText(); !strings.Contains(text, "Waiting until it is safe") {
		t.Fatalf("waiting shows %q", text)
	}
	w.show(m)
	if w.quitting {
		t.Fatal("it does not wait")
	}
	m.takes, m.safety = m.takes[1:], app.Safety{Safe: true}
	w.show(m)
	w.settle()
	if !w.binder.closed {
		t.Error("when everything is in the stream, the window stays")
	}
}

func TestThePlanIsRememberedWithoutPasswords(t *testing.T) {
	w := newWindow(t, Options{})
	w.plan.Settings.Quality, w.plan.Camera = app.Sharp, webcam
	w.savePlan()
	if p := savedPlan(w.fyne.Preferences()); p.Camera.ID != webcam.ID || p.Settings.Quality != app.Sharp {
		t.Errorf("remembered %+v", p)
	}
	w.plan.Camera = app.Camera{ID: "rtsp://admin:hunter2@10.0.0.7/live", Name: "10.0.0.7", Kind: app.Network}
	w.savePlan()
	if s := w.fyne.Preferences().String(planKey); strings.Contains(s, "hunter2") {
		t.Errorf("the preferences hold a password: %s", s)
	}
	w.fyne.Preferences().SetString(planKey, "{")
	if p := savedPlan(w.fyne.Preferences()); p.Camera.ID != "" {
		t.Errorf("of damaged preferences remembered %+v", p)
	}
}

func TestFoldersAreListed(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.mkv", "a.MP4", "notes.txt", ".hidden.mkv"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "clips"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := listFolder(dir, isMedia)
	if want := []string{"..", "clips" + string(filepath.Separator), "a.MP4", "b.mkv"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("listed %q, %v, want %q", got, err, want)
	}
	if got, err := listFolder(filepath.Join(dir, "clips"), isMedia); err != nil || len(got) != 1 {
		t.Errorf("of an empty folder listed %q, %v", got, err)
	}
	if _, err := listFolder(filepath.Join(dir, "none"), isMedia); err == nil {
		t.Error("a folder that does not exist is listed")
	}
}

func TestExportNamesAndRoom(t *testing.T) {
	began := time.Date(2025, 11, 22, 10, 42, 7, 0, time.UTC)
	name := exportName(app.Take{Stream: "gate", Name: "north/fence: 2", Began: began})
	if !strings.HasPrefix(name, "north-fence- 2 2025112") || !strings.HasSuffix(name, ".mkv") {
		t.Errorf("the file is called %q", name)
	}
	for _, c := range []struct {
		free int64
		want string
	}{{31e9, "It takes about 412 MB of the 31.0 GB that are free there."}, {1e8, "It takes about 412 MB, but only 100 MB are free there."}, {-1, "It takes about 412 MB."}} {
		if got := roomWords(412e6, c.free); got != c.want {
			t.Errorf("with %d bytes free: %q, want %q", c.free, got, c.want)
		}
	}
}

func TestPreflightSheet(t *testing.T) {
	w, _ := onRecord(t, (*window).ready)
	w.showPreflight()
	if text := w.sheetText(); !strings.Contains(text, "Credentials") || !strings.Contains(text, "testing…") || !w.sheet.confirm.disabled {
		t.Errorf("the sheet shows %q, or can be confirmed before anything is known", text)
	}
	w.press(fyne.KeyEscape)
	w.binder.group.Wait() // the tests end with the sheet
	if w.sheet != nil {
		t.Error("Escape does not leave the tests")
	}
	for state, want := range map[app.CheckState]condition{app.CheckRunning: conditionNone, app.CheckPassed: conditionSafe,
		app.CheckWarns: conditionFailed, app.CheckFailed: conditionFailed, app.CheckSkipped: conditionSilent} {
		if got, words := checkWords(app.Check{State: state, Detail: "8.2 Mb/s up"}); got != want || words != "8.2 Mb/s up." {
			t.Errorf("the state %v is the mark %v with %q", state, got, words)
		}
	}
}

func TestMoreHoldsAtOnce(t *testing.T) {
	w, _ := onRecord(t, (*window).ready)
	w.choose(w.cameras[0])
	w.showMore()
	for _, want := range []string{"Key frame and fragment every", "Place name in the picture", "Operator", "Telemetry", "Live first, backlog behind", "Send on metered networks too"} {
		if !strings.Contains(w.sheetText(), want) {
			t.Errorf("the sheet lacks %q", want)
		}
	}
	var mirror *button
	walk(w.sheet.popup, func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok && b.text == "Mirror" {
			mirror = b
		}
	})
	test.Tap(mirror)
	w.press(fyne.KeyEscape)
	if !w.plan.Settings.Mirror || w.sheet != nil {
		t.Errorf("after Mirror was chosen the settings are %+v", w.plan.Settings)
	}
	if got := w.app.Recordings.Shown().Get().Settings; !got.Mirror {
		t.Errorf("the preview has the settings %+v", got)
	}
}
