package clip

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kinora/media"
)

// What is not permitted is not tried again; what was copied before is taken up when it is.
func TestWhatIsHopelessIsNotTriedAgain(t *testing.T) {
	s := film(t, 6)
	denied := errors.New("access was denied")
	s.faults["003"] = denied
	o := s.options(t, "clip.mp4", 0, time.Minute)
	o.Hopeless = func(err error) bool { return errors.Is(err, denied) }
	_, err := Export(t.Context(), o)
	if !errors.Is(err, denied) || !strings.Contains(err.Error(), "003") {
		t.Errorf("%v", err)
	}
	if len(s.loaded) != 4 {
		t.Errorf("it loaded %v", s.loaded)
	}
	clear(s.faults)
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if p, err := Verify(o.Path); err != nil || len(p.Pieces) != 6 || len(s.loaded) != 7 {
		t.Errorf("%v; it loaded %v", err, s.loaded)
	}
}

// answering is an archive whose answers break off behind the last fragment that they were to have.
type answering struct {
	*shelf
	breaks func() error
}

func (a answering) Copy(ctx context.Context, list []media.Fragment, each func(media.Fragment, *media.Recorded, error) error) error {
	for _, f := range list {
		r, err := a.Load(ctx, f)
		if err := each(f, r, err); err != nil {
			return err
		}
	}
	return a.breaks()
}

// An answer that had everything is whole, however its connection ends, and even when a person cancels at that moment. So is a clip of
// which everything had been copied before.
func TestWhatHasComeIsEnough(t *testing.T) {
	for _, hopeless := range []bool{false, true} {
		s := film(t, 3)
		o := s.options(t, "clip.mp4", 0, time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		o.Archive = answering{s, func() error {
			cancel()
			return ctx.Err()
		}}
		o.Hopeless = func(error) bool { return hopeless }
		if files, err := Export(ctx, o); err != nil || len(files) != 1 {
			t.Errorf("files %q, %v; want the clip", files, err)
		}
		if err := read(ctx, &o, nil, nil); err != nil {
			t.Errorf("nothing is left to read: %v", err)
		}
	}
}
