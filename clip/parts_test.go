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

// changing is a film whose coding changes behind each of the given fragments.
func changing(t *testing.T, n int, at ...int) *shelf {
	s := film(t, n)
	other := recording(t, "upload-csdk-h265.mkv")[0]
	for i := range s.list {
		changes := 0
		for _, c := range at {
			if i >= c {
				changes++
			}
		}
		if changes%2 == 1 {
			changed := *s.list[i]
			changed.Tracks, changed.Packets = other.Tracks, other.Packets
			s.list[i] = &changed
		}
	}
	return s
}

// until is a context that ends when a shelf was asked for the nth fragment.
func (s *shelf) until(t *testing.T, n int) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s.loaded, s.onLoad = nil, func(now int) {
		if now == n {
			cancel()
		}
	}
	return ctx
}

// An export that broke off is taken up in whichever of its files that was.
func TestExportOfPartsIsTakenUp(t *testing.T) {
	for n := 1; n <= 8; n++ { // the first of each further file is asked for twice
		s := changing(t, 6, 2, 4)
		o := s.options(t, "clip.mp4", 0, time.Minute)
		if _, err := Export(s.until(t, n), o); !errors.Is(err, context.Canceled) {
			t.Fatalf("at %d: %v, want that it is cancelled", n, err)
		}
		s.loaded, s.onLoad = nil, nil
		files, err := Export(t.Context(), o)
		if err != nil || len(files) != 3 {
			t.Errorf("at %d: files %q, %v; want three", n, files, err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(o.Path), "*.part*")); len(left) > 0 { // its pattern is good
			t.Errorf("at %d: %q are left", n, left)
		}
	}
}

// An hour is not taken for whole while one of its files is not.
func TestHoursAreTakenUp(t *testing.T) {
	s := changing(t, 4, 2)
	o := s.options(t, "all", 0, time.Hour)
	first, err := Hours(s.until(t, 4), o, MP4)
	if !errors.Is(err, context.Canceled) || len(first) != 1 {
		t.Fatalf("files %q, %v; want one that is whole", first, err)
	}
	s.onLoad = nil
	files, err := Hours(t.Context(), o, MP4)
	if err != nil || len(files) != 2 || !slices.Contains(files, first[0]) {
		t.Fatalf("files %q, %v; want two", files, err)
	}
	// The program died when a file had its proof and not yet its name.
	if err := os.Rename(first[0], partPath(first[0])); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	if files, err = Hours(t.Context(), o, MP4); err != nil || len(files) != 2 {
		t.Errorf("files %q, %v; want two", files, err)
	}
	if files, err = Hours(t.Context(), o, MP4); err != nil || len(files) != 0 {
		t.Errorf("made again: %q, %v", files, err)
	}
}

// The proof of an export that was taken up names what the format could not hold in its beginning too.
func TestLeftOutIsTakenUp(t *testing.T) {
	s := film(t, 6)
	for i := range 2 {
		more := *s.list[i]
		more.Tracks = append(slices.Clone(more.Tracks), media.Track{ID: 9, Kind: media.Data, Codec: "sensor"})
		s.list[i] = &more
	}
	o := s.options(t, "clip.mp4", 0, time.Minute)
	if _, err := Export(s.until(t, 5), o); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want that it is cancelled", err)
	}
	s.onLoad = nil
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if p, err := Verify(o.Path); err != nil || len(p.LeftOut) != 1 {
		t.Errorf("left out: %q, %v", p.LeftOut, err)
	}
}
