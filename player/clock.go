package player

import "time"

// Clock maps media time to wall time. It is a value: it never changes, Nudge returns another one.
type Clock struct {
	wall  time.Time
	media time.Duration
}

// NewClock returns a clock that shows the media time pts at the wall time at.
func NewClock(pts time.Duration, at time.Time) Clock { return Clock{wall: at, media: pts} }

// At returns the media time at the wall time now.
func (c Clock) At(now time.Time) time.Duration { return c.media + now.Sub(c.wall) }

// Due returns the wall time of the media time pts.
func (c Clock) Due(pts time.Duration) time.Time { return c.wall.Add(pts - c.media) }

// Until returns how long after now pts is due; negative when it is past.
func (c Clock) Until(pts time.Duration, now time.Time) time.Duration { return pts - c.At(now) }

// Nudge returns a clock that is later by a tenth of err, at most a twentieth of the frame's duration: called once a
// frame it plays at a rate of 0.95 to 1.05 until err is gone. A negative err makes it earlier.
func (c Clock) Nudge(err, frame time.Duration) Clock {
	limit := frame / 20
	c.wall = c.wall.Add(max(-limit, min(limit, err/10)))
	return c
}
