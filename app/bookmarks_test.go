package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBookmarks(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	acc := &fakeAccount{name: "one"}
	b := OpenBookmarks(dir, log)
	told := 0
	defer b.Watch(func() { told++ })()
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, s := range []int{5, 1, 9, 5} {
		if err := b.Add(acc, "cam", ProducerClock, begin.Add(time.Duration(s)*time.Second+300*time.Nanosecond)); err != nil {
			t.Fatal(err)
		}
	}
	want := []Bookmark{{At: begin.Add(time.Second)}, {At: begin.Add(5 * time.Second)}, {At: begin.Add(9 * time.Second)}}
	if told != 4 {
		t.Errorf("it told %d times of three changes, and at once", told)
	}
	b = OpenBookmarks(dir, log)
	if got := b.Of(acc, "cam", ProducerClock); !slices.Equal(got, want) {
		t.Errorf("the next run has %v, want %v", got, want)
	}
	if len(b.Of(acc, "cam", ServerClock)) > 0 || len(b.Of(acc, "gate", ProducerClock)) > 0 || len(b.Of(&fakeAccount{name: "two"}, "cam", ProducerClock)) > 0 {
		t.Error("it confuses clocks, streams or accounts")
	}
	if _, ok, err := b.Remove(acc, "cam", ProducerClock, begin.Add(3*time.Second), time.Second); ok || err != nil {
		t.Errorf("far from all it takes one away: %v, %v", ok, err)
	}
	if at, ok, err := b.Remove(acc, "cam", ProducerClock, begin.Add(6*time.Second), 5*time.Second); !ok || err != nil || !at.Equal(want[1].At) {
		t.Errorf("it takes %v away: %v, %v", at, ok, err)
	}
	if err := b.Rename(acc, "cam", ProducerClock, want[2].At, " red van\n"); err != nil {
		t.Fatal(err)
	}
	if err := b.Rename(acc, "cam", ProducerClock, want[1].At, "nothing"); err != nil {
		t.Fatal(err)
	}
	if err := b.Rename(acc, "cam", ProducerClock, want[0].At, strings.Repeat("ü", longestTitle+1)); err == nil {
		t.Error("a bookmark has a name that is too long")
	}
	want = []Bookmark{want[0], {want[2].At, "red van"}}
	if got := OpenBookmarks(dir, log).Of(acc, "cam", ProducerClock); !slices.Equal(got, want) {
		t.Errorf("the next run has %v, want %v", got, want)
	}
}

func TestBookmarksWithoutNamesAreRead(t *testing.T) {
	dir := t.TempDir()
	const old = `{"fake-one": {"cam": ["2026-03-01T12:00:00Z", {"At": "2026-03-01T12:00:05Z", "Name": "red van"}]}}`
	if err := os.WriteFile(filepath.Join(dir, bookmarksFile), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	got := OpenBookmarks(dir, slog.New(slog.DiscardHandler)).Of(&fakeAccount{name: "one"}, "cam", ProducerClock)
	if want := []Bookmark{{At: begin}, {begin.Add(5 * time.Second), "red van"}}; !slices.Equal(got, want) {
		t.Errorf("it reads %v, want %v", got, want)
	}
}

func TestBookmarksAreBounded(t *testing.T) {
	b := OpenBookmarks("", slog.New(slog.DiscardHandler))
	acc := &fakeAccount{name: "one"}
	for i := range mostBookmarks {
		if err := b.Add(acc, "cam", ProducerClock, time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Add(acc, "cam", ProducerClock, time.Unix(mostBookmarks, 0)); err == nil || len(b.Of(acc, "cam", ProducerClock)) != mostBookmarks {
		t.Errorf("one more: %v", err)
	}
}

func TestBookmarksThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, bookmarksFile), []byte("{nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := OpenBookmarks(dir, slog.New(slog.DiscardHandler))
	acc := &fakeAccount{name: "one"}
	if err := b.Add(acc, "cam", ProducerClock, time.Unix(1e9, 0)); err != nil || len(b.Of(acc, "cam", ProducerClock)) != 1 {
		t.Errorf("it notes nothing: %v", err)
	}
}

// What cannot be read, of another version or damaged, is not lost by what is noted afterwards.
func TestBookmarksThatCannotBeReadAreSetAside(t *testing.T) {
	for _, old := range []string{`{"fake-one": {"cam": [{"At": "2026-03-01T12:00:05Z", "Na`, `{"version": 2, "bookmarks": ["2026-03-01T12:00:05Z"]}`} {
		dir := t.TempDir()
		file := filepath.Join(dir, bookmarksFile)
		if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		b := OpenBookmarks(dir, slog.New(slog.DiscardHandler))
		acc := &fakeAccount{name: "one"}
		for i := range 2 {
			if err := b.Add(acc, "cam", ProducerClock, time.Unix(int64(i), 0)); err != nil {
				t.Fatal(err)
			}
		}
		aside, err := filepath.Glob(file + unreadable + "*")
		if err != nil || len(aside) != 1 {
			t.Fatalf("set aside are %q, %v; want the one that cannot be read", aside, err)
		}
		if kept, err := os.ReadFile(aside[0]); err != nil || string(kept) != old {
			t.Errorf("what was set aside has %q, %v; want %q", kept, err, old)
		}
		if got := OpenBookmarks(dir, slog.New(slog.DiscardHandler)).Of(acc, "cam", ProducerClock); len(got) != 2 {
			t.Errorf("the next run has %v, want what was noted since", got)
		}
	}
}

// Two windows with the same data, as on two services, lose no bookmark of each other.
func TestBookmarksOfTwoWindows(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	one, two := &fakeAccount{name: "one"}, &fakeAccount{name: "two"}
	at := func(s int) time.Time { return time.Unix(int64(s), 0).UTC() }
	a, b := OpenBookmarks(dir, log), OpenBookmarks(dir, log)
	for i, err := range []error{
		a.Add(one, "cam", ProducerClock, at(1)),
		b.Add(two, "cam", ProducerClock, at(2)),
		b.Add(one, "cam", ProducerClock, at(3)),
		b.Rename(one, "cam", ProducerClock, at(1), "red van"),
		a.Add(one, "cam", ProducerClock, at(4)),
	} {
		if err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
	}
	if _, ok, err := a.Remove(one, "cam", ProducerClock, at(3), 0); !ok || err != nil {
		t.Errorf("one of the other's is taken away: %v, %v", ok, err)
	}
	want := []Bookmark{{at(1), "red van"}, {At: at(4)}}
	for name, x := range map[string]*Bookmarks{"the first window": a, "the next run": OpenBookmarks(dir, log)} {
		if got := x.Of(one, "cam", ProducerClock); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
		if got := x.Of(two, "cam", ProducerClock); !slices.Equal(got, []Bookmark{{At: at(2)}}) {
			t.Errorf("%s has %v of the other account", name, got)
		}
	}
}
