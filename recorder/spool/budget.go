package spool

import (
	"errors"
	"time"
)

// Limit changes the budgets MaxBytes and MaxAge of Options. It returns at once; what is too much goes soon after.
func (s *Spool) Limit(maxBytes int64, maxAge time.Duration) {
	s.mu.Lock()
	s.o.MaxBytes, s.o.MaxAge = maxBytes, maxAge
	s.mu.Unlock()
	poke(s.sweep)
}

// eviction is what had to make room.
type eviction struct {
	fragments int
	length    time.Duration
}

func (e *eviction) add(o eviction) {
	e.fragments += o.fragments
	e.length += o.length
}

// tell lets the log know. take.json says which ones they are.
func (s *Spool) tell(e eviction) {
	if e.fragments > 0 {
		s.log.Warn("fragments that were not sent had to make room", "fragments", e.fragments, "length", e.length.Round(time.Millisecond))
	}
}

// evict makes room: the oldest sealed fragments go that nobody holds, until the budgets are kept.
func (s *Spool) evict() error {
	victims := map[*Take][]*Fragment{}
	var all eviction
	s.mu.Lock()
	now := time.Now()
	for {
		f := s.oldestSealed()
		if f == nil || !s.over(f, now) {
			break
		}
		f.take.leave(f, Evicted)
		victims[f.take] = append(victims[f.take], f)
		all.add(eviction{1, f.length})
	}
	s.usage.Evicted += all.fragments
	s.usage.EvictedLength += all.length
	s.pushed.add(all)
	var told eviction
	if s.pushed.fragments > 0 && s.pushing.now() {
		told, s.pushed = s.pushed, eviction{}
	}
	s.mu.Unlock()
	s.tell(told)
	var errs []error
	for t, files := range victims {
		errs = append(errs, s.vacate(t, files))
	}
	return errors.Join(errs...)
}

// over reports whether the oldest fragment breaks a budget. mu is held.
func (s *Spool) over(f *Fragment, now time.Time) bool {
	return s.o.MaxBytes > 0 && s.usage.Bytes > s.o.MaxBytes ||
		s.o.MaxAge > 0 && now.Sub(f.recorded().Add(f.length)) > s.o.MaxAge
}

// recorded is about when the fragment was begun by this computer's clock. Its producer time says less about its age: a
// file may have been made years ago.
func (f *Fragment) recorded() time.Time { return f.take.stamp.Add(f.start) }

// oldestSealed returns the fragment that is to be evicted first, nil when there is none. mu is held.
func (s *Spool) oldestSealed() *Fragment {
	var oldest *Fragment
	for _, t := range s.takes {
		for _, f := range t.waiting {
			if f.sealed && f.holds == 0 {
				if oldest == nil || f.recorded().Before(oldest.recorded()) {
					oldest = f
				}
				break
			}
		}
	}
	return oldest
}

// vacate removes files of a take that left the line. take.json knows of it first: what is missing on disk without being named
// there counts as persisted.
func (s *Spool) vacate(t *Take, files []*Fragment) error {
	errs := []error{t.save()}
	for _, f := range files {
		errs = append(errs, f.unlink())
	}
	return errors.Join(errs...)
}
