package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"kinora/clip"
	"kinora/media"
)

const (
	// BookmarkTag names bookmarks among the marks of an archive. Producers' tags of that kind are not shown.
	BookmarkTag = "KINORA_BOOKMARK"

	mostBookmarks = 1000 // of a stream
	longestTitle  = 200  // characters of a bookmark's name
	bookmarksFile = "bookmarks.json"
)

// Bookmark is a moment, and what a person calls it; the name may be empty.
type Bookmark struct {
	At   time.Time
	Name string `json:",omitempty"`
}

// UnmarshalJSON also reads a moment alone, which is all that was kept once.
func (b *Bookmark) UnmarshalJSON(text []byte) error {
	if b.Name = ""; json.Unmarshal(text, &b.At) == nil {
		return nil
	}
	type plain Bookmark
	return json.Unmarshal(text, (*plain)(b))
}

// Mark is the bookmark as a mark of its archive.
func (b Bookmark) Mark() media.Mark {
	return media.Mark{At: b.At, Tag: media.Tag{Name: BookmarkTag, Value: b.Name}}
}

// compare orders by moment.
func (b Bookmark) compare(at time.Time) int { return b.At.Compare(at) }

// Bookmarks are moments of streams that a person has noted on this computer, where a marker cannot be: in what others have recorded, or
// what is over. They are kept between runs. All methods are safe from any goroutine.
type Bookmarks struct {
	file string // empty: nothing is kept

	changing sync.Mutex // orders changes and their files
	unsaved  bool       // the file lacks something of now; changing is held
	now      Value[bookmarked]
}

// bookmarked has bookmarks in order, by the account's ID and the stream's name on its clock. Nobody changes it.
type bookmarked map[string]map[string][]Bookmark

// OpenBookmarks reads what earlier runs have kept in a data directory; of an empty name nothing is kept.
func OpenBookmarks(data string, log *slog.Logger) *Bookmarks {
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

// Of lists what is noted of a stream on a clock, in order. Nobody changes the list.
func (b *Bookmarks) Of(acc Account, stream string, clock Clock) []Bookmark {
	return b.now.Get()[acc.ID()][clock.on(stream)]
}

// ForClip are the same for the proof of a clip.
func (b *Bookmarks) ForClip(acc Account, stream string, clock Clock) []clip.Bookmark {
	var list []clip.Bookmark
	for _, x := range b.Of(acc, stream, clock) {
		list = append(list, clip.Bookmark(x))
	}
	return list
}

// Add notes a moment. An error means that it is not noted, or not for the next run.
func (b *Bookmarks) Add(acc Account, stream string, clock Clock, at time.Time) error {
	at = at.UTC().Truncate(time.Millisecond)
	return b.change(acc, clock.on(stream), func(list []Bookmark) ([]Bookmark, error) {
		i, there := slices.BinarySearchFunc(list, at, Bookmark.compare)
		switch {
		case there:
			return list, nil
		case len(list) >= mostBookmarks:
			return nil, fmt.Errorf("%s has %d bookmarks, and no more are kept; take some away first", stream, len(list))
		}
		return slices.Insert(slices.Clone(list), i, Bookmark{At: at}), nil
	})
}

// Rename calls the bookmark of exactly that moment something else, if there is one. An error means that it is not called so, or not
// in the next run.
func (b *Bookmarks) Rename(acc Account, stream string, clock Clock, at time.Time, name string) error {
	name = strings.TrimSpace(name)
	return b.change(acc, clock.on(stream), func(list []Bookmark) ([]Bookmark, error) {
		i, there := slices.BinarySearchFunc(list, at, Bookmark.compare)
		switch {
		case !there:
			return list, nil
		case utf8.RuneCountInString(name) > longestTitle:
			return nil, fmt.Errorf("a bookmark's name has at most %d characters; choose a shorter one", longestTitle)
		}
		list = slices.Clone(list)
		list[i].Name = name
		return list, nil
	})
}

// Remove takes away the bookmark that is nearest to a moment, not farther from it than within, and returns its moment; ok is false when
// there is none. An error means that the next run will have it again.
func (b *Bookmarks) Remove(acc Account, stream string, clock Clock, near time.Time, within time.Duration) (at time.Time, ok bool, err error) {
	err = b.change(acc, clock.on(stream), func(list []Bookmark) ([]Bookmark, error) {
		best := -1
		for i, x := range list {
			if d := x.At.Sub(near).Abs(); d <= within && (best < 0 || d < list[best].At.Sub(near).Abs()) {
				best = i
			}
		}
		if best < 0 {
			return list, nil
		}
		at, ok = list[best].At, true
		return slices.Delete(slices.Clone(list), best, best+1), nil
	})
	return at, ok, err
}

// change replaces the list of a stream by what change makes of it.
func (b *Bookmarks) change(acc Account, name string, change func([]Bookmark) ([]Bookmark, error)) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	old := b.kept()
	list := old[acc.ID()][name]
	next, err := change(list)
	if err != nil || slices.Equal(next, list) {
		return err
	}
	all := maps.Clone(old)
	if all == nil {
		all = make(bookmarked)
	}
	of := maps.Clone(all[acc.ID()])
	if of == nil {
		of = make(map[string][]Bookmark)
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
	err = writeState(b.file, all)
	b.unsaved = err != nil
	return err
}

// kept is what a change begins with: the file's, which another window with the same data may have changed, or what is known here where that
// has more.
func (b *Bookmarks) kept() bookmarked {
	var all bookmarked
	if b.file == "" || b.unsaved || readState(b.file, &all) != nil || all == nil {
		return b.now.Get()
	}
	return all
}
