package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// recover reads what the directory holds. What is strange or cannot be read is logged and left alone.
func (s *Spool) recover() {
	buf := make([]byte, 4096)
	s.children(s.dir, func(account string) {
		s.children(account, func(stream string) {
			s.children(stream, func(dir string) {
				if stamp, ok := parseID(filepath.Base(dir)); ok {
					s.recoverTake(dir, stamp, buf)
				} else {
					s.strange(dir, "a take's directory is expected here")
				}
			})
		})
	})
}

// children visits the directories in a directory.
func (s *Spool) children(dir string, visit func(path string)) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.strange(dir, err.Error())
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			visit(path)
		} else if name := e.Name(); name != "lock" && name != accountName && !s.leftover(path) {
			s.strange(path, "a directory is expected here")
		}
	}
}

func (s *Spool) strange(path, why string) {
	s.log.Warn("left alone in the spool", "path", path, "why", why)
}

// leftover removes what a crash left of a small file's replacement.
func (s *Spool) leftover(path string) bool {
	name := filepath.Base(path)
	if !strings.HasPrefix(name, ".") || !strings.HasSuffix(name, ".tmp") {
		return false
	}
	s.report(s.remove(path))
	return true
}

// recoverTake takes a take in. One that was being recorded has ended.
func (s *Spool) recoverTake(dir string, stamp time.Time, buf []byte) {
	t := &Take{spool: s, id: filepath.Base(dir), dir: dir, stamp: stamp, reasons: map[uint32]string{}, damaged: map[int]bool{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.strange(dir, err.Error())
		return
	}
	if len(entries) == 0 {
		s.report(s.remove(dir)) // Begin came no further
		return
	}
	lost := t.load()
	if lost != nil && !t.guess() {
		s.strange(dir, lost.Error())
		return
	}
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(dir, name)
		switch number, suffix, ok := parseName(name); {
		case name == takeName || name == rejectedName && e.IsDir() || s.leftover(path):
		case !ok || !e.Type().IsRegular() || suffix != sealedSuffix && suffix != partSuffix:
			s.strange(path, "a fragment is expected here")
		case t.named(uint32(number)):
			s.log.Info("a fragment that left the spool is removed", "path", path)
			s.report(s.remove(path))
		case suffix == sealedSuffix:
			t.recoverSealed(path, uint32(number), inLine, buf)
		default:
			t.recoverPart(path, uint32(number), buf)
		}
	}
	t.recoverRejected(buf)
	if lost != nil {
		if len(t.waiting) == 0 && len(t.rejected) == 0 {
			s.log.Warn("a take is forgotten that holds nothing", "take", t.id, "err", lost)
			s.forget(t)
			return
		}
		s.log.Warn("a take lost its description", "take", t.id, "err", lost)
	}
	t.complete()
	if t.past(time.Now()) {
		s.forget(t)
		return
	}
	s.add(t)
}

// guess makes do without take.json: the directories' names say the most needful.
func (t *Take) guess() bool {
	stream := filepath.Dir(t.dir)
	a, ok := unescape(filepath.Base(filepath.Dir(stream)))
	b, ok2 := unescape(filepath.Base(stream))
	t.to = Target{a, b}
	t.began = t.stamp
	t.dirty = true
	return ok && ok2
}

// recoverSealed takes a sealed file in by its record, without reading its frames.
func (t *Take) recoverSealed(path string, number uint32, at place, buf []byte) {
	s := t.spool
	file, err := os.Open(path)
	if err != nil {
		s.strange(path, err.Error())
		return
	}
	r, size, err := readRecord(file, buf)
	if err := file.Close(); err != nil {
		s.report(err)
	}
	switch {
	case err != nil:
		s.strange(path, err.Error())
	case r.number != int(number):
		s.strange(path, fmt.Sprintf("it is fragment %d by its record", r.number))
	case !r.sealed:
		s.log.Warn("a sealed fragment's record is damaged", "path", path)
		t.recoverPart(path, number, buf)
	default:
		if size != r.body()+r.size {
			s.log.Warn("a sealed fragment has the wrong size", "path", path, "size", size, "want", r.body()+r.size)
		}
		f := t.recovered(r, at)
		f.sealed, f.unchecked = true, true
		t.admit(f)
	}
}

// recovered makes a fragment of a record.
func (t *Take) recovered(r record, at place) *Fragment {
	return &Fragment{take: t, number: uint32(r.number), head: uint32(r.head), headID: r.headID, start: r.start, at: r.at,
		crc: r.crc, size: r.size, length: r.length, frames: uint32(r.frames), place: at, complete: true}
}

// admit puts a recovered fragment in line, or among the rejected.
func (t *Take) admit(f *Fragment) {
	if f.place == quarantine {
		f.stage = Rejected
		t.rejected = insert(t.rejected, f)
	} else {
		t.waiting = insert(t.waiting, f)
	}
	t.count(f, 1)
	t.last = max(t.last, f.number)
	t.end = max(t.end, f.start+f.length)
}

// recoverRejected takes in what is in quarantine.
func (t *Take) recoverRejected(buf []byte) {
	s := t.spool
	dir := t.path(rejectedName)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.strange(dir, err.Error())
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		number, suffix, ok := parseName(e.Name())
		_, inLine := search(t.waiting, uint32(number))
		switch {
		case s.leftover(path):
		case ok && suffix == reasonSuffix:
			if _, err := os.Lstat(t.path(rejectedName, fileName(number, sealedSuffix))); errors.Is(err, fs.ErrNotExist) {
				s.report(s.remove(path)) // the fragment never came here, or is in line again
				continue
			}
			reason, err := os.ReadFile(path)
			if err != nil {
				s.strange(path, err.Error())
			}
			t.reasons[uint32(number)] = strings.TrimSpace(string(reason))
		case ok && suffix == sealedSuffix && t.named(uint32(number)):
			s.report(s.remove(path))
		case ok && suffix == sealedSuffix && !inLine:
			t.recoverSealed(path, uint32(number), quarantine, buf)
		default:
			s.strange(path, "a rejected fragment is expected here")
		}
	}
}

// complete ends a take that was being recorded, and accounts for what is missing: frames behind a file that was torn are lost, and what
// is neither on disk nor named in take.json was persisted between its last writing and the crash.
func (t *Take) complete() {
	known := slices.Clone(t.gone)
	for _, list := range [][]*Fragment{t.waiting, t.rejected} {
		for _, f := range list {
			known = append(known, piece{int(f.number), int(f.number), f.start, f.start + f.length, f.stage})
		}
	}
	slices.SortFunc(known, byTime)
	number, from := 0, time.Duration(0)
	for _, p := range known {
		if hole := p.From - from; hole > 0 {
			switch {
			case t.hurt(number, p.First):
				t.miss(piece{From: from, To: p.From, Stage: Lost})
			case p.First > number+1:
				if missing := (run{number + 1, p.First - 1}); missing.among(t.empty) < p.First-1-number {
					t.miss(piece{missing.First, missing.Last, from, p.From, Persisted})
				}
			}
		}
		number, from = max(number, p.Last), max(from, p.To)
	}
	t.damaged = nil
	if t.ended.IsZero() {
		t.ended = t.began.Add(from)
		t.dirty = true
	}
}

// hurt reports whether one of the fragments from first to the one before last lost frames in the crash.
func (t *Take) hurt(first, last int) bool {
	for n := range t.damaged {
		if n >= first && n < last {
			return true
		}
	}
	return false
}

func (t *Take) miss(p piece) {
	t.gone = join(t.gone, p)
	t.sum.add(p.Stage, p.To-p.From)
	t.dirty = true
}

// named reports whether take.json has a fragment among those that left: only its removal is still to be done.
func (t *Take) named(number uint32) bool {
	n := run{int(number), int(number)}
	return n.among(t.empty) > 0 || slices.ContainsFunc(t.gone, func(p piece) bool { return p.First <= n.First && n.Last <= p.Last })
}

// forget removes the directory of a take that is over.
func (s *Spool) forget(t *Take) {
	t.saving.Lock()
	defer t.saving.Unlock()
	t.removed = true
	for _, path := range []string{t.path(rejectedName), t.path(takeName), t.dir} {
		if err := s.remove(path); err != nil {
			s.strange(path, err.Error())
			return
		}
	}
}
