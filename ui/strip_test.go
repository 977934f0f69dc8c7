package ui

import (
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// stripOf is a strip of 40 columns with the spans of recording.
func stripOf(t *testing.T) (s *strip, told *string) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look{alwaysDark})
	told = new(string)
	s = newStrip(func(words string) { *told = words })
	s.keys, s.runes = func(*fyne.KeyEvent) {}, func(rune) {}
	window := test.NewTempWindow(t, s)
	window.SetPadded(false)
	window.Resize(fyne.NewSize(40*columnWidth, stripHeight))
	s.show(now, spansOf())
	return s, told
}

func TestStripPaintsTheLastSeconds(t *testing.T) {
	s, _ := stripOf(t)
	const scale = 2
	img := s.paint(40*columnWidth*scale, stripHeight*scale)
	top := func(column int) color.Color { return img.At(column*columnWidth*scale, 1) }
	foot := func(column int) color.Color {
		return img.At(column*columnWidth*scale, int((stripHeight-overviewHeight-space1)*scale)-1)
	}
	quiet, safe, ground := rgba(dark.quiet), rgba(dark.safe), rgba(dark.surface)
	if got := foot(39); got != quiet { // the last second is captured only
		t.Errorf("the newest column is %v at its foot, want %v", got, quiet)
	}
	if got := top(39); got != ground {
		t.Errorf("the newest column is %v at its top, want nothing: %v", got, ground)
	}
	if got := top(0); got != safe { // second 711
		t.Errorf("the oldest column is %v at its top, want %v", got, safe)
	}
	last := 0
	for x := range 40 * columnWidth * scale { // the overview: 300 to 304 of 751 s were refused
		if img.At(x, stripHeight*scale-1) == rgba(dark.recording) {
			last = x
		}
	}
	if at := last * 751 / (40 * columnWidth * scale); at < 298 || at > 308 {
		t.Errorf("the overview shows the loss at second %d, want about 302", at)
	}
}

func TestStripTellsOfASecond(t *testing.T) {
	s, told := stripOf(t)
	at := func(x, y float32) *desktop.MouseEvent {
		return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}}
	}
	clockAt := func(second int) string { return clock(now.Add(time.Duration(second) * time.Second)) }
	s.MouseMoved(at(39*columnWidth+1, 5))
	if want := clockAt(750) + ": captured, not yet safe on disk"; *told != want {
		t.Errorf("over the newest column it tells %q, want %q", *told, want)
	}
	s.MouseMoved(at(302.0/751*40*columnWidth, stripHeight-1))
	if want := ": refused by the service, kept on this disk"; len(*told) < len(want) || (*told)[len(*told)-len(want):] != want {
		t.Errorf("over the loss in the overview it tells %q", *told)
	}
	s.MouseOut()
	if *told != "" {
		t.Errorf("without a pointer it tells %q", *told)
	}
	s.FocusGained()
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	if want := clockAt(749) + ": captured, not yet safe on disk"; *told != want {
		t.Errorf("two keys to the left it tells %q, want %q", *told, want)
	}
}

func TestStripPaintsWithoutGarbage(t *testing.T) {
	s, _ := stripOf(t)
	s.paint(320, 100)
	if n := testing.AllocsPerRun(20, func() { s.paint(320, 100) }); n > 40 { // a few for each colour of the theme
		t.Errorf("painting allocates %v times", n)
	}
}

func BenchmarkStrip(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(look{alwaysDark})
	s := newStrip(func(string) {})
	s.Resize(fyne.NewSize(1000, stripHeight))
	s.show(now, spansOf())
	b.ReportAllocs()
	for b.Loop() {
		s.paint(1000, stripHeight)
	}
}
