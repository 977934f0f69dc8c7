package clip

import (
	"errors"
	"strings"
	"testing"
	"time"
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
