package kvs

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Who wishes for a fragment twice gets it once.
func TestPrefetchTwice(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 2)
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 2)
	check(t, a.identify(testContext(t)))
	a.Prefetch(testContext(t), list[0], list[0], list[1], list[1])
	wait(t, "fragment read ahead", func() bool { return a.cache.inMemory(a.key(list[1].Number)) != nil })
	check(t, a.Close()) // its end is waited for
	if _, loads := h.calls(); loads != 1 {
		t.Errorf("%d calls", loads)
	}
}

// A closed archive refuses, also what it has refused before.
func TestLoadWhenClosed(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 2)
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 2)
	check(t, a.identify(testContext(t)))
	check(t, a.Close())
	a.Prefetch(testContext(t), list...)
	a.pump()
	ctx, cancel := context.WithTimeout(testContext(t), 5*time.Second)
	defer cancel()
	for range 2 {
		for _, f := range list {
			if _, err := a.Load(ctx, f); !errors.Is(err, errClosedArchive) {
				t.Errorf("%v", err)
			}
		}
	}
}
