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

// evict makes room: the oldest sealed fragments go that nobody holds, until the budgets are kept.
func (s *Spool) evict() error {
	victims := map[*Take][]*Fragment{}
	count, length := 0, time.Duration(0)
	s.mu.Lock()
	now := time.Now()
	for {
		f := s.oldestSealed()
		if f == nil || !s.over(f, now) {
			break
		}
		f.take.leave(f, Evicted)
		victims[f.take] = append(victims[f.take], f)
		count++
		length += f.length
	}
	s.usage.Evicted += count
	s.usage.EvictedLength += length
	s.mu.Unlock()
	var errs []error
	for t, files := range victims {
		first, last := files[0].number, files[len(files)-1].number
		s.log.Warn("fragments that were not sent had to make room", "take", t.id, "from", first, "to", last, "fragments", len(files))
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
