package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestProgressLineFillsByItsShare(t *testing.T) {
	p := newProgressLine()
	p.Resize(fyne.NewSize(200, space3))
	r, ok := test.WidgetRenderer(p).(*progressLineRenderer)
	if !ok {
		t.Fatal("it has another renderer")
	}
	for _, c := range []struct {
		share float64
		want  float32
	}{{0, 0}, {0.001, progressHigh}, {0.5, 100}, {1, 200}, {1.5, 200}, {-1, 0}} {
		p.set(c.share)
		if got := r.fill.Size().Width; got != c.want {
			t.Errorf("of %v are %v of 200 filled, want %v", c.share, got, c.want)
		}
	}
	if r.track.Size().Width != 200 {
		t.Errorf("the track is %v of 200 long", r.track.Size().Width)
	}
}
