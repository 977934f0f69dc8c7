package player

import (
	"testing"
	"time"
)

func TestMeter(t *testing.T) {
	var m meter
	now := time.Unix(1000, 0)
	if got := m.perSecond(now); got != 0 {
		t.Errorf("the zero meter says %v", got)
	}
	run := func(n int, every time.Duration) {
		for range n {
			m.add(now, 10)
			now = now.Add(every)
		}
	}
	near := func(when string, want float64) {
		t.Helper()
		if got := m.perSecond(now); got < want*0.96 || got > want*1.04 {
			t.Errorf("%s: %v a second, want %v", when, got, want)
		}
	}
	run(20, 20*time.Millisecond)
	near("after 0.4 s", 500)
	run(500, 20*time.Millisecond)
	near("after 10 s", 500)
	run(100, 40*time.Millisecond)
	near("four seconds after the rate has halved", 250)
	now = now.Add(time.Second)
	near("a second of silence later", 125)
	now = now.Add(time.Hour)
	near("an hour of silence later", 0)
	run(100, 40*time.Millisecond)
	near("when it goes on", 250)
}
