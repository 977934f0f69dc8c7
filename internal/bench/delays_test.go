package main

import (
	"testing"
	"time"

	"kinora/internal/rig"
)

func TestDelaysOverSeveralLoops(t *testing.T) {
	start := time.Unix(0, 0)
	const loop, count = 10, 35
	var sent []time.Time
	var seen []rig.Sighting
	for i := range count {
		at := start.Add(time.Duration(i) * rig.FrameTime)
		sent = append(sent, at)
		if i%7 != 6 { // these are never shown
			seen = append(seen, rig.Sighting{Number: uint32(i % loop), At: at.Add(50 * time.Millisecond)})
		}
	}
	took, expected := delays(sent, seen, loop, sent[5], sent[30])
	if expected != 25 || len(took) != 21 {
		t.Errorf("%d of %d frames were seen, want 21 of 25", len(took), expected)
	}
	for _, d := range took {
		if d != 50*time.Millisecond {
			t.Errorf("a frame took %v, want 50ms", d)
		}
	}
}

func TestFramesFromBeforeTheStartAreIgnored(t *testing.T) {
	start := time.Unix(100, 0)
	took, expected := delays([]time.Time{start}, []rig.Sighting{{Number: 7, At: start.Add(-time.Second)}, {Number: 7, At: start.Add(time.Second)}}, 10, start, start.Add(time.Minute))
	if len(took) != 0 || expected != 1 {
		t.Errorf("took %v of %d frames, want none of 1", took, expected)
	}
}

func TestPercentile(t *testing.T) {
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(99-i))
	}
	for p, want := range map[float64]time.Duration{0: 0, 50: 50, 95: 95, 100: 99} {
		if got := percentile(all, p); got != want {
			t.Errorf("percentile %v = %d, want %d", p, got, want)
		}
	}
	if got := percentile(nil, 50); got != 0 {
		t.Errorf("percentile of nothing = %d", got)
	}
}
