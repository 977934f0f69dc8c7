package kvs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kinora/internal/diskcache"
	"kinora/media"
)

// copyAll copies fragments and returns, for each, its number and what of it was there.
func copyAll(t *testing.T, a *Archive, list []media.Fragment) (got []string) {
	t.Helper()
	check(t, a.Copy(testContext(t), list, func(f media.Fragment, r *media.Recorded, err error) error {
		switch {
		case errors.Is(err, media.ErrGone):
			got = append(got, f.Number+" gone")
		case errors.Is(err, media.ErrDamaged):
			got = append(got, f.Number+" damaged")
		case err != nil || r.Number != f.Number || len(r.Packets) != 5:
			t.Errorf("%s: %+v, %v", f.Number, r, err)
		default:
			for i, p := range r.Packets[:4] {
				if string(p.Data) != fmt.Sprintf("frame %d of %s", i, f.Number) {
					t.Errorf("%s: packet %d is %q", f.Number, i, p.Data)
				}
			}
			got = append(got, f.Number)
		}
		return nil
	}))
	return got
}

func numbers(list []media.Fragment) (all []string) {
	for _, f := range list {
		all = append(all, f.Number)
	}
	return all
}

// What is copied comes in its order, in large pieces, and displaces nothing that is kept.
func TestCopy(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 300)
	disk, err := diskcache.Open(t.TempDir(), 1<<20)
	check(t, err)
	cache := NewCache(1<<20, disk)
	a := openArchive(t, c, ArchiveOptions{Cache: cache})
	list := all(t, a, 300)
	if got := copyAll(t, a, list); !slices.Equal(got, numbers(list)) {
		t.Errorf("got %q", got)
	}
	if _, calls := h.calls(); calls != (300+parcelMost-1)/parcelMost {
		t.Errorf("%d calls for 300 fragments", calls)
	}
	if len(cache.entries) != 0 || disk.Size() != 0 {
		t.Errorf("%d fragments are kept in memory, %d bytes on disk", len(cache.entries), disk.Size())
	}
}

// What is kept, in memory or on disk, is not fetched.
func TestCopyTakesWhatIsKept(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 6)
	disk, err := diskcache.Open(t.TempDir(), 1<<20)
	check(t, err)
	cache := NewCache(1<<20, disk)
	a := openArchive(t, c, ArchiveOptions{Cache: cache})
	list := all(t, a, 6)
	for _, i := range []int{1, 4} {
		_, err := a.Load(testContext(t), list[i])
		check(t, err)
	}
	wait(t, "fragments on the disk", func() bool { return disk.Has(a.key(list[1].Number)) && disk.Has(a.key(list[4].Number)) })
	for _, where := range []string{"memory", "disk"} {
		h.mu.Lock()
		h.loaded = nil
		h.mu.Unlock()
		if got := copyAll(t, a, list); !slices.Equal(got, numbers(list)) {
			t.Errorf("%s: got %q", where, got)
		}
		h.mu.Lock()
		fetched := slices.Concat(h.loaded...)
		h.mu.Unlock()
		slices.Sort(fetched)
		if want := []string{list[0].Number, list[2].Number, list[3].Number, list[5].Number}; !slices.Equal(fetched, want) {
			t.Errorf("%s: fetched %q, want %q", where, fetched, want)
		}
		cache.mu.Lock()
		clear(cache.entries)
		cache.order.Init()
		cache.mu.Unlock()
	}
}

// A fragment with a fault costs itself alone, and comes in its place.
func TestCopyFaults(t *testing.T) {
	for fault, want := range map[string]string{"gone": " gone", "absent": " gone", "error": " damaged", "damaged": " damaged"} {
		t.Run(fault, func(t *testing.T) {
			s, c := newService(t)
			h := newShelf(t, s)
			h.steady(0, 8)
			a := openArchive(t, c, ArchiveOptions{})
			list := all(t, a, 8)
			h.faults[list[3].Number], h.faults[list[7].Number] = fault, fault
			wanted := numbers(list)
			wanted[3] += want
			wanted[7] += want
			if got := copyAll(t, a, list); !slices.Equal(got, wanted) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A broken connection ends a copy behind what has come; so does whoever copies, and the end of the archive.
func TestCopyEnds(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 200)
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 200)
	h.faults[list[100].Number] = "cut"
	n := 0
	count := func(media.Fragment, *media.Recorded, error) error { n++; return nil }
	if err := a.Copy(testContext(t), list, count); err == nil || n != 100 || Classify(err) != Retry {
		t.Errorf("cut at the hundredth: %v after %d", err, n)
	}
	enough := errors.New("enough")
	n = 0
	if err := a.Copy(testContext(t), list, func(media.Fragment, *media.Recorded, error) error {
		if n++; n == 70 {
			return enough
		}
		return nil
	}); err != enough || n != 70 {
		t.Errorf("%v after %d", err, n)
	}
	ctx, cancel := context.WithCancel(testContext(t))
	n = 0
	err := a.Copy(ctx, list, func(media.Fragment, *media.Recorded, error) error {
		if n++; n == 3 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	n = 0
	closed := make(chan error, 1)
	err = a.Copy(testContext(t), list, func(media.Fragment, *media.Recorded, error) error {
		if n++; n == 3 {
			closed <- a.Close()
		}
		return nil
	})
	check(t, receive(t, closed))
	if err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("closed: %v", err)
	}
}

// An answer that ends early, as if it were whole, costs another call and nothing else.
func TestAnAnswerThatEndsEarly(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 8)
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 8)
	h.faults[list[2].Number], h.faults[list[5].Number] = "end", "absent"
	wanted := numbers(list)
	wanted[5] += " gone"
	if got := copyAll(t, a, list); !slices.Equal(got, wanted) {
		t.Errorf("got %q", got)
	}
}
