package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/mkv"
)

var errCrash = errors.New("crash")

// crasher stops the world at one step on the disk: that step is done in part, all later ones not at all. With power it then
// does what a power cut may do besides: bytes that were not synced turn into noise or vanish, files whose directory was not
// synced vanish, and the index is as it was some transactions ago.
type crasher struct {
	dir  string
	at   int     // the step, counted from 1
	part float64 // of a write that crashes
	back int     // transactions that the index loses

	mu      sync.Mutex
	step    int
	crashed bool
	synced  map[string]int64 // file -> durable size
	fresh   map[string]bool  // files whose directory entry is not durable
	renamed []string         // from, to of a directory whose renaming is not durable
	indexes []map[string][]byte
}

func (c *crasher) fault(op, path string, size int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crashed {
		return 0, errCrash
	}
	if op == "look" { // the scenario asks whether it goes on
		return 0, nil
	}
	c.step++
	if op == "index" {
		c.indexes = append(c.indexes, readIndex(c.dir))
	}
	if c.step == c.at {
		c.crashed = true
		return int(float64(size) * c.part), errCrash
	}
	switch op {
	case "create":
		c.fresh[path] = true
	case "sync":
		if info, err := os.Stat(path); err == nil {
			c.synced[path] = info.Size()
		}
	case "syncdir":
		if len(c.renamed) > 0 && filepath.Dir(c.renamed[0]) == path {
			c.renamed = nil
		}
		for f := range c.fresh {
			if filepath.Dir(f) == path {
				delete(c.fresh, f)
			}
		}
	case "rename":
		to, made := strings.CutSuffix(path, newSuffix)
		if !made {
			to = path + deletedSuffix
		}
		c.renamed = []string{path, to}
		for f := range c.synced {
			if filepath.Dir(f) == path {
				c.synced[filepath.Join(to, filepath.Base(f))] = c.synced[f]
			}
		}
	}
	return size, nil
}

func readIndex(dir string) map[string][]byte {
	files := map[string][]byte{}
	for _, suffix := range []string{"", "-wal"} {
		if b, err := os.ReadFile(filepath.Join(dir, "index.db"+suffix)); err == nil {
			files["index.db"+suffix] = b
		}
	}
	return files
}

// powerCut takes from the disk what was not made durable.
func (c *crasher) powerCut(t *testing.T) {
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	if len(c.renamed) > 0 {
		if err := os.Rename(c.renamed[1], c.renamed[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	logs, err := filepath.Glob(filepath.Join(c.dir, "streams", "*", "*.log"))
	must(err)
	for _, path := range logs {
		if c.fresh[path] && rand.IntN(2) == 0 {
			must(os.Remove(path))
			continue
		}
		info, err := os.Stat(path)
		must(err)
		lost := info.Size() - c.synced[path]
		if lost <= 0 {
			continue
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		must(err)
		if _, err := f.WriteAt(random(int(lost)), c.synced[path]); err != nil {
			t.Fatal(err)
		}
		must(f.Truncate(info.Size() - rand.Int64N(lost+1)))
		must(f.Close())
	}
	if c.back > 0 && len(c.indexes) > 0 {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(filepath.Join(c.dir, "index.db"+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		for name, b := range c.indexes[max(0, len(c.indexes)-c.back)] {
			must(os.WriteFile(filepath.Join(c.dir, name), b, 0o600))
		}
	}
}

// ledger is what the scenario knows for certain, and what it does not.
type ledger struct {
	stored  map[string][]*Fragment
	maybe   map[Number]*Fragment // appends that failed
	hours   map[string]int
	deleted map[string]bool
	unsure  map[string]bool // streams whose creation, update or deletion failed
	highest map[string]Number
}

func newLedger() *ledger {
	return &ledger{map[string][]*Fragment{}, map[Number]*Fragment{}, map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]Number{}}
}

func (l *ledger) create(a *Archive, name string) (*Stream, error) {
	s, err := a.Create(Meta{Name: name, RetentionHours: 24})
	if err != nil {
		l.unsure[name] = true
		return nil, err
	}
	l.hours[name] = 24
	return s, nil
}

func (l *ledger) append(s *Stream, f *Fragment) error {
	l.highest[s.name] = f.Number
	if err := s.Append(context.Background(), f); err != nil {
		l.maybe[f.Number] = f
		return err
	}
	l.stored[s.name] = append(l.stored[s.name], f)
	return nil
}

// takes uploads fragments as a recorder does: pieces first, then more of the same ones, then all of them once more.
func (l *ledger) takes(s *Stream, c *clock) error {
	for _, frames := range []int{1, 2, 2} {
		for _, take := range []string{"a/1", "a/2"} {
			c.add(time.Second)
			f := fragmentAt(s, c.Now(), 10)
			f.Tags, f.Producer, f.Frames = []mkv.Tag{{Name: mkv.Take, Value: take}}, epoch, frames
			err := l.append(s, f)
			if errors.Is(err, ErrRepeat) {
				delete(l.maybe, f.Number)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutPieces leaves of the stored fragments of each take the one with most frames.
func withoutPieces(all []*Fragment) []*Fragment {
	var left []*Fragment
	for i, f := range all {
		if !slices.ContainsFunc(all[i+1:], func(later *Fragment) bool { return later.repeats(f) }) {
			left = append(left, f)
		}
	}
	return left
}

// scenario goes through every procedure that changes the disk. It ends at the first error.
func (l *ledger) scenario(a *Archive, c *clock) error {
	door, err := l.create(a, "door")
	if err != nil {
		return err
	}
	for range 5 { // rolls twice
		c.add(time.Second)
		if err := l.append(door, fragmentAt(door, c.Now(), 900)); err != nil {
			return err
		}
	}
	if err := l.takes(door, c); err != nil {
		return err
	}
	yard, err := l.create(a, "yard")
	if err != nil {
		return err
	}
	if err := l.append(yard, fragmentAt(yard, c.Now(), 300)); err != nil {
		return err
	}
	c.add(10 * time.Hour)
	if err := l.append(door, fragmentAt(door, c.Now(), 100)); err != nil {
		return err
	}
	if err := a.untilTimed(); err != nil { // a service writes the time down more often than once in ten hours
		return err
	}
	if err := door.Update(func(m *Meta) error { m.RetentionHours = 1; return nil }); err != nil {
		l.unsure["door"] = true
		return err
	}
	l.hours["door"] = 1
	if err := a.untilTidy(); err != nil {
		return err
	}
	if err := l.append(door, fragmentAt(door, c.Now(), 100)); err != nil {
		return err
	}
	if err := a.Delete(yard); err != nil {
		l.unsure["yard"] = true
		return err
	}
	l.deleted["yard"] = true
	return a.untilTidy()
}

// untilTimed waits until the time is written down, or the disk fails.
func (a *Archive) untilTimed() error {
	for range 10_000 {
		if _, err := a.disk.Allow("look", "", 0); err != nil {
			return err
		}
		a.clock.mu.Lock()
		since := a.clock.uptime() - a.clock.kept
		a.clock.mu.Unlock()
		if since < clockKeep {
			return nil
		}
		a.tidySoon()
		time.Sleep(time.Millisecond)
	}
	return errors.New("the time was not written down")
}

// untilTidy waits until nothing is to be dropped any more, or the disk fails.
func (a *Archive) untilTidy() error {
	for range 10_000 {
		if _, err := a.disk.Allow("look", "", 0); err != nil {
			return err
		}
		a.mu.RLock()
		rest := len(a.garbage)
		a.mu.RUnlock()
		for _, s := range a.Streams() {
			s.mu.RLock()
			rest += len(s.dropped)
			for _, g := range s.segments {
				if g.count > 0 && g.newest < s.cutoff() {
					rest++
				}
			}
			s.mu.RUnlock()
		}
		if rest == 0 {
			return nil
		}
		a.tidySoon()
		time.Sleep(time.Millisecond)
	}
	return errors.New("expired fragments were not dropped")
}

// check compares an archive with the ledger.
func (l *ledger) check(a *Archive, now time.Time) error {
	if damage := a.Damage(); len(damage) > 0 {
		return fmt.Errorf("damage is reported: %v", damage[0])
	}
	for name, hours := range l.hours {
		s, ok := a.Lookup(name)
		switch {
		case l.deleted[name]:
			if ok {
				return fmt.Errorf("stream %s is back", name)
			}
			continue
		case !ok && l.unsure[name]:
			continue
		case !ok:
			return fmt.Errorf("stream %s is lost", name)
		case s.Meta().RetentionHours != hours && !l.unsure[name]:
			return fmt.Errorf("stream %s has a retention of %d hours, not %d", name, s.Meta().RetentionHours, hours)
		}
		cutoff := now.Add(-time.Duration(s.Meta().RetentionHours) * time.Hour)
		want := map[Number]*Fragment{}
		for _, f := range withoutPieces(l.stored[name]) {
			if !f.Server.Before(cutoff) {
				want[f.Number] = f
			}
		}
		var copies []*Fragment
		for n := (Number{}); ; {
			e, ok, err := s.After(n)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			n = e.Number
			f := want[n]
			if f == nil {
				f = l.maybe[n]
			}
			if f == nil {
				return fmt.Errorf("stream %s has %s, which nobody stored", name, n)
			}
			got, err := s.Read(e)
			if err != nil {
				return err
			}
			if !same(got, f) {
				return fmt.Errorf("stream %s: %s differs", name, n)
			}
			if slices.ContainsFunc(copies, got.repeats) {
				return fmt.Errorf("stream %s has %s twice", name, TakeOf(got.Tags))
			}
			copies = append(copies, got)
			delete(want, n)
		}
		for n, f := range want { // an append that failed may have put more of it in its place
			if slices.ContainsFunc(copies, func(c *Fragment) bool { return c.repeats(f) && c.Frames >= f.Frames }) {
				delete(want, n)
			}
		}
		for n := range want {
			return fmt.Errorf("stream %s lost %s", name, n)
		}
		if n := s.NextNumber(now, false); n.Compare(l.highest[name]) <= 0 {
			return fmt.Errorf("stream %s gives out %s after %s", name, n, l.highest[name])
		}
	}
	return nil
}

func TestCrashAtEveryStep(t *testing.T) {
	for _, c := range []struct {
		part  float64
		power bool
		back  int
	}{{part: 0}, {part: 0.4}, {part: 1}, {part: 0.4, power: true}, {part: 1, power: true, back: 1}, {part: 1, power: true, back: 3}} {
		t.Run(fmt.Sprintf("part=%v/power=%v/back=%d", c.part, c.power, c.back), func(t *testing.T) {
			finished := false
			for step := 1; !finished; step++ {
				finished = crashAt(t, &crasher{
					at: step, part: c.part, back: c.back, synced: map[string]int64{}, fresh: map[string]bool{},
				}, c.power)
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

// crashAt runs the scenario up to a crash, then checks what the next processes find. It reports whether the scenario came to
// its end.
func crashAt(t *testing.T, c *crasher, power bool) (finished bool) {
	r := newRig(t)
	c.dir = r.dir
	r.options.SegmentSize = 2500
	r.disk.Fault = c.fault
	l := newLedger()
	a, err := open(r.dir, r.options, r.disk)
	if err == nil {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		<-a.Ready()
		if err = l.scenario(a, r.clock); err == nil {
			c.mu.Lock()
			c.crashed = true
			c.mu.Unlock()
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("running: %v", err)
		}
		if err := a.Close(); err != nil && !errors.Is(err, errCrash) {
			t.Errorf("closing: %v", err)
		}
	}
	if err != nil && !errors.Is(err, errCrash) {
		t.Errorf("the scenario failed by itself: %v", err)
		return true
	}
	if power {
		c.powerCut(t)
	}
	r.disk.Fault = nil
	check := func(when string) {
		if err := l.check(r.Archive, r.clock.Now()); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	r.run()
	check("after the crash")
	if s, ok := r.Lookup("door"); ok {
		if err := l.append(s, r.fragment(s, 50)); err != nil {
			t.Errorf("appending after the crash: %v", err)
		}
	}
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
		t.Error(err)
	}
	r.run()
	check("without the index")
	r.stop()
	return err == nil
}
