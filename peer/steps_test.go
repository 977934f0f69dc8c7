package peer

import (
	"testing"
	"time"

	"kinora/internal/leak"
)

func TestStepsOfACall(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	startMaster(t, x, nil)
	began := time.Now()
	v, _ := startViewer(t, x, "one")
	watch(t, v, 3)
	until(t, "all steps are known", func() bool { s := v.Steps(); return !s.Secured.IsZero() && !s.Connected.IsZero() })
	s := v.Steps()
	last, path := began, []time.Time{s.Offered, s.Answered, s.Packet, s.Picture}
	for i, at := range path {
		if at.Before(last) {
			t.Errorf("step %d of %+v came before the one before it", i, s)
		}
		last = at
	}
	if s.Connected.After(s.Secured) || s.Secured.After(last.Add(time.Minute)) || !s.Lost.IsZero() {
		t.Errorf("steps %+v", s)
	}
}
