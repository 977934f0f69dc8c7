package player

import (
	"testing"
	"time"
)

// Times that are too far apart for a duration are far apart, and on their side.
func TestCourseOverCenturies(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		gap  time.Duration // in years
		rate float64
		late bool
	}{
		{40, MinRate, true}, {250, 0.5, true}, {-40, MinRate, false}, {40, -1, false}, {-250, -MaxReverse, true}, {290, MaxRate, true},
	} {
		run := course{at: now, from: now, rate: c.rate}
		due := run.due(now.Add(c.gap * 365 * 24 * time.Hour))
		if far := due.Sub(now); (far > 0) != c.late || far.Abs() < 8*365*24*time.Hour {
			t.Errorf("what is %d years away is due in %v at %v", c.gap, far, c.rate)
		}
	}
	run := course{at: now, from: now, rate: MaxRate}
	if at := run.position(now.Add(100 * 365 * 24 * time.Hour)); at.Sub(now) < 200*365*24*time.Hour {
		t.Errorf("after a century at %d times it is at %v", MaxRate, at)
	}
}
