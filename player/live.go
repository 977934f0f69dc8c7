package player

import (
	"slices"
	"time"
)

const (
	window       = 10 * time.Second       // arrivals that the delay is measured over
	minDelay     = 10 * time.Millisecond  // between the readiness of the quickest picture and its due time
	maxDelay     = window / 2             // likewise, the most; the window must hold two bursts
	margin       = 5 * time.Millisecond   // beyond the quantile, and a sixteenth of the jitter
	maxWork      = 250 * time.Millisecond // of decoding that counts as lateness; beyond, waiting longer would not help
	inTime       = 98                     // percent of pictures that shall be ready when they are due
	startup      = 500 * time.Millisecond // without a quicker picture until the clock is trusted
	quicker      = 5 * time.Millisecond   // a picture that much quicker than all before shows a backlog that shrinks
	restartBelow = 250 * time.Millisecond // the same, after startup: the path has changed
	rebaseAbove  = 80 * time.Millisecond  // a delay that is too small by this is corrected at once
	jumpAbove    = 2 * time.Second        // a delay that is too large by this is cut at once
	ptsJump      = 2 * time.Second        // a step of media time that starts a new timeline
)

// live decides when pictures are due. It measures the lateness of each: the wall time at which it could have been
// ready, had nobody waited on purpose, against its media time. The smallest lateness is the path's own; what exceeds
// it is jitter. Pictures are due at a high quantile of lateness: the clock is nudged towards it. It jumps at the
// start, when many pictures come too late, so that the motion is broken anyway, and when the delay has become far larger
// than the arrivals of the last ten seconds call for.
//
// It is owned by the decode goroutine.
type live struct {
	maxDelay time.Duration

	clock   Clock
	running bool
	seam    bool          // the clock goes on from a picture of the past and is only nudged, until it is right
	origin  time.Time     // of lateness
	ready   time.Time     // when the last picture could have been ready
	pts     time.Duration // of the last picture
	frame   time.Duration // typical distance of pictures
	settled time.Time     // end of startup

	ring    [512]sample // the newest samples, n of them; the next one goes to next
	next, n int
	sorted  [512]time.Duration
	least   time.Duration // smallest lateness in the window
	target  time.Duration // lateness at which pictures are to be due
	sound   time.Time     // when the sound of media time zero can be heard; zero: that is of no matter
	stale   int           // samples since target was computed
}

type sample struct {
	at   time.Time
	late time.Duration
}

// follow makes the picture that is timed next due at a moment: play goes on from there, and catches up without a leap.
func (l *live) follow(pts time.Duration, at time.Time) {
	l.clock, l.seam = NewClock(pts, at), true
}

// restart forgets everything, at a discontinuity.
func (l *live) restart() {
	l.running, l.seam, l.sound = false, false, time.Time{}
	l.n, l.next = 0, 0
}

// starting says whether the clock still follows a shrinking backlog.
func (l *live) starting(now time.Time) bool { return !l.seam && l.unsettled(now) }

// unsettled says whether a backlog may still shrink.
func (l *live) unsettled(now time.Time) bool { return now.Before(l.settled) }

// base is the lateness at which pictures are due.
func (l *live) base() time.Duration { return l.clock.Due(0).Sub(l.origin) }

// delay is how long after the quickest moment that the path allows pictures are due.
func (l *live) delay() time.Duration { return l.base() - l.least }

// lead is how long before its due time a picture may be drawn: the mailbox holds two.
func (l *live) lead() time.Duration {
	return max(12*time.Millisecond, min(l.frame, 40*time.Millisecond))
}

// due takes note of a picture, whose packet arrived at the given time and took busy to be decoded, and returns when
// to show it.
func (l *live) due(pts time.Duration, arrived time.Time, busy time.Duration) time.Time {
	if l.running && (pts-l.pts > ptsJump || l.pts-pts > ptsJump) {
		l.restart()
	}
	if !l.running {
		l.running = true
		l.origin, l.ready, l.pts = arrived, arrived, pts
		l.settled = arrived.Add(startup)
		if l.frame == 0 {
			l.frame = 33 * time.Millisecond
		}
	}
	if step := pts - l.pts; step > 0 && step < 500*time.Millisecond {
		l.frame += (step - l.frame) / 8
	}
	l.pts = pts

	if arrived.After(l.ready) {
		l.ready = arrived
	}
	l.ready = l.ready.Add(busy)
	if limit := arrived.Add(maxWork); l.ready.After(limit) {
		l.ready = limit
	}
	lateness := l.ready.Sub(l.origin) - pts
	early := l.least - lateness
	if l.n > 0 && (early > restartBelow || l.unsettled(l.ready) && early > quicker) {
		l.n, l.next = 0, 0
		l.settled = l.ready.Add(startup)
	}
	l.add(lateness)

	err := l.wanted() - l.base()
	l.seam = l.seam && (l.unsettled(l.ready) || err < -rebaseAbove)
	switch {
	case l.seam:
		l.clock = l.clock.Nudge(err, l.frame)
	case l.n == 1 || l.starting(l.ready) || err > rebaseAbove || err < -jumpAbove:
		l.clock = NewClock(0, l.origin.Add(l.wanted()))
	default:
		l.clock = l.clock.Nudge(err, l.frame)
	}
	return l.clock.Due(pts)
}

// wanted is the lateness at which pictures are to be due, with their sound.
func (l *live) wanted() time.Duration {
	if l.sound.IsZero() {
		return l.target
	}
	return max(l.target, min(l.sound.Sub(l.origin)-soundSlack, l.least+l.maxDelay))
}

// add takes one sample and renews least and target where that matters.
func (l *live) add(lateness time.Duration) {
	l.ring[l.next] = sample{l.ready, lateness}
	l.next = (l.next + 1) % len(l.ring)
	l.n = min(l.n+1, len(l.ring))
	if l.stale++; l.n > 16 && l.stale < 8 && lateness <= l.target {
		return
	}
	l.stale = 0
	values := l.sorted[:0]
	for i := range l.n {
		s := l.ring[(l.next-1-i+len(l.ring))%len(l.ring)]
		if l.ready.Sub(s.at) > window {
			l.n = i
			break
		}
		values = append(values, s.late)
	}
	slices.Sort(values)
	l.least = values[0]
	jitter := values[(len(values)-1)*inTime/100] - l.least
	l.target = l.least + min(l.maxDelay, max(minDelay, jitter+jitter/16+margin))
}
