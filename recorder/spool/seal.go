package spool

import (
	"os"
	"path/filepath"
)

// sealer seals what is finished, one after the other, until seals is closed.
func (s *Spool) sealer() {
	for f := range s.seals {
		s.seal(f)
		f.take.unsealed.Done()
	}
}

// seal makes a complete fragment durable. When it was persisted, rejected or discarded meanwhile, it goes where it belongs.
func (s *Spool) seal(f *Fragment) {
	t := f.take
	f.io.Lock() // once a Write that was on its way is through
	s.mu.Lock()
	empty, gone := f.frames == 0, f.stage == Persisted || f.stage == Evicted
	s.mu.Unlock()
	f.io.Unlock()
	if empty {
		empty = s.frameless(f)
	}
	if empty || gone {
		s.drop(f, empty)
		return
	}
	err := s.store(f)
	if err != nil {
		err = diskError(err)
		if s.unsafe.now() {
			s.log.Error("a fragment is written, but not safe on disk", "take", t.id, "fragment", f.number, "err", err)
		}
	}
	s.mu.Lock()
	t.count(f, -1)
	f.sealed, f.failed = err == nil, err != nil
	t.count(f, 1)
	if err != nil {
		t.trouble, t.failure = err, err
	}
	stage, reason := f.stage, t.reasons[f.number]
	t.target.changed()
	s.mu.Unlock()
	switch stage {
	case Persisted, Evicted:
		s.drop(f, false)
	case Rejected:
		if err := f.isolate(reason); err != nil {
			s.log.Warn("a refused fragment could not be put aside", "take", t.id, "fragment", f.number, "err", err)
		}
	}
}

// store writes the record's second slot, fsyncs the file, renames it and fsyncs the directory.
func (s *Spool) store(f *Fragment) error {
	s.mu.Lock()
	r := f.record()
	s.mu.Unlock()
	if err := s.settle(f.file, r); err != nil {
		f.io.Lock()
		f.shut()
		f.io.Unlock()
		return err
	}
	f.io.Lock()
	f.shut() // Windows renames no file that is open
	err := f.move(inLine)
	f.io.Unlock()
	if err != nil {
		return err
	}
	return s.disk.SyncDir(f.take.dir)
}

// settle completes a file's content.
func (s *Spool) settle(f *os.File, r record) error {
	if info, err := f.Stat(); err != nil {
		return err
	} else if info.Size() > r.body()+r.size { // a write that failed could not be cut off
		if err := s.disk.Truncate(f, r.body()+r.size); err != nil {
			return err
		}
	}
	if err := s.disk.WriteAt(f, r.append(nil), int64(r.head)); err != nil {
		return err
	}
	return s.disk.Sync(f)
}

// move renames the file. io is locked, and the file is shut.
func (f *Fragment) move(to place) error {
	s := f.take.spool
	if err := s.disk.Rename(f.path(), f.pathAt(to)); err != nil {
		return err
	}
	s.mu.Lock()
	f.place = to
	s.mu.Unlock()
	return nil
}

// frameless reports whether a fragment that seems to have no frame has none.
func (s *Spool) frameless(f *Fragment) bool {
	s.mu.Lock()
	r := f.record()
	s.mu.Unlock()
	c, err := cut(f.file, r, r.size)
	if err != nil {
		s.log.Warn("a fragment cannot be read again", "path", f.file.Name(), "err", err)
		return false
	}
	return c.frames == 0
}

// drop removes the file of a fragment that is gone from the line, or of one that is empty and goes now.
func (s *Spool) drop(f *Fragment, empty bool) {
	if empty {
		s.mu.Lock()
		f.take.vanish(f)
		s.mu.Unlock()
	}
	if err := f.unlink(); err != nil {
		s.log.Warn("a fragment's file stays on disk", "take", f.take.id, "fragment", f.number, "err", err)
	}
}

// vanish takes an empty fragment out of line. Its number stays known, so that recovery does not take it for one that was persisted. mu
// is held.
func (t *Take) vanish(f *Fragment) {
	if !f.stage.waits() {
		return
	}
	t.count(f, -1)
	f.stage = Evicted
	t.waiting = without(t.waiting, f)
	if n := len(t.empty); n > 0 && t.empty[n-1].Last == int(f.number)-1 {
		t.empty[n-1].Last++
	} else {
		t.empty = append(t.empty, run{int(f.number), int(f.number)})
	}
	t.touch()
	t.target.changed()
}

// unlink removes the file.
func (f *Fragment) unlink() error {
	s := f.take.spool
	f.io.Lock()
	defer f.io.Unlock()
	f.shut()
	if f.place == nowhere {
		return nil
	}
	path := f.path()
	if err := s.remove(path); err != nil {
		return diskError(err)
	}
	s.mu.Lock()
	f.place = nowhere
	s.mu.Unlock()
	return nil
}

// isolate moves a refused fragment into quarantine.
func (f *Fragment) isolate(reason string) error {
	s, t := f.take.spool, f.take
	dir := t.path(rejectedName)
	if err := s.mkdir(dir, t.dir); err != nil {
		return diskError(err)
	}
	if err := s.disk.Replace(filepath.Join(dir, fileName(int(f.number), reasonSuffix)), []byte(reason+"\n")); err != nil {
		return diskError(err)
	}
	f.io.Lock()
	s.mu.Lock()
	still := f.stage == Rejected // and not back in line
	s.mu.Unlock()
	var err error
	if still {
		f.shut()
		err = f.move(quarantine)
	}
	f.io.Unlock()
	if err == nil {
		err = s.disk.SyncDir(dir)
	}
	if err == nil {
		err = s.disk.SyncDir(t.dir)
	}
	if err != nil {
		return diskError(err)
	}
	return nil
}
