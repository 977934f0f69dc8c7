package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"kinora/app"
	"kinora/media"
	"kinora/player"
)

// walk calls f for every object that is visible, through the renderers of widgets.
func walk(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	f(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			walk(c, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			walk(c, f)
		}
	}
}

// visible returns all texts that can be seen.
func visible(o fyne.CanvasObject) string {
	var b strings.Builder
	walk(o, func(o fyne.CanvasObject) {
		if text, ok := o.(*canvas.Text); ok && text.Text != "" {
			b.WriteString(text.Text + "\n")
		}
	})
	return b.String()
}

// press types a key where the focus is, as Fyne's driver does.
func (w *window) press(name fyne.KeyName) {
	if f := w.canvas().Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: name})
		return
	}
	w.canvas().OnTypedKey()(&fyne.KeyEvent{Name: name})
}

// chord types a key with modifiers.
func (w *window) chord(mod fyne.KeyModifier, name fyne.KeyName) {
	s := &desktop.CustomShortcut{KeyName: name, Modifier: mod}
	if f, ok := w.canvas().Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(s)
		return
	}
	w.shortcut(s)
}

// write types text where the focus is.
func (w *window) write(text string) {
	for _, r := range text {
		if f := w.canvas().Focused(); f != nil {
			f.TypedRune(r)
		} else {
			w.canvas().OnTypedRune()(r)
		}
	}
}

// settle waits for work that was begun, and runs what it leads to.
func (w *window) settle() {
	for {
		w.binder.group.Wait()
		w.mu.Lock()
		waiting := w.waiting
		w.waiting = nil
		w.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		for _, f := range waiting {
			f()
		}
	}
}

// sheetText is what the open sheet says.
func (w *window) sheetText() string {
	if w.sheet == nil {
		return ""
	}
	return visible(w.sheet.popup)
}

func TestSheetsFitIntoLowWindows(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	w.showKeys()
	high := w.sheet.popup.MinSize().Height
	if high <= 400 || w.sheet.scroll.MinSize().Height != w.sheet.body.MinSize().Height {
		t.Fatalf("in a high window the sheet is %v high and scrolls", high)
	}
	w.window.Resize(fyne.NewSize(700, 400))
	w.show(w.some())
	if got := w.sheet.popup.MinSize().Height; got > w.canvas().Size().Height || got < 300 {
		t.Errorf("in a window %v high the sheet is %v high", w.canvas().Size().Height, got)
	}
	w.window.Resize(fyne.NewSize(1280, 800))
	w.show(w.some())
	if got := w.sheet.popup.MinSize().Height; got != high {
		t.Errorf("the sheet stays %v high, want %v again", got, high)
	}
}

// TestOwnStreamsAreLiveAtOnce is about streams of which the account has not said yet that fragments arrive.
func TestOwnStreamsAreLiveAtOnce(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.live()
	m.list.Rows = []app.Row{{Stream: app.Stream{Name: "gate"}}, {Stream: app.Stream{Name: "yard"}}, {Stream: app.Stream{Name: "roof"}}}
	m.state.LastFrame = now
	m.recordings = []app.Recording{{Stream: "yard", Advanced: now.Add(-time.Second)}, {Stream: "roof"}}
	w.show(m)
	for i, want := range []condition{conditionLive, conditionLive, conditionSilent} {
		if got := w.side.streams.rows[i]; got.condition != want {
			t.Errorf("row %d is %+v, want the condition %v", i, got, want)
		}
	}
	if text := visible(w.side.box); !strings.Contains(text, "3 streams · 2 live") {
		t.Errorf("the side bar shows %q, want two streams live", text)
	}
}

func TestSideBar(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.live()
	m.recordings = []app.Recording{{Stream: "yard"}}
	w.show(m)
	got := w.side.streams.rows
	want := []rowText{
		{name: "gate", age: "0 s", keeps: "Kept for 24 hours", condition: conditionLive, watched: true},
		{name: "yard", age: "2 s", keeps: "Kept for 24 hours", condition: conditionLive, recording: conditionRecord},
		{name: "loading-dock-north-entrance", age: "3 min", keeps: "Kept for 7 days", condition: conditionSilent},
		{name: "roof", keeps: "Not kept", condition: conditionSilent},
		{name: "tower", keeps: "Not kept", condition: conditionFailed},
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	text := visible(w.side.box)
	for _, s := range []string{"This computer", "STREAMS", "gate", "Kept for 24 hours", "1 recording", "5 streams · 2 live"} {
		if !strings.Contains(text, s) {
			t.Errorf("the side bar shows %q, want %q in it", text, s)
		}
	}

	m.list = app.List{Phase: app.Offline, Since: now, Rows: m.list.Rows}
	w.show(m)
	if r := w.side.streams.rows[0]; r.condition != conditionFailed {
		t.Errorf("while the account is offline a row is %+v, want failed", r)
	}
	if text := visible(w.side.box); !strings.Contains(text, "Offline since 10:42:07") {
		t.Errorf("the foot does not say that the account is offline: %q", text)
	}
}

func TestFilter(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	w.chord(fyne.KeyModifierControl, fyne.KeyF)
	if w.canvas().Focused() != w.side.filter {
		t.Fatal("Ctrl+F does not focus the filter")
	}
	w.write("NORTH")
	if rows := w.side.streams.rows; len(rows) != 1 || rows[0].name != "loading-dock-north-entrance" {
		t.Errorf("filtered rows: %+v", rows)
	}
	w.write("x")
	if text := visible(w.side.box); !strings.Contains(text, "No stream") {
		t.Errorf("when nothing fits the side bar shows %q", text)
	}
	w.press(fyne.KeyEscape)
	if n := len(w.side.streams.rows); n != 5 || w.side.filter.Text != "" {
		t.Errorf("after Escape %d rows and the filter %q", n, w.side.filter.Text)
	}
	w.press(fyne.KeyEscape)
	if w.canvas().Focused() != nil {
		t.Error("a second Escape does not give up the focus")
	}
}

func TestKeysOfTheWindow(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	w.chord(fyne.KeyModifierControl, fyne.KeyB)
	if w.side.box.Visible() {
		t.Error("Ctrl+B does not hide the side bar")
	}
	w.chord(fyne.KeyModifierControl, fyne.KeyB)
	if !w.side.box.Visible() {
		t.Error("Ctrl+B does not bring the side bar back")
	}
	w.press(fyne.KeyF)
	if !w.window.FullScreen() || w.side.box.Visible() || w.top.Visible() {
		t.Error("F does not show the picture alone")
	}
	w.press(fyne.KeyEscape)
	if w.window.FullScreen() || !w.side.box.Visible() || !w.top.Visible() {
		t.Error("Escape does not leave full screen")
	}
	w.write("?")
	for _, c := range w.commands {
		if !strings.Contains(w.sheetText(), c.what) {
			t.Errorf("the table of keys lacks %q", c.what)
		}
	}
	w.press(fyne.KeyEscape)
	if w.sheet != nil {
		t.Error("Escape does not close the table of keys")
	}
}

func TestEveryCommandHasItsOwnKeys(t *testing.T) {
	w := newWindow(t, Options{})
	for p := range pagesEnd {
		seen := map[stroke]string{}
		for _, c := range w.commands {
			for _, s := range c.stroke {
				if !c.on.open(p) {
					continue
				}
				if other, taken := seen[s]; taken {
					t.Errorf("%+v does %q and %q", s, other, c.what)
				}
				seen[s] = c.what
			}
		}
	}
}

func TestArrowsChangeTheStream(t *testing.T) {
	w := newWindow(t, Options{})
	w.app.Streams.List().Set(w.some().list)
	refresh := func() { w.show(observe(w.app, now)) }
	refresh()
	for _, step := range []struct {
		key  fyne.KeyName
		want string
	}{
		{fyne.KeyDown, "gate"}, {fyne.KeyDown, "yard"}, {fyne.KeyUp, "gate"}, {fyne.KeyUp, "gate"},
	} {
		w.press(step.key)
		refresh()
		if got := w.seen.watching.Stream; got != step.want {
			t.Fatalf("after %s the stream is %q, want %q", step.key, got, step.want)
		}
	}
	if got := w.window.Title(); got != "gate – Kinora" {
		t.Errorf("the title is %q", got)
	}
	w.canvas().Focus(w.side.streams)
	w.press(fyne.KeyDown)
	refresh()
	if got := w.seen.watching.Stream; got != "yard" {
		t.Errorf("with the focus on the list, Down leads to %q, want yard", got)
	}
	if r := w.side.streams.rows; !r[1].focused || r[0].focused {
		t.Errorf("the focus is not seen on the stream that is open: %+v", r)
	}
	w.press(fyne.KeyReturn)
	menu := w.canvas().Overlays().Top()
	if menu == nil || !strings.Contains(visible(menu), "Properties") {
		t.Fatal("Enter on the open stream does not open its menu")
	}
}

func TestTabReachesEverything(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.live())
	want := map[fyne.Focusable]bool{}
	walk(w.canvas().Content(), func(o fyne.CanvasObject) {
		if f, ok := o.(fyne.Focusable); ok {
			want[f] = true
		}
	})
	if len(want) < 7 {
		t.Errorf("only %d things can have the focus", len(want))
	}
	for range 3 * len(want) {
		w.canvas().FocusNext()
		delete(want, w.canvas().Focused())
	}
	for f := range want {
		t.Errorf("Tab does not reach a %T", f)
	}
}

// The Tab key goes through the bar of the transport from left to right.
func TestTabGoesAlongTheTransport(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.archived())
	last, n := float32(-1), 0
	walk(w.page.transport.box, func(o fyne.CanvasObject) {
		b, ok := o.(*button)
		if !ok || !b.Visible() {
			return
		}
		x := fyne.CurrentApp().Driver().AbsolutePositionForObject(b).X
		if n++; x <= last {
			t.Errorf("%q, at %v, comes after what is at %v", b.AccessibilityLabel(), x, last)
		}
		last = x
	})
	if n < 10 {
		t.Errorf("the bar has only %d buttons", n)
	}
}

// The Tab key goes down the side bar, from the account to the streams.
func TestTabGoesDownTheSideBar(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	if w.canvas().FocusNext(); w.canvas().Focused() != w.side.account {
		t.Fatalf("Tab begins with a %T", w.canvas().Focused())
	}
	if w.canvas().FocusNext(); w.canvas().Focused() != w.side.filter {
		t.Errorf("the filter does not come after the account, but a %T", w.canvas().Focused())
	}
	for range 3 { // past the two buttons of the heading
		w.canvas().FocusNext()
	}
	if w.canvas().Focused() != w.side.streams {
		t.Errorf("the streams do not come after their heading, but a %T", w.canvas().Focused())
	}
}

func TestEveryButtonHasAName(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.live())
	walk(w.canvas().Content(), func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok && b.AccessibilityLabel() == "" {
			t.Errorf("the button with the symbol %q has no name for a screen reader", b.symbol)
		}
	})
}

func TestNewStreamSheet(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	w.chord(fyne.KeyModifierControl, fyne.KeyN)
	if w.sheet == nil || !w.sheet.confirm.disabled {
		t.Fatal("Ctrl+N opens no sheet, or an empty name can be confirmed")
	}
	w.write("front door")
	if !w.sheet.confirm.disabled || !strings.Contains(w.sheetText(), "letters, digits") {
		t.Errorf("an impossible name is not refused: %q", w.sheetText())
	}
	for range "front door" {
		w.press(fyne.KeyBackspace)
	}
	w.write("gate")
	if !w.sheet.confirm.disabled || !strings.Contains(w.sheetText(), "exists already") {
		t.Errorf("a name that is taken is not refused: %q", w.sheetText())
	}
	w.write("-2")
	if w.sheet.confirm.disabled {
		t.Fatalf("a good name is refused: %q", w.sheetText())
	}
	w.press(fyne.KeyReturn)
	w.settle()
	if w.sheet != nil {
		t.Fatalf("the sheet stays: %q", w.sheetText())
	}
	if got := w.account.streams; len(got) != 1 || got[0].Name != "gate-2" || got[0].Retention != 24*time.Hour {
		t.Errorf("created %+v, want gate-2 that keeps a day", got)
	}
	if got := w.app.Watch.Now().Get().Stream; got != "gate-2" {
		t.Errorf("watching %q, want the new stream", got)
	}
}

func TestNewStreamCustomRetention(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	w.showNewStream()
	w.write("a")
	for range 5 { // past Not kept, 24 hours, 7 days, 30 days to Custom
		w.canvas().FocusNext()
	}
	w.press(fyne.KeySpace)
	if !w.sheet.confirm.disabled {
		t.Error("a retention of no number can be confirmed")
	}
	w.canvas().FocusNext()
	w.write("99999")
	if !w.sheet.confirm.disabled || !strings.Contains(w.sheetText(), "87600") {
		t.Errorf("a retention of 99999 hours is not refused: %q", w.sheetText())
	}
	for range 3 {
		w.press(fyne.KeyBackspace)
	}
	w.press(fyne.KeyReturn)
	w.settle()
	if got := w.account.streams; len(got) != 1 || got[0].Retention != 99*time.Hour {
		t.Errorf("created %+v, want a stream that keeps 99 hours", got)
	}
}

func TestSheetSaysWhatWentWrong(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	w.account.err = errDown
	w.showNewStream()
	w.write("new")
	w.press(fyne.KeyReturn)
	w.settle()
	if w.sheet == nil || !strings.Contains(strings.ReplaceAll(w.sheetText(), "\n", " "), "not created: the service does not answer.") {
		t.Errorf("the sheet says %q", w.sheetText())
	}
	if w.sheet.confirm.disabled || w.sheet.confirm.text != "Create" {
		t.Error("it cannot be tried again")
	}
	w.press(fyne.KeyEscape)
	if w.sheet != nil {
		t.Error("the sheet cannot be left")
	}
}

func TestDeleteNeedsTheName(t *testing.T) {
	w := newWindow(t, Options{})
	w.account.streams = []app.Stream{{Name: "gate"}}
	w.show(w.live())
	w.press(fyne.KeyDelete)
	if w.sheet == nil {
		t.Fatal("Delete opens no sheet")
	}
	w.write("gat")
	w.press(fyne.KeyReturn)
	w.settle()
	if len(w.account.streams) != 1 {
		t.Fatal("a stream was deleted by half its name")
	}
	w.write("e")
	w.press(fyne.KeyReturn)
	w.settle()
	if len(w.account.streams) != 0 || w.sheet != nil {
		t.Errorf("after the name was typed: %+v, sheet %q", w.account.streams, w.sheetText())
	}
}

func TestRecordingFromTheRecordPage(t *testing.T) {
	w := newWindow(t, Options{})
	w.app.Watch.Select("gate") // and nothing has been shown since
	w.chord(fyne.KeyModifierControl, fyne.KeyR)
	w.settle()
	if w.at != pageRecord || w.plan.Stream != "gate" {
		t.Fatalf("Ctrl+R opens the page %v for %q, want the Record page for gate", w.at, w.plan.Stream)
	}
	m := w.live()
	w.show(m)
	if !w.record.press.disabled {
		t.Error("a recording can begin without a camera")
	}
	w.choose(w.cameras[2])
	w.show(m)
	w.write("r")
	rec, ok := w.app.Recordings.Of("gate")
	if !ok || rec.Camera.ID != "screen" {
		t.Fatalf("R begins %+v, want the screen recorded into gate", rec)
	}

	m.recordings = []app.Recording{rec}
	w.show(m)
	if text := visible(w.record.box); !strings.Contains(text, "Stop") || !strings.Contains(text, "Marker") {
		t.Errorf("the page shows %q, want how to stop and the marker", text)
	}
	w.chord(fyne.KeyModifierControl, fyne.Key1)
	w.show(m)
	if !strings.Contains(visible(w.page.bar.box), "Stop 0") {
		t.Errorf("the bar shows %q, want how to stop", visible(w.page.bar.box))
	}
	w.chord(fyne.KeyModifierControl, fyne.KeyR)
	if !strings.Contains(w.sheetText(), "Stop recording into gate?") {
		t.Fatalf("Ctrl+R while it records shows %q", w.sheetText())
	}
	w.press(fyne.KeyReturn)
	if rec, ok := w.app.Recordings.Of("gate"); ok && !rec.Stopping && !rec.Ended {
		t.Errorf("after it was agreed to stop: %+v", rec)
	}
}

func TestLostRecording(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.live()
	m.recordings = []app.Recording{{Stream: "gate", Ended: true, Err: errDown, Camera: app.Camera{Name: "Webcam"}}}
	w.show(m)
	if !strings.Contains(visible(w.page.bar.box), "Recording lost") {
		t.Errorf("the bar shows %q", visible(w.page.bar.box))
	}
	w.recordInto("gate")
	if text := w.sheetText(); !strings.Contains(text, "does not answer") || !strings.Contains(text, "Record again") {
		t.Errorf("the sheet says %q", text)
	}
}

func TestPropertiesCanBeCopied(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.live())
	w.chord(fyne.KeyModifierAlt, fyne.KeyReturn)
	text := strings.ReplaceAll(w.sheetText(), "\n", "")
	for _, want := range []string{"arn:aws:kinesisvideo:local:000000000000:stream/gate/1763801000000", "24 hours", "video/h264", "2025-11-20"} {
		if !strings.Contains(text, want) {
			t.Errorf("the properties are %q, want %q in them", text, want)
		}
	}
}

func TestFullScreenHidesThePointerAndTheBar(t *testing.T) {
	w := newWindow(t, Options{})
	w.toggleFullscreen()
	m := w.live()
	w.show(m)
	if w.page.over.box.Visible() || w.page.bar.box.Visible() || w.page.pointer.Cursor() != desktop.HiddenCursor {
		t.Error("in full screen something lies over the picture")
	}
	w.page.stirs = m.now.Add(-time.Second)
	w.show(m)
	if !w.page.over.box.Visible() || w.page.pointer.Cursor() != desktop.DefaultCursor {
		t.Error("a pointer that moved does not bring the bar")
	}
	w.page.stirs = m.now.Add(-linger - time.Second)
	w.show(m)
	if w.page.over.box.Visible() {
		t.Error("the bar does not go when the pointer rests")
	}
	m.state.Phase = player.Reconnecting
	w.show(m)
	if !w.page.badge.box.Visible() {
		t.Error("in full screen a loss is not shown")
	}
}

func TestKiosk(t *testing.T) {
	w := newWindow(t, Options{Kiosk: true, Open: "gate"})
	m := w.live()
	w.show(m)
	if w.side.box.Visible() || w.top.Visible() || w.page.bar.box.Visible() || w.page.over.box.Visible() {
		t.Error("a kiosk shows more than the picture")
	}
	w.page.pointer.moved()
	w.show(w.live())
	if !w.page.over.box.Visible() || w.page.over.record.Visible() {
		t.Error("when the pointer moves, a kiosk shows no figures, or offers to record")
	}
	w.chord(fyne.KeyModifierControl, fyne.KeyN)
	w.press(fyne.KeyDelete)
	if w.sheet != nil {
		t.Error("a kiosk lets a person change streams")
	}
	if got, want := w.page.view.Size(), w.canvas().Size(); got != want {
		t.Errorf("the picture has %v of the window's %v", got, want)
	}
}

func TestQuitSaysWhatWasLost(t *testing.T) {
	w := newWindow(t, Options{})
	tried := make(chan struct{}, 100)
	broken := app.Camera{ID: "x", Name: "Webcam", Open: func(context.Context) (media.Source, error) {
		tried <- struct{}{}
		return nil, errors.New("the device is in use")
	}}
	if err := w.app.Recordings.Start("gate", broken); err != nil {
		t.Fatal(err)
	}
	<-tried
	<-tried // that the first attempt has failed is known by now
	m := w.live()
	m.recordings = []app.Recording{{Stream: "gate"}}
	w.show(m)
	w.askQuit()
	w.press(fyne.KeyReturn)
	w.settle()
	if text := strings.ReplaceAll(w.sheetText(), "\n", " "); !strings.Contains(text, "in use") || strings.Contains(text, "Keep recording") {
		t.Fatalf("after a recording was lost the window shows %q", text)
	}
	if w.binder.closed {
		t.Fatal("the window is gone before that could be read")
	}
	w.press(fyne.KeyEscape)
	if !w.binder.closed {
		t.Error("the window stays")
	}
}

func TestQuitAsksWhileRecording(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.live()
	m.recordings = []app.Recording{{Stream: "gate"}, {Stream: "yard"}}
	w.show(m)
	w.askQuit()
	if !strings.Contains(w.sheetText(), "Stop 2 recordings and quit?") {
		t.Fatalf("closing the window shows %q", w.sheetText())
	}
	w.press(fyne.KeyEscape)
	if w.sheet != nil || w.binder.closed {
		t.Error("Escape does not go on")
	}
	w.askQuit()
	w.press(fyne.KeyReturn)
	w.settle()
	if !w.binder.closed {
		t.Error("after it was agreed to, the window stays")
	}
}

func TestQuitAtOnceWithoutRecordings(t *testing.T) {
	w := newWindow(t, Options{})
	w.Quit()
	w.settle()
	if !w.binder.closed || w.sheet != nil {
		t.Error("the window stays")
	}
}

func TestDemoStartsFromTheEmptyPage(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.some()
	m.list.Rows = nil
	w.show(m)
	var start *button
	walk(w.canvas().Content(), func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok && b.text == "Start the demo camera" {
			start = b
		}
	})
	if start == nil {
		t.Fatal("the empty page has no button for the demo camera")
	}
	test.Tap(start)
	w.settle()
	if got := w.app.Watch.Now().Get().Stream; got != "demo-1" {
		t.Errorf("watching %q, want demo-1", got)
	}
	if len(w.account.streams) != 1 || !w.app.Recordings.Active("demo-1") {
		t.Errorf("streams %+v", w.account.streams)
	}
}
