package main

import (
	"image"
	"testing"
)

// A window that misses one movement of the pointer still shows another column for each one that it does not miss.
func TestDragPathStandsNowhere(t *testing.T) {
	from := image.Pt(900, 600)
	for _, left := range []bool{false, true} {
		path := dragPath(from, left)
		turns := 0
		for i := 2; i < len(path); i++ {
			a, b, c := path[i-2].X, path[i-1].X, path[i].X
			if a == b || b == c || a == c {
				t.Errorf("left %t: movements %d to %d are at %d, %d and %d", left, i-2, i, a, b, c)
			}
			if (b > a) != (c > b) {
				turns++
			}
			away := c - from.X
			if left {
				away = -away
			}
			if away < 0 || away > dragPixels {
				t.Errorf("left %t: movement %d is %d pixels away", left, i, away)
			}
		}
		if turns < 5 {
			t.Errorf("left %t: it turns %d times", left, turns)
		}
	}
}
