package main

import (
	"testing"
	"time"

	"kinora/internal/rig"
)

func TestForwardingMatchesFramesByMediaTime(t *testing.T) {
	start := time.UnixMilli(1_700_000_000_123)
	var sent []time.Time
	var arrived []arrival
	for i := range 100 {
		at := start.Add(time.Duration(i)*rig.FrameTime + time.Duration(i%5)*time.Millisecond)
		sent = append(sent, at)
		if i >= 10 { // the reader came late: frames 10 to 20 at once
			pts := (time.Duration(start.UnixMilli()) * time.Millisecond) + time.Duration(i)*rig.FrameTime
			came := at
			if i < 20 {
				came = start.Add(20 * rig.FrameTime)
			}
			arrived = append(arrived, arrival{pts.Truncate(time.Millisecond), came.Add(3 * time.Millisecond)})
		}
	}
	took, err := forwarding(sent, arrived)
	if err != nil {
		t.Fatal(err)
	}
	if len(took) != 79 {
		t.Errorf("%d frames were matched, want 79", len(took))
	}
	for _, d := range took {
		if d != 3*time.Millisecond {
			t.Errorf("a frame took %v, want 3ms", d)
		}
	}
	if _, err := forwarding(sent, arrived[:5]); err == nil {
		t.Error("five frames were enough")
	}
	arrived[50].pts += time.Hour
	if _, err := forwarding(sent, arrived); err == nil {
		t.Error("a frame that was never sent was accepted")
	}
}
