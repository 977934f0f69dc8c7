package spool

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
)

// A disk that fails at one kind of step. What cannot be made durable is told, stays readable, and never counts as stored.
func TestFailingSteps(t *testing.T) {
	for _, op := range []string{"sync", "rename", "syncdir"} {
		t.Run(op, func(t *testing.T) {
			leak.Check(t)
			r := newRig(t)
			r.open()
			k := r.begin()
			list := samples(t, 3, 100)
			var failing atomic.Bool
			failing.Store(true)
			r.disk.Fault = func(o, path string, size int) (int, error) {
				if o == op && failing.Load() {
					return 0, fmt.Errorf("%s %s: %w", o, path, syscall.EIO)
				}
				return size, nil
			}
			bad := write(t, k, list[0])
			k.unsealed.Wait()
			failing.Store(false)
			if _, err := k.Create(list[1].head, list[1].at, list[1].pts); !errors.Is(err, ErrReadOnly) || !errors.Is(err, syscall.EIO) {
				t.Errorf("the next Create says %v", err)
			}
			good := write(t, k, list[1])
			if err := k.End(); !errors.Is(err, ErrReadOnly) {
				t.Errorf("End says %v", err)
			}
			if bad.Stage() != Captured || bad.Sealed() || !good.Sealed() {
				t.Errorf("they are %v and %v", bad.Stage(), good.Stage())
			}
			if f := k.Figures(); f.Stored != 2*time.Second || f.Captured != 4*time.Second {
				t.Errorf("figures %+v", f)
			}
			must(t, list[0].check(bad))
			r.reopen()
			must(t, list[0].check(r.Oldest(door)))
			if f := r.Oldest(door); !f.Sealed() {
				t.Error("after a restart it is not sealed")
			}
			must(t, r.Oldest(door).Advance(Persisted))
			if n := len(r.line()); n != 1 {
				t.Errorf("%d wait", n)
			}
		})
	}
}

// The camera does not wait for a slow disk before eight fragments do.
func TestFinishDoesNotWaitForTheDisk(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open()
		k := r.begin()
		stall := make(chan struct{})
		r.disk.Fault = func(op, path string, size int) (int, error) {
			if op == "sync" {
				<-stall
			}
			return size, nil
		}
		list := samples(t, 12, 100)
		written := make(chan int, len(list))
		go func() {
			defer close(written)
			for i, s := range list {
				if _, err := s.write(k); err != nil {
					t.Error(err)
				}
				written <- i
			}
		}()
		synctest.Wait()
		if n := len(written); n != sealQueue+1 {
			t.Errorf("%d fragments were finished while the disk stood still", n)
		}
		if !strings.Contains(r.logs.String(), "the disk is slow") {
			t.Error("nobody is told")
		}
		f := r.Oldest(door)
		must(t, list[0].check(f)) // it can be read meanwhile
		close(stall)
		for range written {
		}
		must(t, k.End())
		for i, f := range r.line() {
			must(t, list[i].check(f))
		}
		r.shut()
	})
}

// What was settled while it waited to be sealed goes where it belongs.
func TestSettledBeforeItIsSealed(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open()
		k := r.begin()
		stall := make(chan struct{})
		r.disk.Fault = func(op, path string, size int) (int, error) {
			if op == "sync" {
				<-stall
			}
			return size, nil
		}
		list := samples(t, 4, 100)
		for _, s := range list {
			write(t, k, s)
		}
		synctest.Wait()
		line := r.line()
		must(t, line[0].Advance(Persisted))
		must(t, line[1].Advance(Persisted))
		must(t, line[2].Reject("no"))
		must(t, k.Discard())
		if n := len(r.line()); n != 0 {
			t.Errorf("%d wait", n)
		}
		close(stall)
		must(t, k.End())
		if names := filesOf(t, k); len(names) != 1 || names[0] != takeName {
			t.Errorf("on disk are %v", names)
		}
		r.reopen()
		f := r.take().Figures()
		if f.Persisted != 4*time.Second || f.Evicted != 4*time.Second || f.Captured != 8*time.Second {
			t.Errorf("figures %+v", f)
		}
		r.shut()
	})
}

func TestAnEmptyFragmentLeavesNothing(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	list := samples(t, 3, 100)
	write(t, k, list[0])
	f, err := k.Create(list[1].head, list[1].at, list[1].pts)
	must(t, err)
	f.Finish()
	if got := r.Newest(door); got == f || f.Stage().waits() {
		t.Errorf("what has no byte waits to be sent: %v", f.Stage())
	}
	f, err = k.Create(list[1].head, list[1].at, list[1].pts)
	must(t, err)
	_, err = f.Write(list[1].pieces[0]) // tags and Cluster
	must(t, err)
	f.Finish()
	if _, err := f.Write(list[1].pieces[1]); err == nil {
		t.Error("what is finished was written")
	}
	s := *list[2]                 // two seconds after the first: nobody gave what lies between
	s.pieces = [][]byte{s.body()} // all frames at once
	write(t, k, &s)
	must(t, k.End())
	for range 2 {
		line := r.line()
		if len(line) != 2 || line[1].Number() != 4 {
			t.Fatalf("%d wait", len(line))
		}
		must(t, s.check(line[1]))
		if f := r.take().Figures(); f.Captured != 4*time.Second || f.Persisted != 0 || f.Evicted != 0 {
			t.Errorf("figures %+v", f)
		}
		r.reopen()
	}
	if _, err := k.Create(s.head, s.at, s.pts); err == nil {
		t.Error("a take that ended goes on")
	}
}

// A write that fails in the middle leaves whole frames, even when what it wrote cannot be cut off, and recording goes on when the disk does.
func TestAWriteThatFails(t *testing.T) {
	for _, c := range []struct {
		cause error
		want  error
		stuck bool // nor can it be cut off
	}{{syscall.ENOSPC, ErrFull, false}, {syscall.EROFS, ErrReadOnly, false}, {syscall.EIO, ErrReadOnly, true}, {syscall.EACCES, ErrReadOnly, true}} {
		t.Run(c.cause.Error(), func(t *testing.T) {
			r := newRig(t)
			r.open()
			k := r.begin()
			s := samples(t, 1, 1000)[0]
			f, err := k.Create(s.head, s.at, s.pts)
			must(t, err)
			bad := true
			r.disk.Fault = func(op, path string, size int) (int, error) {
				switch {
				case op == "write" && bad:
					return size / 2, c.cause
				case op == "truncate" && bad && c.stuck:
					return 0, c.cause
				}
				return size, nil
			}
			for i, p := range s.pieces {
				bad = i == 4 || i == 7
				n, err := f.Write(p)
				if bad && (n != 0 || !errors.Is(err, c.want) || !errors.Is(err, c.cause)) {
					t.Errorf("a bad write: %d, %v", n, err)
				}
				if !bad && err != nil {
					t.Error(err)
				}
			}
			bad = false
			f.Reach(s.pts + s.length)
			f.Finish()
			must(t, k.End())
			kept := *s
			kept.pieces = append(append(append([][]byte{}, s.pieces[:4]...), s.pieces[5:7]...), s.pieces[8:]...)
			for range 2 {
				must(t, kept.check(r.Oldest(door)))
				r.reopen()
			}
		})
	}
}

func TestCreateAndBeginOnABadDisk(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	s := samples(t, 1, 10)[0]
	for _, op := range []string{"create", "write"} {
		r.disk.Fault = func(o, path string, size int) (int, error) {
			if o == op {
				return size / 2, syscall.ENOSPC
			}
			return size, nil
		}
		if _, err := k.Create(s.head, s.at, s.pts); !errors.Is(err, ErrFull) {
			t.Errorf("%s: Create says %v", op, err)
		}
	}
	for _, op := range []string{"mkdir", "replace"} {
		r.disk.Fault = func(o, path string, size int) (int, error) {
			if o == op {
				return 0, syscall.EROFS
			}
			return size, nil
		}
		if _, err := r.Begin(door, About{}); !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: Begin says %v", op, err)
		}
	}
	r.disk.Fault = nil
	write(t, k, s)
	must(t, k.End())
	r.reopen()
	if len(r.line()) != 1 || len(r.Takes()) != 1 {
		t.Errorf("%d fragments of %d takes are left", len(r.line()), len(r.Takes()))
	}
}
