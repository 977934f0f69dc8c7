package archive

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func (r *rig) waitTidy() {
	r.t.Helper()
	if err := r.untilTidy(); err != nil {
		r.t.Fatal(err)
	}
}

func TestRetentionHidesAtOnceAndDropsWholeSegments(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door") // 24 hours: a segment spans one hour at most
	var all []*Fragment
	for range 9 {
		r.clock.add(20 * time.Minute)
		all = append(all, r.append(s, r.fragment(s, 100)))
	}
	files, err := s.segmentFiles()
	if err != nil || len(files) != 3 {
		t.Fatalf("the log has the segments %v, %v", files, err)
	}
	// The fifth is a minute too old, the sixth is not.
	r.clock.add(all[4].Server.Add(24*time.Hour + time.Minute).Sub(r.clock.Now()))
	holds(t, s, all[5:]...)
	if e, ok, err := s.Find(all[4].Number); ok || err != nil {
		t.Errorf("an expired fragment is found: %v, %v", e, err)
	}
	r.tidySoon()
	r.waitTidy()
	if left, err := s.segmentFiles(); err != nil || len(left) != 2 {
		t.Errorf("the segments %v are left, %v", left, err)
	}
	holds(t, s, all[5:]...)
	r.reopen()
	s = r.stream("door")
	holds(t, s, all[5:]...)
	if d := r.Damage(); len(d) != 0 {
		t.Errorf("what expired is reported as damage: %v", d)
	}
}

func TestShorterRetentionCountsAtOnce(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	old := r.append(s, r.fragment(s, 100))
	e, _, err := s.Last()
	if err != nil {
		t.Fatal(err)
	}
	r.clock.add(3 * time.Hour)
	young := r.append(s, r.fragment(s, 100))
	if err := s.Update(func(m *Meta) error { m.RetentionHours = 2; return nil }); err != nil {
		t.Fatal(err)
	}
	holds(t, s, young)
	r.waitTidy()
	if _, err := s.Read(e); !errors.Is(err, ErrNotFound) {
		t.Errorf("reading %s: %v", old.Number, err)
	}
	if err := s.Update(func(m *Meta) error { m.RetentionHours = 0; return nil }); err != nil {
		t.Fatal(err)
	}
	holds(t, s)
	if err := s.Append(t.Context(), r.fragment(s, 10)); !errors.Is(err, ErrNoRetention) {
		t.Errorf("appending without retention: %v", err)
	}
	r.waitTidy()
	if bytes, n := s.Size(); bytes != 0 || n != 0 {
		t.Errorf("%d bytes in %d fragments are left", bytes, n)
	}
	if files, err := s.segmentFiles(); err != nil || len(files) != 0 {
		t.Errorf("the segments %v are left, %v", files, err)
	}
	s.logMu.Lock()
	if s.tail.file != nil {
		t.Error("an open file keeps the space of the last segment")
	}
	s.logMu.Unlock()
	if err := s.Update(func(m *Meta) error { m.RetentionHours = 1; return nil }); err != nil {
		t.Fatal(err)
	}
	holds(t, s, r.append(s, r.fragment(s, 10)))
}

// A file that could not be removed is tried again, not forgotten with its rows.
func TestExpiredFileThatStaysIsTriedAgain(t *testing.T) {
	r := newRig(t)
	var refused atomic.Int32
	r.disk.Fault = func(op, path string, size int) (int, error) {
		if op == "remove" && filepath.Ext(path) == ".log" && refused.Add(1) <= 2 {
			return 0, syscall.EBUSY
		}
		return size, nil
	}
	s := r.run().stream("door")
	r.append(s, r.fragment(s, 100))
	r.clock.add(25 * time.Hour)
	r.tidySoon()
	r.waitTidy()
	if files, err := s.segmentFiles(); err != nil || len(files) != 0 || refused.Load() != 3 {
		t.Errorf("the segments %v are left after %d tries, %v", files, refused.Load(), err)
	}
}

// A file that cannot be removed holds up no other.
func TestExpiredFileThatStaysHoldsUpNoOther(t *testing.T) {
	r := segmentsOfOne(newRig(t))
	var free atomic.Bool
	r.disk.Fault = func(op, path string, size int) (int, error) {
		if op == "remove" && filepath.Base(path) == "00000001.log" && !free.Load() {
			return 0, syscall.EPERM
		}
		return size, nil
	}
	s, all := r.run().hourly(4)
	r.clock.add(22*time.Hour + time.Minute)
	r.tidied()
	if files, err := s.segmentFiles(); err != nil || !slices.Equal(files, []int64{1, 3, 4}) {
		t.Errorf("the segments %v are left, %v", files, err)
	}
	holds(t, s, all[2:]...)
	free.Store(true)
	r.left(s, all[2:]...)
}

func TestUnreadableSegmentGoesWithItsAge(t *testing.T) {
	r := newRig(t)
	r.options.SegmentSize = 1 // a segment a fragment
	s := r.run().stream("door")
	r.append(s, r.fragment(s, 100))
	r.append(s, r.fragment(s, 100))
	r.stop()
	if err := os.WriteFile(s.path(1), random(500), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(s.path(1), epoch, epoch); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(r.dir + "/index.db"); err != nil {
		t.Fatal(err)
	}
	s = r.run().stream("door")
	if d := r.Damage(); len(d) != 1 || d[0].Length != 500 {
		t.Errorf("the report is %v", d)
	}
	r.clock.add(25 * time.Hour)
	r.tidySoon()
	r.waitTidy()
	if files, err := s.segmentFiles(); err != nil || len(files) != 0 {
		t.Errorf("the segments %v are left, %v", files, err)
	}
}
