package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// maxSegmentAge returns how much server time a segment may span: a 24th of the retention, at most an hour.
func maxSegmentAge(hours int) time.Duration {
	return min(time.Duration(hours)*time.Hour/24, time.Hour)
}

// tidySoon makes Run look for what is to be dropped.
func (a *Archive) tidySoon() {
	select {
	case a.untidy <- struct{}{}:
	default:
	}
}

// tidy does one step of what need not be done at once: it drops one expired segment, or some rows of a deleted stream, or makes a summary.
// It reports whether there may be more to do now. A failure is logged and tried again later.
func (a *Archive) tidy() (more bool) {
	a.clock.keep()
	a.keepReserve()
	for _, s := range a.Streams() {
		more, err := a.expire(s)
		if err != nil {
			a.log.Error("expired fragments could not be removed; the others go, and these are tried again", "stream", s.name, "error", err)
		}
		if more {
			return true
		}
	}
	more, err := a.sweep()
	if err != nil {
		a.log.Error("rows of a deleted stream could not be removed", "error", err)
	}
	if more {
		return true
	}
	if more, err = a.summarize(); err != nil {
		a.log.Error("a segment could not be summarised; it is read row by row until it can", "error", err)
	}
	return more
}

// expire drops the first segment whose newest fragment is older than the retention: procedure "expire" of DESIGN.md. The
// file goes first, so that space comes free even when the index has no room to write. When there is none, it tries again to drop those
// that were taken before and could not be; one of these holds up nothing but itself.
func (a *Archive) expire(s *Stream) (more bool, err error) {
	if g, found := s.takeExpired(); found {
		return true, a.drop(s, &g)
	}
	var errs []error
	for _, g := range s.leftovers() {
		errs = append(errs, a.drop(s, &g))
	}
	return false, errors.Join(errs...)
}

// drop removes the file and the rows of a segment that was taken.
func (a *Archive) drop(s *Stream, g *segment) error {
	if err := a.unlink(s, g.id); err != nil {
		return err
	}
	if err := a.dropRows(s, g); err != nil {
		return err
	}
	s.mu.Lock()
	s.dropped = slices.DeleteFunc(s.dropped, func(d segment) bool { return d.id == g.id })
	s.mu.Unlock()
	return nil
}

// leftovers returns the segments that were taken before, of which the file or the rows could not be removed.
func (s *Stream) leftovers() []segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.dropped)
}

// takeExpired moves an expired segment from segments to dropped.
func (s *Stream) takeExpired() (segment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cutoff := s.cutoff()
	i := slices.IndexFunc(s.segments, func(g segment) bool { return g.newest != minMillis && g.newest < cutoff })
	if i < 0 {
		return segment{}, false
	}
	g := s.segments[i]
	s.segments = slices.Delete(s.segments, i, i+1)
	s.dropped = append(s.dropped, g)
	return g, true
}

func (a *Archive) unlink(s *Stream, id int64) error {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	if err := s.gone(); err != nil {
		return nil
	}
	if s.tail.open == id {
		if err := s.tail.close(); err != nil {
			return err
		}
	}
	if err := a.disk.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return a.disk.SyncDir(s.dir)
}

func (a *Archive) dropRows(s *Stream, g *segment) error {
	err := a.transaction(func() error { return a.index.drop(s.id, g) })
	if err != nil {
		return fmt.Errorf("removing %s from the index: %w", s.path(g.id), err)
	}
	return nil
}

// sweep removes some rows of deleted streams.
func (a *Archive) sweep() (more bool, err error) {
	a.mu.RLock()
	var id int64
	n := len(a.garbage)
	if n > 0 {
		id = a.garbage[0]
	}
	a.mu.RUnlock()
	if n == 0 {
		return false, nil
	}
	err = a.transaction(func() (err error) {
		more, err = a.index.purge(id)
		return err
	})
	if err != nil {
		return false, err
	} else if more {
		return true, nil
	}
	a.mu.Lock()
	a.garbage = slices.DeleteFunc(a.garbage, func(g int64) bool { return g == id })
	more = len(a.garbage) > 0
	a.mu.Unlock()
	return more, nil
}
