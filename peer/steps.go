package peer

import (
	"sync"
	"time"
)

// Steps are when a viewer's call came how far. Zero: not yet.
type Steps struct {
	Offered   time.Time // the offer was given to the service
	Answered  time.Time // the master's answer is understood
	Connected time.Time // a way to the master was found
	Secured   time.Time // the two have agreed on keys
	Packet    time.Time // the first packet of the picture came
	Picture   time.Time // the first picture that can be decoded was whole
	Lost      time.Time // since when the way is lost; zero again when it is back
}

// steps takes note of Steps, from any goroutine.
type steps struct {
	mu sync.Mutex
	Steps
}

// reach takes note of a step that is reached for the first time.
func (s *steps) reach(step func(*Steps) *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := step(&s.Steps); at.IsZero() {
		*at = time.Now()
	}
}

// lose takes note of a way that is lost, since a time, or that is back, at zero.
func (s *steps) lose(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Lost = since
}

// Steps returns how far the call is.
func (v *Viewer) Steps() Steps {
	v.steps.mu.Lock()
	s := v.steps.Steps
	v.steps.mu.Unlock()
	v.source.mu.Lock()
	defer v.source.mu.Unlock()
	s.Packet, s.Picture = v.source.first, v.source.video.arrived
	return s
}
