package player

import (
	"image"
	"testing"
)

func TestFitted(t *testing.T) {
	hd := image.Pt(1280, 720)
	tests := []struct{ size, box, want image.Point }{
		{hd, image.Pt(640, 360), image.Pt(640, 360)},
		{hd, image.Pt(640, 1000), image.Pt(640, 360)},
		{hd, image.Pt(1000, 360), image.Pt(640, 360)},
		{hd, image.Pt(641, 361), image.Pt(641, 361)},
		{hd, image.Pt(1279, 5000), image.Pt(1279, 719)},
		{hd, image.Pt(1280, 720), hd},
		{hd, image.Pt(4000, 3000), hd},
		{hd, image.Pt(1, 1), image.Pt(1, 1)},
		{image.Pt(3, 1000), image.Pt(100, 100), image.Pt(1, 100)},
		{image.Pt(1<<15, 1<<15), image.Pt(1<<30, 1<<14), image.Pt(1<<14, 1<<14)},
		{hd, image.Pt(0, 0), image.Pt(0, 0)},
		{hd, image.Pt(0, 100), image.Pt(0, 0)},
		{hd, image.Pt(-5, 100), image.Pt(0, 0)},
		{image.Pt(0, 0), image.Pt(100, 100), image.Pt(0, 0)},
	}
	for _, test := range tests {
		if got := fitted(test.size, pack(test.box)); got != test.want {
			t.Errorf("%v in %v is drawn at %v, want %v", test.size, test.box, got, test.want)
		}
	}
	if got := fitted(hd, fitUnset); got != hd {
		t.Errorf("without a wish %v is drawn at %v", hd, got)
	}
}
