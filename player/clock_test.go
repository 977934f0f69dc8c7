package player

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	wall := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	c := NewClock(5*time.Second, wall)
	now := wall.Add(300 * time.Millisecond)
	if got := c.At(now); got != 5300*time.Millisecond {
		t.Errorf("At is %v, want 5.3s", got)
	}
	if got := c.Until(6*time.Second, now); got != 700*time.Millisecond {
		t.Errorf("Until is %v, want 700ms", got)
	}
	if got := c.Due(6 * time.Second); !got.Equal(wall.Add(time.Second)) {
		t.Errorf("Due is %v, want a second after %v", got, wall)
	}
}

func TestClockNudge(t *testing.T) {
	const frame = 40 * time.Millisecond
	c := NewClock(0, time.Unix(1000, 0))
	tests := []struct{ err, step time.Duration }{
		{0, 0},
		{10 * time.Millisecond, time.Millisecond},
		{-10 * time.Millisecond, -time.Millisecond},
		{time.Hour, 2 * time.Millisecond}, // a rate of 0.95
		{-time.Hour, -2 * time.Millisecond},
	}
	for _, test := range tests {
		if got := c.Nudge(test.err, frame).Due(0).Sub(c.Due(0)); got != test.step {
			t.Errorf("an error of %v moved the clock by %v, want %v", test.err, got, test.step)
		}
	}
}
