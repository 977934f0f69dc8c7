package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"kinora/app"
)

// C exports the chosen time: the sheet proposes it, the list shows how it goes.
func TestAClipIsExported(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	w := newWindow(t, Options{})
	at := time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC)
	now := w.past(at)
	now.Transport.Pause()
	now.Transport.Seek(at)
	w.write("i")
	now.Transport.Seek(at.Add(90 * time.Second))
	w.write("o")
	now = w.watchNow()
	w.write("c")
	if w.sheet == nil {
		t.Fatal("C opens nothing")
	}
	if text := w.sheetText(); !strings.Contains(text, "1:30") {
		t.Errorf("the sheet says %q, want how long the clip is", text)
	}
	w.sheet.submit()
	list := w.app.Exports.List().Get()
	if len(list) != 1 || list[0].Stream != "gate" || list[0].Path != filepath.Join(os.Getenv("HOME"), clipName("gate", now.In)) ||
		!list[0].From.Equal(now.In) || !list[0].To.Equal(now.Out) {
		t.Fatalf("the exports are %+v, want one from %v to %v", list, now.In, now.Out)
	}
	if w.sheet != nil {
		t.Error("the sheet stays")
	}
	w.watchNow()
	if !w.side.foot.exports.Visible() || !strings.Contains(w.side.foot.exports.text, "1") {
		t.Error("the side bar does not say that something is exported")
	}
	w.showExports()
	w.watchNow()
	w.app.Exports.Cancel(list[0].ID)
	w.watchNow()
	if got := w.app.Exports.List().Get(); got[0].Phase != app.ExportCancelled {
		t.Errorf("the export is %+v, want it cancelled", got[0])
	}
}

// All that is stored goes into a folder, a file for each hour; a folder of nobody's is meant from home on.
func TestAnArchiveIsExportedByTheHour(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	w := newWindow(t, Options{})
	now := w.past(time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC))
	w.write("c")
	if w.sheet == nil {
		t.Fatal("C opens nothing")
	}
	button := func(text string) (found *button) {
		walk(w.sheet.popup, func(o fyne.CanvasObject) {
			if b, ok := o.(*button); ok && b.text == text {
				found = b
			}
		})
		if found == nil {
			t.Fatalf("there is no %q among %q", text, w.sheetText())
		}
		return found
	}
	button("A file for each hour").tapped()
	if text := w.sheetText(); !strings.Contains(text, "From") || !strings.Contains(text, "not copied again") {
		t.Errorf("by the hour the sheet says %q", text)
	}
	button("All that is stored, by the hour").tapped()
	walk(w.sheet.popup, func(o fyne.CanvasObject) {
		if e, ok := o.(*entry); ok && e.Text == filepath.Join(os.Getenv("HOME"), now.Stream) {
			e.SetText("copies/all")
		}
	})
	w.sheet.submit()
	list := w.app.Exports.List().Get()
	if len(list) != 1 || list[0].Hours != "mp4" || list[0].Path != filepath.Join(os.Getenv("HOME"), "copies", "all") || list[0].From.Unix() != 0 {
		t.Fatalf("the exports are %+v, want all of the stream, by the hour", list)
	}
	w.app.Exports.Cancel(list[0].ID)
}

// What is written into and what is ticked begin at one line.
func TestTheTickBoxIsInLine(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	w := newWindow(t, Options{})
	w.past(time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC))
	w.write("c")
	var lines, ticks []float32
	at := func(o fyne.CanvasObject) float32 { return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).X }
	walk(w.sheet.popup, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *entry:
			lines = append(lines, at(o))
		case *button:
			if o.symbol == "unchecked" {
				ticks = append(ticks, at(o)+buttonInset)
			}
		}
	})
	if len(lines) < 3 || len(ticks) != 1 || ticks[0] != lines[0] {
		t.Errorf("the lines begin at %v, the tick box at %v", lines, ticks)
	}
}

func TestAPathIsMeantFromHome(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for path, want := range map[string]string{
		"clip.mp4": filepath.Join(home, "clip.mp4"), " ~/a/clip.mp4 ": filepath.Join(home, "a", "clip.mp4"),
		filepath.Join(home, "b", "..", "c.mp4"): filepath.Join(home, "c.mp4"), "~x/c.mp4": filepath.Join(home, "~x", "c.mp4"),
	} {
		if got := atHome(path); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}

func TestExportWords(t *testing.T) {
	copied := app.Export{Stream: "gate", Phase: app.ExportDone}
	copied.Progress.Bytes = 1_620_000
	for _, c := range []struct {
		x    app.Export
		want string
	}{
		{app.Export{Stream: "gate"}, "waits"},
		{app.Export{Stream: "gate", Phase: app.ExportDone, Files: []string{"a", "b"}}, "2 files"},
		{copied, "done · 1.62 MB"},
		{app.Export{Stream: "gate", Phase: app.ExportRunning, Hours: "mp4"}, "by the hour"},
		{app.Export{Stream: "gate", Phase: app.ExportFailed, Err: os.ErrPermission}, "ermission"},
		{app.Export{Stream: "gate", Phase: app.ExportCancelled}, "kept"},
	} {
		if got := exportWords(c.x, ""); !strings.Contains(got, c.want) {
			t.Errorf("%q, want %q in it", got, c.want)
		}
	}
}

// A clip is copied unless a person wants the service to make it.
func TestTheServiceMakesAClipWhenAPersonWantsThat(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	w := newWindow(t, Options{})
	w.past(time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC))
	for _, served := range []bool{false, true} {
		w.write("c")
		walk(w.sheet.popup, func(o fyne.CanvasObject) {
			if b, ok := o.(*button); ok && served && strings.Contains(b.text, "GetClip") {
				b.tapped()
			}
			if e, ok := o.(*entry); ok && served && strings.HasSuffix(e.Text, ".mp4") {
				e.SetText("by the service.mp4")
			}
		})
		if text := w.sheetText(); strings.Contains(text, "200 fragments") != served {
			t.Errorf("served %v: the sheet says %q", served, text)
		}
		w.sheet.submit()
	}
	list := w.app.Exports.List().Get()
	if len(list) != 2 || list[0].Served || !list[1].Served {
		t.Errorf("the exports are %+v", list)
	}
}

// What is written beside the proposed time is meant from that, however often it is read.
func TestTimesOfAClipAreMeantFromTheProposedOnes(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	w := newWindow(t, Options{})
	at := time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC)
	w.past(at)
	in, out := at.Add(time.Minute), at.Add(2*time.Minute)
	w.app.Watch.Choose(in, out)
	w.watchNow()
	w.write("c")
	fill := map[string]string{typed(in, zone(), "2006-01-02 15:04:05.000"): "-30s", typed(out, zone(), "2006-01-02 15:04:05.000"): "+1m"}
	walk(w.sheet.popup, func(o fyne.CanvasObject) {
		if e, ok := o.(*entry); ok && fill[e.Text] != "" {
			e.SetText(fill[e.Text])
		}
	})
	w.sheet.submit()
	list := w.app.Exports.List().Get()
	if len(list) != 1 || !list[0].From.Equal(in.Add(-30*time.Second)) || !list[0].To.Equal(out.Add(time.Minute)) {
		t.Errorf("the exports are %+v, want one from half a minute before %v to a minute behind %v", list, in, out)
	}
}

// In the hour that clocks show twice, the chosen time is exported and not the one before it.
func TestAClipOfTheHourThatComesTwice(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tellsZone.Store(nil) })
	for _, in := range []time.Time{time.Date(2025, 10, 26, 0, 30, 0, 5e6, time.UTC), time.Date(2025, 10, 26, 1, 30, 0, 5e6, time.UTC)} {
		w := newWindow(t, Options{})
		w.tellIn(berlin)
		w.past(in)
		w.app.Watch.Choose(in, in.Add(time.Minute))
		w.watchNow()
		w.write("c")
		w.sheet.submit()
		list := w.app.Exports.List().Get()
		if len(list) != 1 || !list[0].From.Equal(in) || !list[0].To.Equal(in.Add(time.Minute)) {
			t.Errorf("the exports are %+v, want one from %v on", list, in)
		}
	}
}
