package timeline

import (
	"math"
	"testing"
	"time"
)

func TestDragGetsFinerWithDistance(t *testing.T) {
	s := Between(at(7, 0, 0), at(11, 0, 0), 900) // 16 s a unit
	var d Drag
	d.Begin(at(8, 0, 0), 100)
	if got := d.Move(s, 110, 0); !got.Equal(at(8, 2, 40)) {
		t.Errorf("10 units near the bar lead to %v", got)
	}
	if got := d.Move(s, 126, 24+4*48); !got.Equal(at(8, 2, 56)) {
		t.Errorf("16 units far from the bar, where it is 16 times as fine, lead to %v", got)
	}
	if Precision(1e6) != 128 || Precision(0) != 1 {
		t.Errorf("the precision goes from %v to %v", Precision(0), Precision(1e6))
	}
}

func TestThrowSlowsDownAndEnds(t *testing.T) {
	now := at(0, 0, 0)
	var th Throw
	for range 20 {
		now = now.Add(10 * time.Millisecond)
		th.Moved(5, now) // 500 units a second
	}
	th.Let(now)
	total, steps := 0.0, 0
	for moving := true; moving; steps++ {
		now = now.Add(time.Second / 60)
		var dx float64
		dx, moving = th.Step(now)
		total += dx
		if steps > 600 {
			t.Fatal("a throw does not end")
		}
	}
	if total < 100 || total > 160 {
		t.Errorf("a hand of 500 units a second throws %v units, want about 150", total)
	}
	th.Moved(5, now)
	th.Moved(5, now.Add(10*time.Millisecond))
	th.Let(now.Add(time.Second))
	if _, moving := th.Step(now.Add(time.Second)); moving {
		t.Error("a hand that has rested throws")
	}
}

func TestGlideArrives(t *testing.T) {
	now := at(0, 0, 0)
	s := Between(at(7, 0, 0), at(11, 0, 0), 900)
	want := s.Zoom(200, 4)
	var g Glide
	g.Zoom(200, 2, now)
	g.Zoom(200, 2, now)
	for moving := true; moving; {
		now = now.Add(time.Second / 60)
		s, moving = g.Step(s, now)
	}
	if math.Abs(s.PerUnit/want.PerUnit-1) > 1e-6 {
		t.Errorf("it arrives at %v a unit, want %v", s.PerUnit, want.PerUnit)
	}
	if d := s.At(200).Sub(want.At(200)); d.Abs() > time.Second {
		t.Errorf("the time under the pointer moved by %v", d)
	}
}

func TestFollowKeepsThePlayheadInSight(t *testing.T) {
	s := Between(at(7, 0, 0), at(11, 0, 0), 900)
	now := at(30, 0, 0)
	if Follow(s, at(9, 0, 0), now, 900) != s {
		t.Error("a playhead in sight moves the bar")
	}
	for _, playhead := range []time.Time{at(10, 50, 0), at(20, 0, 0), at(1, 0, 0)} {
		if x := Follow(s, playhead, now, 900).X(playhead); x < 170 || x > 190 {
			t.Errorf("a playhead at %v comes to %v, want 180", playhead, x)
		}
	}
	for _, behind := range []time.Duration{0, time.Second, -time.Second, time.Minute} { // a producer's clock may be ahead
		live := Follow(s, now.Add(-behind), now, 900)
		if x := live.X(now); x < 760 || x > 780 {
			t.Errorf("%v behind now the bar shows now at %v, want a seventh from its end", behind, x)
		}
		if again := Follow(live, now.Add(-behind), now, 900); again != live {
			t.Errorf("%v behind now the bar moves once more", behind)
		}
	}
}
