package kvs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/internal/diskcache"
	"kinora/media"
)

// all returns the first n fragments of an archive.
func all(t *testing.T, a *Archive, n int) []media.Fragment {
	t.Helper()
	f, err := a.Find(testContext(t), shelfEpoch, true)
	list := []media.Fragment{f}
	for ; err == nil && len(list) < n; list = append(list, f) {
		f, err = a.Next(testContext(t), f, true)
	}
	check(t, err)
	return list
}

func TestLoad(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 2)
	a := openArchive(t, c, ArchiveOptions{})
	f := all(t, a, 2)[1]
	r, err := a.Load(testContext(t), f)
	check(t, err)
	if r.Fragment != f || len(r.Tracks) != 2 || r.Tracks[0].Width != 640 || r.Tracks[1].Name != "sensor" {
		t.Errorf("%+v, tracks %+v", r.Fragment, r.Tracks)
	}
	if !slices.Equal(r.Tags, []media.Tag{{Name: "door", Value: "open"}}) {
		t.Errorf("tags %v", r.Tags)
	}
	var got []string
	for _, p := range r.Packets {
		got = append(got, fmt.Sprintf("%d %v %v %s", p.Track, p.PTS, p.Key, strings.Replace(string(p.Data), f.Number, "N", 1)))
	}
	want := []string{"1 0s true frame 0 of N", "1 500ms false frame 1 of N", "1 1s false frame 2 of N", "1 1.5s false frame 3 of N", "2 1.5s true 21 °C"}
	if !slices.Equal(got, want) {
		t.Errorf("packets %q", got)
	}
	again, err := a.Load(testContext(t), f)
	if _, loads := h.calls(); err != nil || again != r || loads != 1 {
		t.Errorf("again: %p, %v after %d calls; want %p", again, err, loads, r)
	}
}

// What many want at once is fetched once.
func TestLoadOnce(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 1)
	h.hold = make(chan struct{})
	a := openArchive(t, c, ArchiveOptions{})
	f := all(t, a, 1)[0]
	var waiting sync.WaitGroup
	for range 5 {
		waiting.Go(func() {
			if _, err := a.Load(testContext(t), f); err != nil {
				t.Error(err)
			}
		})
	}
	wait(t, "five who wait", func() bool {
		a.loads.mu.Lock()
		defer a.loads.mu.Unlock()
		l := a.loads.now[f.Number]
		return l != nil && l.waiting == 5
	})
	close(h.hold)
	waiting.Wait()
	if _, loads := h.calls(); loads != 1 {
		t.Errorf("%d calls", loads)
	}
}

// What nobody wants any more is broken off.
func TestLoadLeft(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 4)
	h.hold = make(chan struct{})
	ended := make(chan struct{}, 10)
	s.serve("/getMediaForFragmentList", func(w http.ResponseWriter, r *http.Request) {
		h.media(w, r)
		ended <- struct{}{}
	})
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 4)
	ctx, leave := context.WithCancel(testContext(t))
	left := make(chan error, 1)
	go func() {
		_, err := a.Load(ctx, list[0])
		left <- err
	}()
	wait(t, "call", func() bool { _, loads := h.calls(); return loads == 1 })
	leave()
	if err := receive(t, left); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	receive(t, ended)

	// A wish that ends, too, but not for whoever waits for one of its fragments.
	ctx, leave = context.WithCancel(testContext(t))
	a.Prefetch(ctx, list[1:]...)
	wait(t, "call for the wish", func() bool { _, loads := h.calls(); return loads == 2 })
	ctx2, leave2 := context.WithCancel(testContext(t))
	go func() {
		_, err := a.Load(ctx2, list[2])
		left <- err
	}()
	wait(t, "one who waits", func() bool {
		a.loads.mu.Lock()
		defer a.loads.mu.Unlock()
		return a.loads.now[list[2].Number].waiting == 1
	})
	leave()
	select {
	case <-ended:
		t.Error("broken off under somebody who waits")
	case <-time.After(50 * time.Millisecond):
	}
	leave2()
	receive(t, left)
	receive(t, ended)
}

func TestPrefetch(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 30)
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 30)
	check(t, a.identify(testContext(t)))
	a.Prefetch(testContext(t), list...)
	wait(t, "fragment read ahead", func() bool { return a.cache.inMemory(a.key(list[29].Number)) != nil })
	_, loads := h.calls()
	for _, f := range list {
		if _, err := a.Load(testContext(t), f); err != nil {
			t.Fatal(err)
		}
	}
	if _, after := h.calls(); loads != 4 || after != loads {
		t.Errorf("%d calls, then %d", loads, after)
	}
}

// Wishes are a bounded queue: the newest goes first, the oldest goes away.
func TestPrefetchNewestFirst(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 40)
	h.hold = make(chan struct{})
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 40)
	for i := range batches {
		a.Prefetch(testContext(t), list[i])
		wait(t, "call", func() bool { _, loads := h.calls(); return loads == i+1 })
	}
	for i := range 20 {
		a.Prefetch(testContext(t), list[10+i])
	}
	close(h.hold)
	wait(t, "end", func() bool { return a.cache.inMemory(a.key(list[22].Number)) != nil })
	wait(t, "end", func() bool {
		a.loads.mu.Lock()
		defer a.loads.mu.Unlock()
		return len(a.loads.wishes) == 0 && a.loads.batches == 0
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.loaded) != batches+mostWishes || h.loaded[batches][0] < list[28].Number {
		t.Errorf("%d calls, %v", len(h.loaded), h.loaded)
	}
	if a.loads.dropped != 12 {
		t.Errorf("%d dropped", a.loads.dropped)
	}
}

// A fragment with a fault costs itself alone.
func TestLoadFaults(t *testing.T) {
	for fault, want := range map[string]error{"gone": media.ErrGone, "absent": media.ErrGone, "error": media.ErrDamaged, "damaged": media.ErrDamaged} {
		t.Run(fault, func(t *testing.T) {
			s, c := newService(t)
			h := newShelf(t, s)
			h.steady(0, 8)
			a := openArchive(t, c, ArchiveOptions{})
			list := all(t, a, 8)
			h.faults[list[3].Number], h.faults[list[7].Number] = fault, fault
			a.Prefetch(testContext(t), list...)
			for i, f := range list {
				r, err := a.Load(testContext(t), f)
				if i != 3 && i != 7 {
					if err != nil || r.Number != f.Number {
						t.Errorf("fragment %d: %v", i, err)
					}
					continue
				}
				if !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), f.Number) || Classify(err) != GiveUp {
					t.Errorf("fragment %d: %v, want %v", i, err, want)
				}
			}
			_, before := h.calls()
			if _, err := a.Load(testContext(t), list[3]); !errors.Is(err, want) {
				t.Errorf("again: %v", err)
			}
			if _, after := h.calls(); after != before {
				t.Error("a fault is asked for again at once")
			}
		})
	}
}

// What is wrong with the network or with a key is no fault of a fragment: the same call may work later.
func TestLoadFails(t *testing.T) {
	for fault, want := range map[string]Class{"cut": Retry, "kms": GiveUp} {
		t.Run(fault, func(t *testing.T) {
			s, c := newService(t)
			h := newShelf(t, s)
			h.steady(0, 2)
			a := openArchive(t, c, ArchiveOptions{})
			list := all(t, a, 2)
			h.faults[list[0].Number] = fault
			if _, err := a.Load(testContext(t), list[0]); err == nil || errors.Is(err, media.ErrGone) || errors.Is(err, media.ErrDamaged) || Classify(err) != want {
				t.Errorf("%s: %v", fault, err)
			}
			h.mu.Lock()
			delete(h.faults, list[0].Number)
			h.mu.Unlock()
			if _, err := a.Load(testContext(t), list[0]); err != nil {
				t.Errorf("%s, then: %v", fault, err)
			}
		})
	}
}

// The disk serves after a restart, and nobody but the same account's same stream.
func TestLoadFromDisk(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 3)
	dir := t.TempDir()
	load := func(account string) (calls int) {
		t.Helper()
		disk, err := diskcache.Open(dir, 1<<20)
		check(t, err)
		a := c.Archive("cam", ArchiveOptions{Cache: NewCache(1<<20, disk), Account: account})
		_, before := h.calls()
		for _, f := range all(t, a, 3) {
			r, err := a.Load(testContext(t), f)
			check(t, err)
			if r.Fragment.Number != f.Number || len(r.Packets) != 5 || r.Tags[0].Name != "door" || !strings.Contains(string(r.Packets[3].Data), f.Number) {
				t.Errorf("%+v", r)
			}
		}
		check(t, a.Close()) // waits for what is written
		_, after := h.calls()
		return after - before
	}
	if n := load("one"); n != 3 {
		t.Errorf("%d calls at first", n)
	}
	if n := load("one"); n != 0 {
		t.Errorf("%d calls after a restart", n)
	}
	if n := load("another"); n != 3 {
		t.Errorf("%d calls for another account", n)
	}
	s.serve("/describeStream", refusing(400, "AccessDeniedException", "no"))
	if n := load("one"); n != 3 {
		t.Errorf("%d calls for a stream that cannot be told from others", n)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 50)
	cache := NewCache(20_000, nil)
	a := openArchive(t, c, ArchiveOptions{Cache: cache})
	for _, f := range all(t, a, 50) {
		_, err := a.Load(testContext(t), f)
		check(t, err)
	}
	if cache.bytes > 20_000 || len(cache.entries) != cache.order.Len() || len(cache.entries) < 5 {
		t.Errorf("%d bytes in %d entries", cache.bytes, len(cache.entries))
	}
}

// What has expired since it was listed is not found any more once it is known that it is gone, on the clock on which nothing is filled in
// as well.
func TestWhatHasExpiredIsNotFound(t *testing.T) {
	for _, clock := range []Clock{ServerTime, ProducerTime} {
		s, c := newService(t)
		h := newShelf(t, s)
		h.steady(0, 100)
		a := openArchive(t, c, ArchiveOptions{Clock: clock})
		list := all(t, a, 100)
		h.mu.Lock()
		for _, f := range list[:60] {
			h.hidden[f.Number], h.faults[f.Number] = true, "absent"
		}
		h.mu.Unlock()
		c.skew.Store(int64(time.Minute)) // later
		if _, err := a.Load(testContext(t), list[0]); !errors.Is(err, media.ErrGone) {
			t.Fatalf("the first fragment: %v, want that it is gone", err)
		}
		if f, err := a.Find(testContext(t), list[0].Start, true); err != nil || f.Number != list[60].Number {
			t.Errorf("clock %v: the first of what is left is %s, %v; want %s", clock, f.Number, err, list[60].Number)
		}
		lists, _ := h.calls()
		c.skew.Store(0)
		if _, err := a.Load(testContext(t), list[59]); !errors.Is(err, media.ErrGone) {
			t.Errorf("another one: %v, want that it is gone", err)
		}
		if _, err := a.Find(testContext(t), list[70].Start, true); err != nil {
			t.Error(err)
		}
		if again, _ := h.calls(); again != lists {
			t.Errorf("clock %v: what was asked for just now is asked for again", clock)
		}
	}
}

// What is known by the server's clock is asked for again at times, since it expires.
func TestWhatExpiresIsListedAgain(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 10)
	a := openArchive(t, c, ArchiveOptions{Clock: ServerTime})
	list := all(t, a, 10)
	h.mu.Lock()
	h.hidden[list[0].Number] = true
	h.mu.Unlock()
	wait(t, "first fragment that is left", func() bool {
		c.skew.Store(int64(expires + time.Minute)) // later; each answer says that it is not
		f, err := a.Find(testContext(t), list[0].Start, true)
		return err == nil && f.Number == list[1].Number
	})
}
