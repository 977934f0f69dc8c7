package clip

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kinora/media"
)

// hourly is the numbers in all the files of a folder, each of which must be as it was made.
func hourly(t *testing.T, dir string) (numbers []string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.mp4")) // its pattern is good
	for _, f := range files {
		p, err := Verify(f)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, numbersOf(p)...)
	}
	slices.Sort(numbers)
	return numbers
}

// What is recorded in an hour after it was copied, because the hour had not ended or because it came late, is copied by the next call,
// and nothing twice.
func TestHoursAreCompleted(t *testing.T) {
	s := film(t, 9)
	all := s.list
	o := s.options(t, "all", 0, 4*shot)
	copied := func(to time.Duration, list []*media.Recorded, want int) {
		t.Helper()
		s.list, o.To = list, noon.Add(to)
		if files, err := Hours(t.Context(), o, MP4); err != nil || len(files) != want {
			t.Fatalf("files %q, %v; want %d", files, err, want)
		}
	}
	copied(4*shot, append(slices.Clone(all[:2]), all[3]), 1) // the third is late
	copied(7*shot, append(slices.Clone(all[:2]), all[3:]...), 1)
	copied(time.Hour, all, 1)
	copied(time.Hour, all, 0)
	if got, want := hourly(t, o.Path), []string{"000", "001", "002", "003", "004", "005", "006", "007", "008"}; !slices.Equal(got, want) {
		t.Errorf("the files have %q, want each of %q once", got, want)
	}
}

// A call whose end is the present has another end than the one that broke off, whose file is made whole all the same.
func TestHoursTakeUpWhatEndedEarlier(t *testing.T) {
	s := film(t, 9)
	o := s.options(t, "all", 0, 6*shot)
	if _, err := Hours(s.until(t, 4), o, MP4); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.onLoad, s.loaded = nil, nil
	o.To = noon.Add(time.Hour)
	var told []float64
	o.Progress = func(p Progress) { told = append(told, p.Share()) }
	if files, err := Hours(t.Context(), o, MP4); err != nil || len(files) != 2 {
		t.Fatalf("files %q, %v; want the one that broke off and the rest of the hour", files, err)
	}
	if got := hourly(t, o.Path); len(got) != 9 || slices.Contains(s.loaded, "000") {
		t.Errorf("the files have %q; loaded again were %q", got, s.loaded)
	}
	if len(told) == 0 || told[len(told)-1] != 1 {
		t.Errorf("told %v, want 1 at the end", told)
	}
}

func TestDiscardHours(t *testing.T) {
	s := film(t, 9)
	o := s.options(t, "all", 0, time.Hour)
	if _, err := Hours(s.until(t, 4), o, MP4); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	other := filepath.Join(o.Path, "gate 20261122T120000+0100.mp4.part")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(DiscardHours(o.Path, "gate", "", MP4), DiscardHours(filepath.Join(o.Path, "nowhere"), "gate", "", MP4)); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(o.Path, "*")); len(left) != 1 || left[0] != other { // its pattern is good
		t.Errorf("there are %q, want only what is not of an hour", left)
	}
}

// An hour of which everything has expired is still made of what was copied of it.
func TestHoursTakeUpWhatHasExpired(t *testing.T) {
	s := film(t, 6)
	o := s.options(t, "all", 0, time.Hour)
	if _, err := Hours(s.until(t, 4), o, MP4); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.list, s.onLoad = nil, nil
	if files, err := Hours(t.Context(), o, MP4); err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v; want one", files, err)
	}
	if got, want := hourly(t, o.Path), []string{"000", "001", "002"}; !slices.Equal(got, want) {
		t.Errorf("the file has %q, want %q", got, want)
	}
}

// Two accounts have streams with one name, and a person copies both into one folder: neither writes over what the other has begun, nor
// removes it.
func TestHoursOfTwoAccountsInOneFolder(t *testing.T) {
	s := film(t, 6)
	one := s.options(t, "all", 0, time.Hour)
	one.Owner = "one"
	if _, err := Hours(s.until(t, 4), one, MP4); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.onLoad = nil
	other := film(t, 6)
	for _, f := range other.list {
		f.Number = "9" + f.Number
	}
	two := one
	two.Archive, two.Owner = other, "two"
	if _, err := Hours(other.until(t, 3), two, MP4); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := DiscardHours(one.Path, "gate", "two", MP4); err != nil {
		t.Fatal(err)
	}
	other.onLoad, s.loaded = nil, nil
	if files, err := Hours(t.Context(), one, MP4); err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v; want one", files, err)
	}
	if slices.Contains(s.loaded, "000") {
		t.Error("what the first account had begun was begun anew")
	}
	if left, _ := filepath.Glob(filepath.Join(one.Path, "*")); len(left) != 2 { // its pattern is good
		t.Errorf("there are %q, want the file and its proof", left)
	}
}
