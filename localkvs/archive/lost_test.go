package archive

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kinora/media"
)

// A gap where recovery has found damage says so, on both clocks and ever after.
func TestDamageIsTheReasonOfAGap(t *testing.T) {
	const perSegment = 4
	for name, c := range map[string]struct {
		damage  func(path string) error
		segment int
		rebuilt bool
		full    bool // the disk has no room for notes
		want    string
	}{
		"missing":         {damage: os.Remove, segment: 1, want: media.GapDamaged},
		"emptied":         {damage: func(path string) error { return os.Truncate(path, 0) }, segment: 1, want: media.GapDamaged},
		"cut":             {damage: func(path string) error { return os.Truncate(path, 2*720+50) }, segment: 1, want: media.GapDamaged},
		"cut at the end":  {damage: func(path string) error { return os.Truncate(path, 2*720+50) }, segment: 2, want: media.GapDamaged},
		"a header":        {damage: flipped(720 + 30), segment: 1, rebuilt: true, want: media.GapDamaged},
		"a payload":       {damage: flipped(720 + headerSize + 30), segment: 2, rebuilt: true, want: media.GapDamaged},
		"on a full disk":  {damage: os.Remove, segment: 1, full: true, want: media.GapDamaged}, // until it is opened again
		"the first known": {damage: flipped(30), segment: 1, rebuilt: true, want: ""},          // nothing in front of it says when it was
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.options.SegmentSize = perSegment * 720
			s := r.run().stream("door")
			var paths []string
			record := func() {
				f := r.append(s, r.fragment(s, 500))
				r.clock.add(2 * time.Second)
				e, _, err := s.Find(f.Number)
				if err != nil {
					t.Fatal(err)
				}
				if path := s.path(e.segment); len(paths) == 0 || paths[len(paths)-1] != path {
					paths = append(paths, path)
				}
			}
			for range 3 * perSegment {
				record()
			}
			if len(paths) != 3 {
				t.Fatalf("there are %d segments", len(paths))
			}
			r.stop()
			if err := c.damage(paths[c.segment]); err != nil {
				t.Fatal(err)
			}
			if c.rebuilt {
				if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
					t.Fatal(err)
				}
			}
			r.disk.Fault = func(op, path string, size int) (int, error) {
				if c.full && op == "replace" && filepath.Base(path) == notesFile {
					return 0, syscall.ENOSPC
				}
				return size, nil
			}
			s = r.run().stream("door")
			r.clock.add(time.Minute)
			record() // behind what is lost
			for range 2 {
				for clock := range Clock(2) {
					if gaps := r.gapsOf(s, clock); len(gaps) == 0 || gaps[0].Reason != c.want {
						t.Errorf("on clock %d the gaps are %v, want %q for the first", clock, gaps, c.want)
					}
				}
				if c.full {
					break
				}
				r.reopen()
				s = r.stream("door")
			}
		})
	}
}

// flipped changes a bit of a file.
func flipped(at int64) func(path string) error {
	return func(path string) error {
		log, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		log[at] ^= 4
		return os.WriteFile(path, log, 0o600)
	}
}

// Of damage here and there not more is noted than leaves room for the other reasons of the stream.
func TestNotesOfDamageAreBounded(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.append(s, r.fragment(s, 10))
	if err := s.Explain(endOf(f, media.GapLost)); err != nil {
		t.Fatal(err)
	}
	lost := make([]Entry, 2*maxLostNotes)
	for i := range lost {
		lost[i] = Entry{Server: f.Server.Add(time.Duration(i) * time.Minute), Producer: f.Producer.Add(time.Duration(i) * time.Minute), Length: time.Second}
	}
	if err := r.noteLost(s, lost); err != nil {
		t.Fatal(err)
	}
	if n := len(s.notes.Load().Notes); n != maxLostNotes+1 {
		t.Errorf("there are %d notes, want %d", n, maxLostNotes+1)
	}
}
