package player

import (
	"context"
	"image"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// show is what a painter that looks at every tick of 60 Hz saw.
type show struct {
	frames  []time.Duration // PTS of the pictures shown, without repetitions
	latency []time.Duration // of each
	at      []time.Time
	state   State
}

// watch plays the source to its end under synctest while a painter looks at every tick.
func watch(t *testing.T, work time.Duration, length time.Duration, source func() *fakeSource) show {
	t.Helper()
	var s show
	codecs := &fakeCodecs{size: image.Pt(64, 36), work: work}
	p := New(Options{Open: opener(source), Codecs: codecs})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	ticker := time.NewTicker(time.Second / 60)
	defer ticker.Stop()
	begin := time.Now()
	for now := range ticker.C {
		if now.Sub(begin) > length {
			break
		}
		due := p.Frames().Due(now)
		f := p.Frames().Take(now)
		if f == nil {
			continue
		}
		if n := len(s.frames); n == 0 || s.frames[n-1] != f.PTS {
			if !due {
				t.Errorf("Take gave a new picture that was not due")
			}
			s.frames = append(s.frames, f.PTS)
			s.latency = append(s.latency, now.Sub(f.At))
			s.at = append(s.at, now)
		}
	}
	s.state = p.State()
	cancel()
	<-done
	return s
}

// after returns the latencies of what was shown from the given time on, sorted.
func (s show) after(d time.Duration) []time.Duration {
	var l []time.Duration
	for i, pts := range s.frames {
		if pts >= d {
			l = append(l, s.latency[i])
		}
	}
	slices.Sort(l)
	return l
}

func (s show) report(t *testing.T, from time.Duration) {
	t.Helper()
	l := s.after(from)
	if len(l) == 0 {
		t.Fatalf("nothing shown after %v", from)
	}
	q := func(p int) time.Duration { return l[(len(l)-1)*p/100].Round(100 * time.Microsecond) }
	t.Logf("shown %d late %d skipped %d dropped %d of %d; after %v: latency p0 %v p50 %v p95 %v p100 %v; delay %v",
		s.state.Shown, s.state.Late, s.state.Skipped, s.state.Dropped, s.state.Decoded, from, q(0), q(50), q(95), q(100), s.state.Delay)
}

func TestCadence(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tests := []struct {
		name string
		fps  int
		work time.Duration
		late func(i int) time.Duration
		lost int           // most pictures that may be lost of 60 s
		p50  time.Duration // in the last half
	}{
		{"steady", 30, 3 * time.Millisecond, nil, 0, 40 * time.Millisecond},
		{"steady 60", 60, 3 * time.Millisecond, nil, 0, 40 * time.Millisecond},
		{"jitter 10 ms", 30, 3 * time.Millisecond, func(int) time.Duration {
			return time.Duration(random.Int64N(int64(10 * time.Millisecond)))
		}, 9, 50 * time.Millisecond},
		{"jitter exp 20 ms", 30, 3 * time.Millisecond, func(int) time.Duration {
			return time.Duration(random.ExpFloat64() * float64(20*time.Millisecond))
		}, 18, 200 * time.Millisecond},
		{"bursts of 2 s", 30, 3 * time.Millisecond, func(i int) time.Duration {
			return time.Duration(60-i%60) * time.Second / 30
		}, 70, 2500 * time.Millisecond},
		{"producer fast by 0.1 %", 30, 3 * time.Millisecond, func(i int) time.Duration {
			return 100*time.Millisecond - time.Duration(i)*time.Second/30/1000
		}, 0, 200 * time.Millisecond},
		{"producer slow by 0.1 %", 30, 3 * time.Millisecond, func(i int) time.Duration {
			return time.Duration(i) * time.Second / 30 / 1000
		}, 0, 200 * time.Millisecond},
		{"one gap of 1 s", 30, 3 * time.Millisecond, func(i int) time.Duration {
			if i >= 300 && i < 330 {
				return time.Duration(330-i) * time.Second / 30
			}
			return 0
		}, 30, 100 * time.Millisecond},
		{"backlog of 2 s at the start", 30, 3 * time.Millisecond, func(i int) time.Duration {
			return max(0, time.Duration(60-i)*time.Second/30)
		}, 60, 50 * time.Millisecond},
		{"backlog of 8 s at the start", 30, 3 * time.Millisecond, func(i int) time.Duration {
			return max(0, time.Duration(240-i)*time.Second/30)
		}, 240, 50 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const length = 60 * time.Second
				n := 60 * test.fps
				s := watch(t, test.work, length+time.Second, func() *fakeSource { return newSource(steady(n, test.fps, test.late)) })
				s.report(t, length/2)
				if lost := n - len(s.frames); lost > test.lost {
					t.Errorf("%d of %d pictures were lost, %d may be", lost, n, test.lost)
				}
				if l := s.after(length / 2); l[len(l)/2] > test.p50 {
					t.Errorf("p50 of latency is %v, want at most %v", l[len(l)/2], test.p50)
				}
			})
		})
	}
}
