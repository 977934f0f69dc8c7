package archive

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/disk"
)

func TestFullDisk(t *testing.T) {
	for _, op := range []string{"create", "write", "sync", "index", "syncdir"} {
		t.Run(op, func(t *testing.T) {
			var full atomic.Bool
			r := newRig(t)
			r.options.SegmentSize = 2500
			r.disk.Fault = func(step, _ string, size int) (int, error) {
				if step == op && full.Load() {
					return size / 2, syscall.ENOSPC
				}
				return size, nil
			}
			s := r.run().stream("door")
			var all []*Fragment
			for range 4 {
				all = append(all, r.append(s, r.fragment(s, 500)))
			}
			full.Store(true)
			var failures int
			for range 4 { // enough for a new segment
				f := r.fragment(s, 500)
				if err := s.Append(t.Context(), f); errors.Is(err, ErrFull) && errors.Is(err, syscall.ENOSPC) {
					failures++
				} else if err == nil {
					all = append(all, f)
				} else {
					t.Errorf("appending to a full disk: %v", err)
				}
			}
			if failures == 0 {
				t.Error("the disk never was full")
			}
			holds(t, s, all...)
			full.Store(false)
			for range 4 {
				all = append(all, r.append(s, r.fragment(s, 500)))
			}
			holds(t, s, all...)
			r.stop()
			if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
				t.Fatal(err)
			}
			s = r.run().stream("door")
			holds(t, s, all...)
			if d := r.Damage(); len(d) > 0 {
				t.Errorf("the full disk left damage: %v", d[0])
			}
		})
	}
}

func TestFullDiskStillExpires(t *testing.T) {
	var full atomic.Bool
	r := newRig(t)
	r.disk.Fault = func(op, _ string, size int) (int, error) {
		if full.Load() && (op == "write" || op == "index") {
			return 0, syscall.ENOSPC
		}
		return size, nil
	}
	s := r.run().stream("door")
	r.append(s, r.fragment(s, 500))
	full.Store(true)
	r.clock.add(25 * time.Hour)
	for files := []int64{0}; len(files) > 0; {
		r.tidySoon()
		var err error
		if files, err = s.segmentFiles(); err != nil {
			t.Fatal(err)
		}
	}
	full.Store(false)
	r.waitTidy()
	holds(t, s, r.append(s, r.fragment(s, 500)))
}

func TestFailedCutSealsTheSegment(t *testing.T) {
	var failing atomic.Bool
	r := newRig(t)
	r.disk.Fault = func(op, _ string, size int) (int, error) {
		if failing.Load() && (op == "write" || op == "truncate") {
			return size / 2, syscall.EIO
		}
		return size, nil
	}
	s := r.run().stream("door")
	first := r.append(s, r.fragment(s, 500))
	failing.Store(true)
	if err := s.Append(t.Context(), r.fragment(s, 500)); !errors.Is(err, syscall.EIO) || errors.Is(err, ErrFull) {
		t.Errorf("appending to a failing disk: %v", err)
	}
	failing.Store(false)
	second := r.append(s, r.fragment(s, 500))
	holds(t, s, first, second)
	if e, _, err := s.Last(); err != nil || e.segment != 2 {
		t.Errorf("the next record is in segment %d, %v", e.segment, err)
	}
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
		t.Fatal(err)
	}
	holds(t, r.run().stream("door"), first, second)
}

func TestAppendWithoutRun(t *testing.T) {
	r := newRig(t)
	a, err := Open(r.dir, r.options)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Create(Meta{Name: "door", RetentionHours: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := r.fragment(s, 10)
	if err := s.Append(t.Context(), f); !errors.Is(err, ErrClosed) {
		t.Errorf("before Run: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	<-a.Ready()
	if err := a.Run(ctx); err == nil {
		t.Error("it runs twice")
	}
	if err := s.Append(t.Context(), f); err != nil {
		t.Errorf("during Run: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := s.Append(t.Context(), r.fragment(s, 10)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Run: %v", err)
	}
	holds(t, s, f)
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := s.After(Number{}); !errors.Is(err, ErrClosed) {
		t.Errorf("asking a closed archive: %v", err)
	}
	if _, err := s.Read(Entry{}); !errors.Is(err, ErrClosed) {
		t.Errorf("reading from a closed archive: %v", err)
	}
	if _, err := a.Create(Meta{Name: "yard"}); !errors.Is(err, ErrClosed) {
		t.Errorf("creating in a closed archive: %v", err)
	}
	if err := a.Run(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("running a closed archive: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestCloseFinishesWhatWasAccepted(t *testing.T) {
	hold, writing := make(chan struct{}), make(chan struct{}, 100)
	r := newRig(t)
	r.disk.Fault = func(op, _ string, size int) (int, error) {
		if op == "write" {
			writing <- struct{}{}
			<-hold
		}
		return size, nil
	}
	s := r.run().stream("door")
	f, g := r.fragment(s, 100), r.fragment(s, 100)
	answers := make(chan error, 2)
	go func() { answers <- s.Append(context.Background(), f) }()
	<-writing
	ctx, cancel := context.WithCancel(context.Background())
	go func() { answers <- s.Append(ctx, g) }()
	for queued := 0; queued == 0; { // behind the round that is held
		r.queueMu.Lock()
		queued = len(r.queue)
		r.queueMu.Unlock()
	}
	cancel()
	if err := <-answers; !errors.Is(err, context.Canceled) {
		t.Errorf("the append that gave up says %v", err)
	}
	r.cancel()
	close(hold)
	if err := <-answers; err != nil {
		t.Errorf("the append that was accepted says %v", err)
	}
	r.stop()
	r.disk.Fault = nil
	holds(t, r.run().stream("door"), f, g)
}

// TestAppendWaitsForRoom fills the budget and sees a further append wait for it, and give up with its context.
func TestAppendWaitsForRoom(t *testing.T) {
	r := newRig(t)
	r.options.MaxPending = 2000
	s := r.run().stream("door")
	f := r.fragment(s, 1500)
	if err := r.budget.Acquire(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Append(ctx, f); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without room: %v", err)
		}
	})
	r.budget.Release(1000)
	r.append(s, f)
	holds(t, s, f)
	if err := s.Append(t.Context(), r.fragment(s, 2000)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("larger than the limit: %v", err)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	r := newRig(t).run()
	_, err := Open(r.dir, r.options)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), r.dir) {
		t.Errorf("it says %v", err)
	}
}

func TestKeyEncryptionKey(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.append(s, r.fragment(s, 100))
	r.stop()
	path := filepath.Join(r.dir, "kek")
	kek, err := os.ReadFile(path)
	if err != nil || len(kek) != 32 {
		t.Fatalf("the key has %d bytes, %v", len(kek), err)
	}
	refuses := func(what string) {
		t.Helper()
		if a, err := Open(r.dir, r.options); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", what, err)
			if err == nil {
				a.Close()
			}
		} else if strings.Contains(err.Error(), string(kek)) {
			t.Errorf("%s: the error holds the key", what)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refuses("missing")
	if _, err := os.Stat(path); err == nil {
		t.Error("a new key was made")
	}
	for what, other := range map[string][]byte{"another": random(32), "short": kek[:31], "empty": {}} {
		if err := os.WriteFile(path, other, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(what)
	}
	if err := os.WriteFile(path, kek, 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, r.run().stream("door"), f)
}

func TestDamagedDescriptionHidesOneStream(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.append(s, r.fragment(s, 100))
	other := r.append(r.stream("yard"), r.fragment(r.stream("yard"), 100))
	r.stop()
	path := filepath.Join(s.dir, descriptionFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	r.run()
	if d := r.Damage(); len(d) != 1 || d[0].File != path {
		t.Errorf("the report is %v", d)
	}
	if _, ok := r.Lookup("door"); ok {
		t.Error("the stream is listed")
	}
	holds(t, r.stream("yard"), other)
	r.stop()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, r.run().stream("door"), f)
}

func TestNothingIsStoredInTheClear(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.fragment(s, 0)
	secrets := []string{"secret-head", "secret-lead", "secret-cluster", "secret-trail"}
	f.Header, f.Lead, f.Cluster, f.Trail = []byte(secrets[0]), []byte(secrets[1]), []byte(secrets[2]), []byte(secrets[3])
	f.Tags[0].Value = "secret-tag"
	r.append(s, f)
	r.stop()
	err := filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if mode := info.Mode().Perm(); path != r.dir && mode != map[bool]os.FileMode{true: 0o700, false: 0o600}[d.IsDir()] {
			t.Errorf("%s has the mode %o", path, mode)
		}
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "secret-") {
			t.Errorf("%s holds media or tags in the clear", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNumbersGrowOverRestarts(t *testing.T) {
	r := newRig(t)
	s := r.run().stream("door")
	var last Number
	grow := func(newConnection bool, seq uint64) {
		t.Helper()
		n := s.NextNumber(r.clock.Now(), newConnection)
		if n.Compare(last) <= 0 || n.Seq() != seq {
			t.Errorf("%s with sequence %d follows %s with %d; %d was expected", n, n.Seq(), last, last.Seq(), seq)
		}
		last = n
	}
	grow(true, 1)
	grow(false, 2)
	grow(true, 1001)
	grow(true, 2001)
	r.clock.leap(-time.Hour) // the clock may go back
	grow(false, 2002)
	r.reopen() // a clean stop leaves no gap
	s = r.stream("door")
	grow(false, 2003)
	grow(true, 3001)
	r.disk.Fault = func(op, _ string, size int) (int, error) {
		if op == "replace" {
			return 0, errCrash
		}
		return size, nil
	}
	r.Archive.disk.Fault = r.disk.Fault
	r.cancel()
	<-r.ended
	if err := r.Close(); !errors.Is(err, errCrash) {
		t.Errorf("closing: %v", err)
	}
	r.disk.Fault = nil
	s = r.run().stream("door") // a crash costs what was reserved
	if n := s.NextNumber(r.clock.Now(), false); n.Compare(last) <= 0 {
		t.Errorf("%s follows %s", n, last)
	}
}

func TestUpdateThatFailsChangesNothing(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	before := s.Meta()
	for what, fn := range map[string]func(*Meta) error{
		"an error":        func(m *Meta) error { m.Tags["site"] = "cellar"; return errCrash },
		"another name":    func(m *Meta) error { m.Name = "yard"; return nil },
		"a bad retention": func(m *Meta) error { m.RetentionHours = -1; return nil },
	} {
		if err := s.Update(fn); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	before.Tags["site"] = "garage" // a copy
	if got := s.Meta(); got.Tags["site"] != "roof" || got.Name != "door" || got.RetentionHours != 24 {
		t.Errorf("it is now %+v", got)
	}
}

func TestLeftoversOfACrashAreRemoved(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.append(s, r.fragment(s, 10))
	r.stop()
	streams := filepath.Join(r.dir, "streams")
	for _, name := range []string{"00000000000000aa.new", "00000000000000ab.deleted", "00000000000000ac.new.deleted"} {
		if err := os.MkdirAll(filepath.Join(streams, name, "folder"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(streams, name, "00000001.log"), random(10), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(s.dir, ".stream.json.123.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, r.run().stream("door"), f)
	for dir, want := range map[string]int{streams: 1, s.dir: 2} {
		if names, err := disk.ReadNames(dir); err != nil || len(names) != want {
			t.Errorf("%s holds %v, %v", dir, names, err)
		}
	}
}
