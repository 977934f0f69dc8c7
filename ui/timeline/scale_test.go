package timeline

import (
	"testing"
	"time"
)

func TestZoomKeepsTheTimeUnderThePointer(t *testing.T) {
	s := Between(at(7, 0, 0), at(11, 0, 0), 900)
	for _, factor := range []float64{2, 0.5, 1.1, 1e9, 1e-9} {
		z := s.Zoom(300, factor)
		if d := z.At(300).Sub(s.At(300)); d.Abs() > time.Duration(z.PerUnit) {
			t.Errorf("zoomed by %g, the time under the pointer moved by %v", factor, d)
		}
		if z.PerUnit < Finest || z.PerUnit > Coarsest {
			t.Errorf("zoomed by %g, a unit is %v", factor, time.Duration(z.PerUnit))
		}
	}
	if got := s.Move(90).At(90); !got.Equal(at(7, 0, 0)) {
		t.Errorf("moved by 90, there is %v at 90", got)
	}
	if got := Between(at(0, 0, 0), at(-24*365, 0, 0), 0); got.PerUnit != Finest {
		t.Errorf("a reversed range has %g ns a unit, want the finest", got.PerUnit)
	}
}

func TestScaleStaysWhereSomethingIs(t *testing.T) {
	s := Between(at(7, 0, 0), at(11, 0, 0), 900)
	first, last := at(10, 0, 0), at(20, 0, 0)
	if got := s.Within(first, last, 900).At(450); !got.Equal(first) {
		t.Errorf("before the first, %v is in the middle, want %v", got, first)
	}
	if got := s.Move(-1e5).Within(first, last, 900).At(450); !got.Equal(last) {
		t.Errorf("after the last, %v is in the middle, want %v", got, last)
	}
	if got := s.Within(at(8, 0, 0), last, 900); got != s {
		t.Errorf("a scale that is right becomes %+v", got)
	}
}

func TestResolutionIsUnderAPixelAndSteady(t *testing.T) {
	for _, per := range []float64{Finest, 1e7, 3.6e9, Coarsest} {
		pixel := time.Duration(per / 2)
		got := Scale{PerUnit: per}.Resolution(2)
		if got > max(pixel/2, time.Millisecond) || got < pixel/4 {
			t.Errorf("with pixels of %v the resolution is %v", pixel, got)
		}
		if other := (Scale{PerUnit: per * 1.0001}).Resolution(2); other != got && other != 2*got {
			t.Errorf("a little coarser, the resolution is %v instead of %v", other, got)
		}
	}
}
