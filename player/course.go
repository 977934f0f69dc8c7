package player

import (
	"math"
	"time"
)

// course is how the time of an archive goes by: a value that never changes. Time stands at its place until the wall time
// from, and then runs at the rate: 2 is twice as fast, negative is backwards, zero is for ever at that place.
type course struct {
	at   time.Time // of the archive
	from time.Time // wall time
	rate float64
}

// position returns the archive's time at the wall time now.
func (c course) position(now time.Time) time.Time {
	run := now.Sub(c.from)
	if run <= 0 || c.rate == 0 {
		return c.at
	}
	return c.at.Add(lasting(float64(run) * c.rate))
}

// due returns the wall time at which the archive's time is at, which may be past. The rate must not be zero.
func (c course) due(at time.Time) time.Time {
	return c.from.Add(lasting(float64(at.Sub(c.at)) / c.rate))
}

// lasting is a time of so many nanoseconds, or the longest there is: 292 years, which a gap of 37 takes at the slowest speed.
func lasting(ns float64) time.Duration {
	switch {
	case ns >= math.MaxInt64:
		return math.MaxInt64
	case ns <= -math.MaxInt64:
		return -math.MaxInt64
	}
	return time.Duration(ns)
}

// ahead says whether a lies in front of b where time goes at the rate.
func ahead(a, b time.Time, rate float64) bool {
	if rate < 0 {
		return a.Before(b)
	}
	return a.After(b)
}
