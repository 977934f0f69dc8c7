package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/app"
)

func TestBookmarksAreGoneToNamedAndTakenAway(t *testing.T) {
	w := newWindow(t, Options{})
	at := time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC)
	now := w.past(at)
	now.Transport.Pause()
	acc := w.app.Account().Get()
	w.write("b")
	if text := w.sheetText(); !strings.Contains(text, "There are no bookmarks") || !w.sheet.confirm.disabled {
		t.Errorf("without bookmarks the sheet says %q", text)
	}
	w.sheet.dismiss()
	for _, s := range []time.Duration{0, 20, 40} {
		if err := w.app.Bookmarks.Add(acc, "gate", app.ProducerClock, at.Add(s*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	now.Transport.Seek(at.Add(21 * time.Second))
	w.write("b")
	list := w.focusedList(t)
	fill := func(text string) {
		walk(w.sheet.popup, func(o fyne.CanvasObject) {
			if e, ok := o.(*entry); ok {
				e.SetText(text)
			}
		})
	}
	press := func(name fyne.KeyName) {
		list.TypedKey(&fyne.KeyEvent{Name: name})
		w.settle()
		w.watchNow()
	}
	fill("red van")
	press(fyne.KeyDown)
	fill("nobody")
	press(fyne.KeyUp)
	press(fyne.KeyUp)
	press(fyne.KeyDelete)
	of := func() []app.Bookmark { return w.app.Bookmarks.Of(acc, "gate", app.ProducerClock) }
	got := of()
	if len(got) != 2 || got[0].Name != "red van" || got[1].Name != "nobody" {
		t.Fatalf("the bookmarks are %v", got)
	}
	if text := w.sheetText(); !strings.Contains(text, "22 Nov 2025 10:00:20.000") || !strings.Contains(text, "nobody") {
		t.Errorf("the sheet says %q", text)
	}
	press(fyne.KeyDown)
	fill("somebody")
	press(fyne.KeyReturn)
	if w.sheet != nil {
		t.Fatal("the sheet stays")
	}
	if got := w.watchNow().Position(); !got.Equal(at.Add(40 * time.Second)) {
		t.Errorf("the playhead is at %v", got)
	}
	if got := of(); got[1].Name != "somebody" {
		t.Errorf("what was written last is not kept: %v", got)
	}
}

// focusedList is the list of bookmarks that has the keys.
func (w *window) focusedList(t *testing.T) *bookmarkList {
	t.Helper()
	test.WidgetRenderer(w.sheet.popup).Refresh()
	l, ok := w.canvas().Focused().(*bookmarkList)
	if !ok {
		t.Fatalf("the keys go to %T", w.canvas().Focused())
	}
	return l
}

// When the last bookmark is taken away the one before it is chosen, so that it is not another that goes next.
func TestTheLastBookmarkIsTakenAway(t *testing.T) {
	w := newWindow(t, Options{})
	at := time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC)
	now := w.past(at)
	now.Transport.Pause()
	acc := w.app.Account().Get()
	for _, s := range []time.Duration{0, 20, 40} {
		if err := w.app.Bookmarks.Add(acc, "gate", app.ProducerClock, at.Add(s*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	now.Transport.Seek(at.Add(40 * time.Second))
	w.write("b")
	list := w.focusedList(t)
	for _, key := range []fyne.KeyName{fyne.KeyDelete, fyne.KeyReturn} {
		list.TypedKey(&fyne.KeyEvent{Name: key})
		w.settle()
		w.watchNow()
	}
	if got := w.watchNow().Position(); !got.Equal(at.Add(20 * time.Second)) {
		t.Errorf("it goes to %v, want to the second", got)
	}
}
