package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// look has a moment seen for just long enough.
func (v *Viewed) look(acc Account, stream string, clock Clock, at time.Time) {
	for range viewedAfter {
		v.note(acc, stream, clock, at)
	}
}

func TestWhoPassesATimeHasNotWatchedIt(t *testing.T) {
	v := newViewed("", slog.New(slog.DiscardHandler))
	acc := &fakeAccount{name: "one"}
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for q := range 10 {
		for range viewedAfter - 1 {
			v.note(acc, "cam", ProducerClock, begin.Add(time.Duration(q)*viewedStep))
		}
	}
	if v.Any(acc, "cam", ProducerClock, begin, begin.Add(time.Hour)) {
		t.Error("times that were passed count as watched")
	}
	v.note(acc, "cam", ProducerClock, begin.Add(9*viewedStep+time.Second))
	if !v.Any(acc, "cam", ProducerClock, begin.Add(9*viewedStep), begin.Add(10*viewedStep)) {
		t.Error("two seconds do not count as watched")
	}
}

func TestViewed(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	acc := &fakeAccount{name: "one"}
	v := newViewed(dir, log)
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(quarters int) time.Time { return begin.Add(time.Duration(quarters) * viewedStep) }
	v.look(acc, "cam", ProducerClock, time.Time{})
	for _, q := range []int{0, 4, 2, 0, 1, 3, 9} { // in front of, behind and between others, and again
		v.look(acc, "cam", ProducerClock, at(q).Add(time.Minute))
	}
	first := quarter(begin)
	if got, want := v.runs[acc.ID()]["cam"], []viewedRun{{first, first + 5}, {first + 9, first + 10}}; !reflect.DeepEqual(got, want) {
		t.Fatalf("it holds %v, want %v", got, want)
	}
	v = newViewed(dir, log)
	for _, tt := range []struct {
		from, to int
		want     bool
	}{{-3, 0, false}, {-3, 1, true}, {4, 5, true}, {5, 9, false}, {5, 10, true}, {9, 10, true}, {10, 90, false}, {-90, 90, true}} {
		if got := v.Any(acc, "cam", ProducerClock, at(tt.from), at(tt.to)); got != tt.want {
			t.Errorf("from %d to %d: %v", tt.from, tt.to, got)
		}
	}
	if v.Any(acc, "cam", ServerClock, at(0), at(1)) || v.Any(acc, "other", ProducerClock, at(0), at(1)) ||
		v.Any(&fakeAccount{name: "two"}, "cam", ProducerClock, at(0), at(1)) {
		t.Error("it confuses clocks, streams or accounts")
	}
	for q := range mostViewed + 2 {
		v.file = ""
		v.look(acc, "long", ProducerClock, at(2*q))
	}
	if n := len(v.runs[acc.ID()]["long"]); n != mostViewed || v.Any(acc, "long", ProducerClock, at(0), at(4)) {
		t.Errorf("it holds %d runs", n)
	}
}

func TestViewedThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, viewedsFile), []byte("{nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := newViewed(dir, slog.New(slog.DiscardHandler))
	acc := &fakeAccount{name: "one"}
	v.look(acc, "cam", ProducerClock, time.Unix(1e9, 0))
	if !v.Any(acc, "cam", ProducerClock, time.Unix(1e9, 0), time.Unix(1e9+1, 0)) {
		t.Error("it remembers nothing")
	}
}
