package clip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kinora/media"
)

// again is a shelf to which a recording was uploaded once more, so much later and with cuts that lie elsewhere by shift.
func (s *shelf) again(shift, later time.Duration) []*media.Recorded {
	both := slices.Clone(s.list)
	for i, f := range s.list {
		second := *f
		second.Number = fmt.Sprintf("%03d", 500+i)
		second.Start, second.Producer, second.Server = f.Start.Add(shift), f.Producer.Add(shift), f.Server.Add(later)
		both = append(both, &second)
	}
	slices.SortStableFunc(both, func(a, b *media.Recorded) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Number, b.Number))
	})
	return both
}

// inFiles is the numbers of all files, in their order, each of which must be as it was made.
func inFiles(t *testing.T, files []string) (numbers []string) {
	t.Helper()
	for _, f := range files {
		p, err := Verify(f)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, numbersOf(p)...)
	}
	return numbers
}

// What was uploaded twice is in a clip once, however the uploads were cut.
func TestWhatWasUploadedTwiceIsThereOnce(t *testing.T) {
	first, second := []string{"000", "001", "002", "003", "004", "005"}, []string{"500", "501", "502", "503", "504", "505"}
	for name, c := range map[string]struct {
		shift, later time.Duration
		want         []string
	}{
		"with other cuts":       {shot / 2, 2 * time.Hour, first},
		"with the same cuts":    {0, 2 * time.Hour, second},
		"before, as it happens": {shot / 2, -2 * time.Hour, append([]string{"500"}, second[1:]...)},
	} {
		t.Run(name, func(t *testing.T) {
			s := film(t, 6)
			s.list = s.again(c.shift, c.later)
			o := s.options(t, "clip.mp4", 0, time.Minute)
			if c.later < 0 {
				o.From = noon.Add(c.shift)
			}
			files, err := Export(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if got := inFiles(t, files); !slices.Equal(got, c.want) {
				t.Errorf("the clip has %q, want %q", got, c.want)
			}
		})
	}
}

// By the service's clock it is the producer's time that tells; two uploads that begin in the same moment are two.
func TestUploadsByTheServicesClock(t *testing.T) {
	s := film(t, 6)
	for i, f := range s.list {
		one := *f
		one.Start = noon.Add(time.Duration((i+1)/2) * shot) // two at a time, behind the first
		one.Server = one.Start
		if i == 5 {
			one.Producer = s.list[2].Producer
		}
		s.list[i] = &one
	}
	o := s.options(t, "clip.mp4", 0, time.Minute)
	files, err := Export(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := inFiles(t, files), []string{"000", "001", "005", "003", "004"}; !slices.Equal(got, want) {
		t.Errorf("the clip has %q, want %q", got, want)
	}
}

// An hour that was copied is not copied once more because its recording was uploaded again.
func TestHoursOfAnUploadThatComesAgain(t *testing.T) {
	for _, shift := range []time.Duration{0, shot / 2} {
		s := film(t, 6)
		o := s.options(t, "all", 0, time.Hour)
		if _, err := Hours(t.Context(), o, MP4); err != nil {
			t.Fatal(err)
		}
		s.list = s.again(shift, 2*time.Hour)
		if files, err := Hours(t.Context(), o, MP4); err != nil || len(files) != 0 {
			t.Errorf("cut %s elsewhere: made %q, %v", shift, files, err)
		}
	}
}

// What an export has begun with stays what it goes on with, when its recording is uploaded again meanwhile.
func TestUploadAgainWhileAnExportIsBrokenOff(t *testing.T) {
	for _, c := range []struct{ shift, later time.Duration }{{0, 2 * time.Hour}, {shot / 2, -2 * time.Hour}} {
		s := film(t, 6)
		o := s.options(t, "clip.mp4", 0, time.Minute)
		if _, err := Export(s.until(t, 4), o); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		s.onLoad, s.loaded = nil, nil
		s.list = s.again(c.shift, c.later)
		files, err := Export(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := inFiles(t, files), []string{"000", "001", "002", "503", "504", "505"}; !slices.Equal(got, want) {
			t.Errorf("cut %s elsewhere: the clip has %q, want %q", c.shift, got, want)
		}
		if slices.Contains(s.loaded, "000") {
			t.Errorf("cut %s elsewhere: it began anew", c.shift)
		}
	}
}

// What comes late into the range of a file that is whole is in the next one, and nothing else is there twice.
func TestWhatComesLateIsInTheNextFile(t *testing.T) {
	s := changing(t, 6, 3)
	all := s.list
	s.list = append(slices.Clone(all[:1]), all[2:]...)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	if first, err := Export(s.until(t, 5), o); !errors.Is(err, context.Canceled) || len(first) != 1 {
		t.Fatalf("files %q, %v; want one that is whole", first, err)
	}
	s.list, s.onLoad = all, nil
	files, err := Export(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := inFiles(t, files), []string{"000", "002", "001", "003", "004", "005"}; !slices.Equal(got, want) {
		t.Errorf("the files %q have %q, want %q", files, got, want)
	}
}

// What comes late into a file that broke off costs nothing of it that has expired since.
func TestWhatComesLateCostsNothingThatHasExpired(t *testing.T) {
	s := film(t, 6)
	all := s.list
	s.list = append(slices.Clone(all[:1]), all[2:]...)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	if _, err := Export(s.until(t, 5), o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.list, s.onLoad = append(slices.Clone(all[1:3]), all[4:]...), nil // the second has come, the first and the fourth are gone
	files, err := Export(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := inFiles(t, files), []string{"000", "002", "003", "001", "004", "005"}; !slices.Equal(got, want) {
		t.Errorf("the clip has %q, want %q", got, want)
	}
}
