package player

import (
	"context"
	"slices"
	"time"
)

// seat is a deck's place at its transport: what the transport knows of it, and the way it hears of changes. Everything but
// changed is guarded by the transport's lock.
type seat struct {
	t       *Transport
	changed chan struct{} // a hint that there is something to look at; capacity 1

	placed   uint64    // the wish that it shows
	put      time.Time // of the picture that it made last
	since    time.Time // when it began to make time stand
	starving bool      // it has nothing to show before more is loaded
	vacant   bool      // nothing is recorded here
	until    time.Time // of vacant: where something is again; zero: nowhere
	abandon  context.CancelFunc
}

// wish is what a transport wants from a deck, at a moment.
type wish struct {
	place  uint64 // another place is wanted when it differs
	course course
	rate   float64
	runs   bool // time goes by, or would if no deck held it
	passes bool // the pointer drags, and does not rest
	steps  int  // frames to step, for the first deck
}

func (t *Transport) join() *seat {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	s := &seat{t: t, changed: make(chan struct{}, 1), since: now}
	t.seats = append(t.seats, s)
	t.steer(now)
	return s
}

func (s *seat) leave() {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.t.seats = slices.DeleteFunc(s.t.seats, func(other *seat) bool { return other == s })
	s.t.steer(time.Now())
}

func (s *seat) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *seat) look() wish {
	t := s.t
	t.mu.Lock()
	defer t.mu.Unlock()
	w := wish{place: t.place, course: t.course, rate: t.rate, runs: t.playing && !t.held, passes: t.held && !t.rests}
	if t.seats[0] == s {
		w.steps = t.steps
	}
	return w
}

// settle says that the deck shows what was wished.
func (s *seat) settle(place uint64) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if s.placed != place {
		s.placed = place
		s.t.steer(time.Now())
	}
}

// shows says that a picture of a time was put into the mailbox.
func (s *seat) shows(at time.Time) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.put = at
	if s.vacant || s.starving {
		s.vacant, s.starving = false, false
		s.t.steer(time.Now())
	}
}

// starve says that the deck has to wait for what comes next.
func (s *seat) starve() {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if !s.starving {
		now := time.Now()
		s.starving, s.since = true, now
		s.t.steer(now)
	}
}

// feed says that the deck goes on: it has something to show, also where nothing was.
func (s *seat) feed() {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if s.starving || s.vacant {
		s.starving, s.vacant = false, false
		s.t.steer(time.Now())
	}
}

// vacate says that nothing is recorded here, and where something is again; the zero time: nowhere.
func (s *seat) vacate(until time.Time) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if !s.vacant || !s.until.Equal(until) {
		s.vacant, s.until, s.starving = true, until, false
		s.t.steer(time.Now())
	}
}

// stepped says where the steps have led, unless something else is wished by now.
func (s *seat) stepped(w wish, at time.Time) {
	t := s.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.place != w.place {
		return
	}
	left := t.steps - w.steps
	t.moveTo(at)
	t.steps = left
	t.steer(time.Now())
}

// asking makes Transport.Seek cancel what the deck waits for; nil ends that.
func (s *seat) asking(cancel context.CancelFunc) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.abandon = cancel
}
