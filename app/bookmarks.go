package app

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// BookmarkTag names bookmarks among the marks of an archive. Producers' tags of that kind are not shown.
	BookmarkTag = "KINORA_BOOKMARK"

	mostBookmarks = 1000 // of a stream
	bookmarksFile = "bookmarks.json"
)

// Bookmarks are moments of streams that a person has noted on this computer, where a marker cannot be: in what others have recorded, or
// what is over. They are kept between runs. All methods are safe from any goroutine.
type Bookmarks struct {
	file string // empty: nothing is kept

	changing sync.Mutex // orders changes and their files
	now      Value[bookmarked]
}

// bookmarked has moments in order, by the account's ID and the stream's name on its clock. Nobody changes it.
type bookmarked map[string]map[string][]time.Time

func newBookmarks(data string, log *slog.Logger) *Bookmarks {
	b := &Bookmarks{}
	if data == "" {
		return b
	}
	b.file = filepath.Join(data, bookmarksFile)
	var kept bookmarked
	if err := readState(b.file, &kept); err != nil {
		log.Warn("the bookmarks cannot be read; it is as if there were none", "err", err)
		return b
	}
	b.now.Set(kept)
	return b
}

// Watch calls fn at once and after each change, until stop.
func (b *Bookmarks) Watch(fn func()) (stop func()) {
	return b.now.Watch(func(bookmarked) { fn() })
}

// Of lists the moments of a stream that are noted on a clock, in order. Nobody changes the list.
func (b *Bookmarks) Of(acc Account, stream string, clock Clock) []time.Time {
	return b.now.Get()[acc.ID()][clock.on(stream)]
}

// Add notes a moment. An error means that it is not noted, or not for the next run.
func (b *Bookmarks) Add(acc Account, stream string, clock Clock, at time.Time) error {
	at = at.UTC().Truncate(time.Millisecond)
	return b.change(acc, clock.on(stream), func(list []time.Time) ([]time.Time, error) {
		i, there := slices.BinarySearchFunc(list, at, time.Time.Compare)
		switch {
		case there:
			return list, nil
		case len(list) >= mostBookmarks:
			return nil, fmt.Errorf("%s has %d bookmarks, and no more are kept; take some away first", stream, len(list))
		}
		return slices.Insert(slices.Clone(list), i, at), nil
	})
}

// Remove takes away the bookmark that is nearest to a moment, not farther from it than within, and returns its moment; ok is false when
// there is none. An error means that the next run will have it again.
func (b *Bookmarks) Remove(acc Account, stream string, clock Clock, near time.Time, within time.Duration) (at time.Time, ok bool, err error) {
	err = b.change(acc, clock.on(stream), func(list []time.Time) ([]time.Time, error) {
		best := -1
		for i, t := range list {
			if d := t.Sub(near).Abs(); d <= within && (best < 0 || d < list[best].Sub(near).Abs()) {
				best = i
			}
		}
		if best < 0 {
			return list, nil
		}
		at, ok = list[best], true
		return slices.Delete(slices.Clone(list), best, best+1), nil
	})
	return at, ok, err
}

// change replaces the list of a stream by what change makes of it.
func (b *Bookmarks) change(acc Account, name string, change func([]time.Time) ([]time.Time, error)) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	old := b.now.Get()
	list := old[acc.ID()][name]
	next, err := change(list)
	if err != nil || len(next) == len(list) {
		return err
	}
	all := maps.Clone(old)
	if all == nil {
		all = make(bookmarked)
	}
	of := maps.Clone(all[acc.ID()])
	if of == nil {
		of = make(map[string][]time.Time)
	}
	of[name] = next
	if len(next) == 0 {
		delete(of, name)
	}
	all[acc.ID()] = of
	b.now.Set(all)
	if b.file == "" {
		return nil
	}
	return writeState(b.file, all)
}
