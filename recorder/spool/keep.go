package spool

import (
	"errors"
	"slices"
	"time"
)

const (
	saveEvery  = 5 * time.Second
	sweepEvery = time.Minute
)

// keeper evicts, and brings take.json up to date, until stop is closed.
func (s *Spool) keeper() {
	minute := time.NewTicker(sweepEvery)
	defer minute.Stop()
	var saving <-chan time.Time
	failing := false // and told
	for {
		select {
		case <-s.stop:
			return
		case <-s.keep:
			if saving == nil {
				saving = time.After(saveEvery)
			}
		case <-saving:
			saving = nil
			err := s.save()
			if !failing {
				s.report(err)
			}
			failing = err != nil
		case <-s.sweep:
			s.report(s.evict())
		case <-minute.C:
			s.report(s.evict())
		}
	}
}

// rarely lets something be said once a minute: a fragment lasts two seconds, and what is wrong with a disk or a network lasts for hours.
type rarely struct{ last time.Time }

func (r *rarely) now() bool {
	if !r.last.IsZero() && time.Since(r.last) < time.Minute {
		return false
	}
	r.last = time.Now()
	return true
}

func (s *Spool) report(err error) {
	if err != nil {
		s.log.Warn("keeping the spool in order failed", "err", err)
	}
}

// touch notes that take.json is behind. mu is held.
func (t *Take) touch() {
	t.dirty = true
	poke(t.spool.keep)
}

// save brings every take.json up to date. One that fails is written with the next change.
func (s *Spool) save() error {
	s.mu.Lock()
	takes := slices.Clone(s.takes)
	s.mu.Unlock()
	var errs []error
	for _, t := range takes {
		s.mu.Lock()
		dirty := t.dirty
		s.mu.Unlock()
		if dirty {
			errs = append(errs, t.save())
		}
	}
	return errors.Join(errs...)
}
