package spool

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var errCrash = errors.New("crash")

// crasher stops the world at one step on the disk: that step is done in part, all later ones not at all. powerCut then does what a
// power cut may do besides: what was not synced turns into noise or vanishes.
type crasher struct {
	at   int     // the step, counted from 1
	part float64 // of a write that crashes

	mu      sync.Mutex
	step    int
	crashed bool
	written map[string]bool // files whose content is not durable
	created map[string]bool // files whose name is not durable
}

func (c *crasher) fault(op, path string, size int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crashed {
		return 0, errCrash
	}
	if c.step++; c.step == c.at {
		c.crashed = true
		return int(float64(size) * c.part), errCrash
	}
	switch op {
	case "create":
		c.created[path] = true
	case "write":
		c.written[path] = true
	case "sync":
		delete(c.written, path)
	case "rename":
		if c.written[path] {
			return 0, fmt.Errorf("%s is renamed before it is synced", path)
		}
		delete(c.created, path)
	case "syncdir":
		for f := range c.created {
			if filepath.Dir(f) == path {
				delete(c.created, f)
			}
		}
	}
	return size, nil
}

func (c *crasher) powerCut(t *testing.T) {
	for path := range c.written {
		if _, err := os.Stat(path); err != nil {
			continue // it was removed
		}
		if c.created[path] && rand.IntN(3) == 0 {
			must(t, os.Remove(path))
			continue
		}
		b, err := os.ReadFile(path)
		must(t, err)
		b = b[:rand.IntN(len(b)+1)]
		for i := rand.IntN(len(b) + 1); i < len(b); i++ {
			b[i] = byte(rand.Uint32())
		}
		must(t, os.WriteFile(path, b, 0o600))
	}
}

// ledger is what the scenario knows for certain.
type ledger struct {
	list   []*sample
	sealed map[int]bool // fragments that were reported as sealed
	left   map[int]bool // fragments that somebody asked to remove
	id     string
}

// scenario goes through every procedure that changes the disk.
func (l *ledger) scenario(s *Spool) error {
	k, err := s.Begin(door, About{Name: "shift"})
	if err != nil {
		return err
	}
	l.id = k.id
	var fragments []*Fragment
	record := func(list []*sample) error {
		for _, m := range list {
			f, err := m.write(k)
			if f != nil {
				fragments = append(fragments, f)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	wait := func() {
		k.unsealed.Wait()
		for _, f := range fragments {
			if f.Sealed() {
				l.sealed[f.Number()] = true
			}
		}
	}
	defer wait()
	if err := record(l.list[:4]); err != nil {
		return err
	}
	wait()
	l.left[1] = true
	if err := fragments[0].Advance(Persisted); err != nil {
		return err
	}
	if err := fragments[1].Reject("no"); err != nil {
		return err
	}
	if err := k.Requeue(); err != nil {
		return err
	}
	if err := fragments[2].Reject("never"); err != nil {
		return err
	}
	if err := record(l.list[4:]); err != nil {
		return err
	}
	wait()
	s.o.MaxBytes = 1 // nothing evicts by itself here: no Create comes any more
	for i := range l.list {
		if i != 2 {
			l.left[i+1] = true
		}
	}
	if err := s.evict(); err != nil {
		return err
	}
	return k.End()
}

// check compares what a later process finds with what is known.
func (l *ledger) check(r *rig) error {
	found := map[int]bool{}
	for _, k := range r.Spool.Takes() {
		if k.Open() {
			return errors.New("a take is open")
		}
		if k.id != l.id {
			continue
		}
		k.spool.mu.Lock()
		files := slices.Concat(k.waiting, k.rejected)
		k.spool.mu.Unlock()
		for _, f := range files {
			m := l.list[f.Number()-1]
			found[f.Number()] = true
			if l.sealed[f.Number()] {
				if err := m.check(f); err != nil {
					return err
				}
				continue
			}
			head, body, err := content(f)
			switch {
			case err != nil:
				return err
			case !bytes.Equal(head, m.head):
				return fmt.Errorf("fragment %d has another head", f.Number())
			case !wholeFrames(m, body) && l.clean(r):
				return fmt.Errorf("fragment %d has %d bytes, which is no whole frame of %d", f.Number(), len(body), len(m.body()))
			}
		}
		var at time.Duration
		for _, s := range k.Spans() {
			if s.From < at {
				return fmt.Errorf("spans overlap: %v", k.Spans())
			}
			at = s.To
		}
	}
	for n := range l.sealed {
		if !found[n] && !l.left[n] {
			return fmt.Errorf("sealed fragment %d is lost", n)
		}
	}
	return nil
}

// clean reports whether no power was cut, after which the content of frames may be noise.
func (l *ledger) clean(r *rig) bool { return !strings.Contains(r.t.Name(), "power") }

// wholeFrames reports whether a body is the first pieces of a sample.
func wholeFrames(m *sample, body []byte) bool {
	n := 0
	for _, p := range m.pieces {
		if n == len(body) {
			break
		}
		n += len(p)
	}
	return n == len(body) && bytes.Equal(m.body()[:n], body)
}

func TestCrashAtEveryStep(t *testing.T) {
	for _, name := range []string{"nothing of it", "part of it", "all of it", "part of it, power cut", "all of it, power cut"} {
		t.Run(name, func(t *testing.T) {
			part := map[string]float64{"n": 0, "p": 0.4, "a": 1}[name[:1]]
			finished := false
			for step := 1; !finished; step++ {
				c := &crasher{at: step, part: part, written: map[string]bool{}, created: map[string]bool{}}
				finished = crashAt(t, c, strings.Contains(name, "power"))
				if t.Failed() {
					t.Fatalf("crashed at step %d", step)
				}
				if step > 1000 {
					t.Fatal("the scenario has no end")
				}
			}
		})
	}
}

// crashAt runs the scenario up to a crash, then checks what the next processes find. It reports whether the scenario came to its
// end.
func crashAt(t *testing.T, c *crasher, power bool) (finished bool) {
	r := newRig(t)
	r.dir = memory(t)
	r.disk.Fault = c.fault
	l := &ledger{list: fragmentsOf(t, testTracks, 0, 6, 3, 100), sealed: map[int]bool{}, left: map[int]bool{}}
	s, err := open(r.dir, r.o, r.disk)
	if err != nil {
		t.Errorf("opening: %v", err)
		return true
	}
	err = l.scenario(s)
	c.mu.Lock()
	finished = !c.crashed
	c.crashed = true // a process that dies tidies nothing up
	c.mu.Unlock()
	if err := s.Close(); err != nil && !errors.Is(err, errCrash) {
		t.Errorf("closing: %v", err)
	}
	if err != nil && !errors.Is(err, errCrash) {
		t.Errorf("the scenario failed by itself: %v", err)
		return true
	}
	if power {
		c.powerCut(t)
	}
	r.disk.Fault = nil
	for range 2 {
		r.open()
		if err := l.check(r); err != nil {
			t.Errorf("after the crash: %v\n%s", err, r.logs)
		}
		if strings.Contains(r.logs.String(), "left alone") && !power {
			t.Errorf("something is strange:\n%s", r.logs)
		}
		k := r.begin()
		if k.id == l.id {
			t.Error("an identity is given out twice")
		}
		write(t, k, l.list[0])
		r.shut()
	}
	return finished
}

// memory returns a directory whose files are in memory, where there is such a thing: many fsyncs take long on a real disk.
func memory(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "spool")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}
