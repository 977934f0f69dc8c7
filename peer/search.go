package peer

import (
	"context"
	"time"

	"github.com/pion/webrtc/v4"
)

// When another way is looked for anew.
const (
	soon   = time.Second             // at least, while servers have not said where this side can be reached: what asks them pauses longer and longer
	later  = 2500 * time.Millisecond // when only the other side has to be reached
	unsaid = 3 * time.Second         // when the other side has not answered: before that an answer would be taken for that to the next offer
)

// search decides when another way to the other side is looked for.
type search struct {
	lost  time.Time // when the way was; zero: there is one
	tried time.Time // when another one was looked for last; zero: never
	urged time.Time // when signaling was told to hurry
}

const urgeEvery = 500 * time.Millisecond

// urge reports whether signaling is to be told that there is no way.
func (s *search) urge(now time.Time) bool {
	if s.lost.IsZero() || now.Sub(s.urged) < urgeEvery {
		return false
	}
	s.urged = now
	return true
}

// progress is how far the last attempt has come.
type progress struct {
	signaled   bool      // there is signaling
	since      time.Time // when it is as it is
	unanswered bool      // the offer
	gathering  bool      // servers are asked
	rtt        time.Duration
}

// begin takes note that a way is lost.
func (s *search) begin(now time.Time) { *s = search{lost: now} }

// end takes note that one is found.
func (s *search) end() { s.lost = time.Time{} }

// due reports whether to look anew. Attempts that are broken off too early would never succeed, and those that go on too long wait for what
// was lost on the way.
func (s *search) due(now time.Time, p progress) bool {
	if s.lost.IsZero() || !p.signaled {
		return false
	}
	since := now.Sub(s.tried)
	switch {
	case s.tried.IsZero():
		return true
	case p.unanswered:
		return p.since.After(s.tried) || since >= unsaid
	case p.gathering:
		return since >= min(later, max(soon, 8*p.rtt))
	}
	return since >= later
}

func (v *Viewer) progress(l *link) progress {
	s := v.o.Signaling.State()
	return progress{
		signaled:   s.Connected,
		since:      s.Since,
		unanswered: l.pc.SignalingState() == webrtc.SignalingStateHaveLocalOffer,
		gathering:  l.pc.ICEGatheringState() != webrtc.ICEGatheringStateComplete,
		rtt:        time.Duration(v.rtt.Load()),
	}
}

// restart looks for another way.
func (v *Viewer) restart(ctx context.Context, l *link, s *search) {
	s.tried = time.Now()
	l.configure(ctx)
	v.mu.Lock()
	v.known.Restarts++
	v.mu.Unlock()
	if err := l.offer(true); err != nil {
		v.o.Log.Debug("another way cannot be looked for", "err", err)
	}
}
