package timeline

import (
	"math"
	"time"
)

// A Drag moves a time along with the pointer: as much as it moves while the pointer is near the bar, and less the farther away it
// is.
type Drag struct {
	at time.Time
	x  float64
}

// Begin takes hold of the time at under the pointer at x.
func (d *Drag) Begin(at time.Time, x float64) { d.at, d.x = at, x }

// Move is where the time is after the pointer has moved to x, distance units away from the bar.
func (d *Drag) Move(s Scale, x, distance float64) time.Time {
	d.at = d.at.Add(time.Duration((x - d.x) * s.PerUnit / Precision(distance)))
	d.x = x
	return d.at
}

// At is where it is now.
func (d *Drag) At() time.Time { return d.at }

// Precision is how much finer a pointer so far from the bar drags: 1 up to 24 units away, twice that every 48 units further, at
// most 128.
func Precision(distance float64) float64 {
	return math.Exp2(min(max(distance-24, 0)/48, 7))
}

// A Throw is what is left of a move when the hand lets go: it slows down and ends.
type Throw struct {
	speed float64 // units a second
	last  time.Time
}

// friction is in how many seconds two thirds of the speed go.
const friction = 0.3

// Moved takes note of a move of the hand.
func (t *Throw) Moved(dx float64, now time.Time) {
	if since := now.Sub(t.last).Seconds(); since > 0 && since < 0.2 {
		t.speed += (dx/max(since, 0.004) - t.speed) * min(1, since/0.04)
	} else {
		t.speed = 0
	}
	t.last = now
}

// Let is called when the hand lets go; a hand that had come to rest throws nothing.
func (t *Throw) Let(now time.Time) {
	if now.Sub(t.last) > 80*time.Millisecond {
		t.speed = 0
	}
	t.last = now
}

// Stop ends it.
func (t *Throw) Stop() { t.speed = 0 }

// Step is how far it goes on until now; moving is false when it has ended.
func (t *Throw) Step(now time.Time) (dx float64, moving bool) {
	since := now.Sub(t.last).Seconds()
	t.last = now
	if math.Abs(t.speed) < 8 {
		t.speed = 0
		return 0, false
	}
	keep := math.Exp(-since / friction)
	dx = t.speed * friction * (1 - keep)
	t.speed *= keep
	return dx, true
}

// A Glide changes a scale in a tenth of a second instead of at once, so that the eye can follow.
type Glide struct {
	left float64 // logarithm of the factor that is to come
	x    float64
	last time.Time
}

// Zoom adds a factor, about x.
func (g *Glide) Zoom(x, factor float64, now time.Time) {
	if g.left == 0 {
		g.last = now
	}
	g.x = x
	g.left += math.Log(factor)
}

// Step is the scale at now; moving is false when it has arrived.
func (g *Glide) Step(s Scale, now time.Time) (to Scale, moving bool) {
	if g.left == 0 {
		return s, false
	}
	part := g.left * (1 - math.Exp(-now.Sub(g.last).Seconds()/0.04))
	if math.Abs(g.left-part) < 0.002 {
		part = g.left
	}
	g.left -= part
	g.last = now
	return s.Zoom(g.x, math.Exp(part)), true
}

// Follow moves a scale of width units so that a playhead that comes near its right end, or has left the bar, is where there is much to
// come; otherwise nothing changes. The future is left out but for a seventh: a playhead that is live stands near the right end.
func Follow(s Scale, playhead, now time.Time, width float64) Scale {
	if x := s.X(playhead); x >= 0 && x <= width*0.95 {
		return s
	}
	s = s.Around(playhead.Add(s.Length(width/2-min(180, width/4))), width)
	if left := width*6/7 - s.X(later(playhead, now)); left > 0 {
		s = s.Move(left)
	}
	return s
}

// Push throws by dx more than it goes on already, as a wheel does.
func (t *Throw) Push(dx float64, now time.Time) {
	if t.speed == 0 {
		t.last = now
	}
	t.speed += dx / friction
}
