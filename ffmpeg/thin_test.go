package ffmpeg

import (
	"testing"
	"time"
)

func TestThinnerKeepsTheRate(t *testing.T) {
	const ms = time.Millisecond
	every := func(step time.Duration, n int) (times []time.Duration) {
		for i := range n {
			times = append(times, time.Duration(i)*step)
		}
		return times
	}
	jitter := every(time.Second/30, 300)
	for i := range jitter {
		jitter[i] += time.Duration(i*7919%11) * ms
	}
	pause := append(every(time.Second/30, 30), 10*time.Second, 10*time.Second+33*ms, 10*time.Second+67*ms, 10*time.Second+100*ms)
	for name, c := range map[string]struct {
		rate  float64
		times []time.Duration
		want  int
	}{
		"no limit":       {0, every(time.Second/30, 300), 300},
		"half":           {15, every(time.Second/30, 300), 150},
		"two thirds":     {20, every(time.Second/30, 300), 200},
		"same":           {30, every(time.Second/30, 300), 300},
		"slower already": {15, every(time.Second/10, 100), 100},
		"jitter":         {15, jitter, 150},
		"after a pause":  {15, pause, 15 + 2},
		"one a minute":   {1. / 60, every(time.Second, 600), 10},
	} {
		t.Run(name, func(t *testing.T) {
			thin, got, burst := newThinner(c.rate), 0, 0
			var last time.Duration
			for i, at := range c.times {
				if !thin.pass(at) {
					continue
				}
				if got++; i > 0 && c.rate > 0 && at-last < time.Duration(float64(time.Second)/c.rate)/2 {
					burst++
				}
				last = at
			}
			if got < c.want-1 || got > c.want+1 || burst > 0 {
				t.Errorf("%d of %d pass, %d much too close; want %d", got, len(c.times), burst, c.want)
			}
		})
	}
}
