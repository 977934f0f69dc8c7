package spool

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Advance notes Sent or Received; Persisted removes the file. Going back (a connection broke) is Advance(Stored). The error wraps
// ErrGone when the fragment waits no more; when the file cannot be removed it is counted as persisted all the same, and sent again after a
// restart.
func (f *Fragment) Advance(to Stage) error {
	t, s := f.take, f.take.spool
	s.mu.Lock()
	switch {
	case !f.stage.waits():
		s.mu.Unlock()
		return f.gone()
	case to > Persisted:
		s.mu.Unlock()
		return fmt.Errorf("fragment %d of take %s cannot be advanced to %v", f.number, t.id, to)
	case to == Persisted && !f.complete:
		s.mu.Unlock()
		return fmt.Errorf("fragment %d of take %s is still being written and cannot be persisted", f.number, t.id)
	case to < Persisted:
		if to == Stored {
			to = Captured
		}
		if to != f.stage && (to > f.stage || to == Captured) {
			t.count(f, -1)
			f.stage = to
			t.count(f, 1)
			t.target.changed()
		}
		s.mu.Unlock()
		return nil
	}
	mine := t.leave(f, Persisted)
	s.mu.Unlock()
	if mine {
		return f.unlink()
	}
	return nil
}

// leave takes a fragment out of line. It reports whether its file is to be put where it belongs now; otherwise the sealer
// does it. mu is held.
func (t *Take) leave(f *Fragment, to Stage) (mine bool) {
	t.count(f, -1)
	f.stage = to
	t.count(f, 1)
	t.waiting = without(t.waiting, f)
	if to == Rejected {
		t.rejected = insert(t.rejected, f)
	} else {
		n := int(f.number)
		t.gone = join(t.gone, piece{n, n, f.start, f.start + f.length, to})
	}
	t.touch()
	t.target.changed()
	return f.sealed || f.failed
}

// Reject moves the fragment into quarantine: out of line at once, on disk once it is sealed.
func (f *Fragment) Reject(reason string) error {
	t, s := f.take, f.take.spool
	s.mu.Lock()
	if !f.stage.waits() {
		s.mu.Unlock()
		return f.gone()
	}
	if t.reasons == nil {
		t.reasons = map[uint32]string{}
	}
	t.reasons[f.number] = reason
	mine := t.leave(f, Rejected)
	s.mu.Unlock()
	s.log.Warn("a fragment is put aside", "take", t.id, "fragment", f.number, "reason", reason)
	if mine {
		return f.isolate(reason)
	}
	return nil
}

// Rejection is a fragment in quarantine.
type Rejection struct {
	Number int
	At     time.Time // producer time
	Length time.Duration
	Reason string
}

// Rejections returns what is in quarantine, oldest first.
func (t *Take) Rejections() []Rejection {
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	var list []Rejection
	for _, f := range t.rejected {
		list = append(list, Rejection{f.Number(), f.Time(), f.length, t.reasons[f.number]})
	}
	return list
}

// Requeue puts the rejected fragments back in line.
func (t *Take) Requeue() error {
	s := t.spool
	s.mu.Lock()
	list := slices.Clone(t.rejected)
	s.mu.Unlock()
	var errs []error
	for _, f := range list {
		errs = append(errs, f.requeue())
	}
	return errors.Join(errs...)
}

func (f *Fragment) requeue() error {
	t, s := f.take, f.take.spool
	f.io.Lock()
	defer f.io.Unlock()
	moved := f.place == quarantine
	if moved {
		f.shut()
		if err := f.move(inLine); err != nil {
			return diskError(err)
		}
	}
	s.mu.Lock()
	if f.stage == Rejected {
		t.count(f, -1)
		f.stage = Captured
		t.count(f, 1)
		t.rejected = without(t.rejected, f)
		t.waiting = insert(t.waiting, f)
		delete(t.reasons, f.number)
		t.touch()
		t.target.changed()
	}
	s.mu.Unlock()
	if !moved {
		return nil
	}
	err := errors.Join(s.disk.SyncDir(t.dir), s.remove(t.path(rejectedName, fileName(int(f.number), reasonSuffix))))
	if err != nil {
		return diskError(err)
	}
	return nil
}

// Discard removes what waits in the spool and what is in quarantine, by a person's wish. It is counted as evicted. A fragment that is being
// written stays.
func (t *Take) Discard() error {
	s := t.spool
	s.mu.Lock()
	var files []*Fragment
	for _, f := range slices.Concat(t.waiting, t.rejected) {
		if !f.complete {
			continue
		}
		t.rejected = without(t.rejected, f)
		if t.leave(f, Evicted) {
			files = append(files, f)
		}
	}
	s.mu.Unlock()
	s.log.Info("a take is discarded", "take", t.id, "fragments", len(files))
	return s.vacate(t, files)
}
