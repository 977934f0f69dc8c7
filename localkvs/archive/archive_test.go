package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"kinora/internal/disk"
	"kinora/internal/leak"
	"kinora/mkv"
)

// rig is an archive that runs for the length of a test, with a clock that the test moves.
type rig struct {
	t       testing.TB
	dir     string
	options Options
	disk    disk.Disk
	clock   *clock

	*Archive
	cancel context.CancelFunc
	ended  chan error
}

type clock struct {
	mu  sync.Mutex
	now time.Time
	up  time.Duration
}

func (c *clock) Now() time.Time        { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) Uptime() time.Duration { c.mu.Lock(); defer c.mu.Unlock(); return c.up }

// add lets time pass; leap sets the computer's clock.
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.up = c.now.Add(d), c.up+d
}
func (c *clock) leap(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

var epoch = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func newRig(t testing.TB) *rig {
	t.Helper()
	leak.Check(t)
	return newRigIn(t, memoryDir(t))
}

func newRigIn(t testing.TB, dir string) *rig {
	r := &rig{t: t, dir: dir, clock: &clock{now: epoch}}
	r.options = Options{Now: r.clock.Now, Uptime: r.clock.Uptime, Log: slog.New(slog.DiscardHandler)}
	t.Cleanup(func() {
		if r.Archive != nil {
			r.stop()
		}
	})
	return r
}

// memoryDir returns a new directory in memory where the system has such: thousands of real fsyncs would test the disk.
func memoryDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "archive-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// run opens the archive and runs it.
func (r *rig) run() *rig {
	r.t.Helper()
	a, err := open(r.dir, r.options, r.disk)
	if err != nil {
		r.t.Fatalf("opening: %v", err)
	}
	r.Archive = a
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.ended = cancel, make(chan error, 1)
	go func() { r.ended <- a.Run(ctx) }()
	<-a.Ready()
	return r
}

// stop ends the run and closes.
func (r *rig) stop() {
	r.t.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.t.Errorf("running: %v", err)
	}
	if err := r.Close(); err != nil {
		r.t.Errorf("closing: %v", err)
	}
	r.Archive = nil
}

func (r *rig) reopen() { r.t.Helper(); r.stop(); r.run() }

func (r *rig) stream(name string) *Stream {
	r.t.Helper()
	if s, ok := r.Lookup(name); ok {
		return s
	}
	s, err := r.Create(Meta{Name: name, RetentionHours: 24, Created: epoch, Tags: map[string]string{"site": "roof"}})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// fragment makes a fragment of about size random bytes with the stream's next number.
func (r *rig) fragment(s *Stream, size int) *Fragment {
	return fragmentAt(s, r.clock.Now(), size)
}

func fragmentAt(s *Stream, now time.Time, size int) *Fragment {
	f := sample(now, size)
	f.Number = s.NextNumber(now, false)
	return f
}

// sample is a fragment without a number.
func sample(now time.Time, size int) *Fragment {
	return &Fragment{
		Server:   now.Truncate(time.Millisecond),
		Producer: now.Add(-time.Second).Truncate(time.Millisecond), Timecode: uint64(now.UnixMilli()),
		Length: 2 * time.Second, Frames: 60,
		Header: random(40), Lead: random(10), Cluster: random(size), Trail: random(7),
		Tags: []mkv.Tag{{Name: "weather", Value: "fine"}, {Name: "empty"}},
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

func (r *rig) append(s *Stream, f *Fragment) *Fragment {
	r.t.Helper()
	if err := s.Append(r.t.Context(), f); err != nil {
		r.t.Fatalf("appending: %v", err)
	}
	return f
}

// holds checks that the stream has exactly these fragments, in this order, readable and equal.
func holds(t testing.TB, s *Stream, want ...*Fragment) {
	t.Helper()
	if err := compare(s, want...); err != nil {
		t.Error(err)
	}
}

func compare(s *Stream, want ...*Fragment) error {
	var n Number
	var m Memory
	for i, f := range want {
		e, ok, err := s.After(n)
		if err != nil || !ok {
			return fmt.Errorf("fragment %d of %d: found %v, %w", i, len(want), ok, err)
		}
		if e.Number != f.Number {
			return fmt.Errorf("fragment %d is %s, not %s", i, e.Number, f.Number)
		}
		got, err := s.ReadInto(e, &m)
		if err != nil {
			return err
		}
		if !same(got, f) {
			return fmt.Errorf("fragment %d: read %+v, stored %+v", i, got, f)
		}
		if e.Server != f.Server || e.Producer != f.Producer || e.Length != f.Length || e.Frames != f.Frames || e.Timecode != f.Timecode || e.Backfill != f.Backfill {
			return fmt.Errorf("fragment %d: its entry is %+v", i, e)
		}
		n = e.Number
	}
	if e, ok, err := s.After(n); ok || err != nil {
		return fmt.Errorf("after %d fragments there is %s, %w", len(want), e.Number, err)
	}
	return nil
}

// same compares fragments; an empty part and a nil one are the same.
func same(a, b *Fragment) bool {
	return a.Number == b.Number && a.Server.Equal(b.Server) && a.Producer.Equal(b.Producer) && a.Timecode == b.Timecode &&
		a.Length == b.Length && a.Frames == b.Frames && a.Backfill == b.Backfill && bytes.Equal(a.Header, b.Header) && bytes.Equal(a.Lead, b.Lead) &&
		bytes.Equal(a.Cluster, b.Cluster) && bytes.Equal(a.Trail, b.Trail) &&
		(len(a.Tags) == 0 && len(b.Tags) == 0 || reflect.DeepEqual(a.Tags, b.Tags))
}

func TestStoreAndReopen(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	var stored []*Fragment
	for i := range 5 {
		r.clock.add(2 * time.Second)
		stored = append(stored, r.append(s, r.fragment(s, 1000*i)))
	}
	holds(t, s, stored...)
	r.reopen()
	if s = r.stream("door"); !reflect.DeepEqual(s.Meta(), Meta{Name: "door", RetentionHours: 24, Created: epoch, Tags: map[string]string{"site": "roof"}}) {
		t.Errorf("the description came back as %+v", s.Meta())
	}
	holds(t, s, stored...)
	stored = append(stored, r.append(s, r.fragment(s, 10)))
	holds(t, s, stored...)
	if damage := r.Damage(); len(damage) != 0 {
		t.Errorf("damage: %v", damage)
	}
}

func TestCreateAndDelete(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.append(s, r.fragment(s, 100))
	e, _, err := s.Last()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Create(Meta{Name: "door", RetentionHours: 1}); !errors.Is(err, ErrExists) {
		t.Errorf("creating it again: %v", err)
	}
	if err := r.Delete(s); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), f); !errors.Is(err, ErrDeleted) {
		t.Errorf("appending to a deleted stream: %v", err)
	}
	if _, err := s.Read(e); !errors.Is(err, ErrDeleted) {
		t.Errorf("reading of a deleted stream: %v", err)
	}
	if _, _, err := s.After(Number{}); !errors.Is(err, ErrDeleted) {
		t.Errorf("asking a deleted stream: %v", err)
	}
	if err := r.Delete(s); !errors.Is(err, ErrDeleted) {
		t.Errorf("deleting it again: %v", err)
	}
	holds(t, r.stream("door"))
	r.reopen()
	holds(t, r.stream("door"))
}

// appendAll appends concurrently, so that few rounds do.
func appendAll(t testing.TB, s *Stream, fragments []*Fragment) {
	t.Helper()
	var wg sync.WaitGroup
	for _, f := range fragments {
		wg.Go(func() {
			if err := s.Append(context.Background(), f); err != nil {
				t.Errorf("appending: %v", err)
			}
		})
	}
	wg.Wait()
}
