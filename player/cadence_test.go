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

const tick = time.Second / 60

// show is what a painter saw that looks at every tick of 60 Hz.
type show struct {
	pts     []time.Duration // of the pictures shown, without repetitions
	at      []time.Time     // when they were
	latency []time.Duration // their ages then, by the producer's clock
	state   State
}

// watch plays a source for some time of a bubble of synctest while a painter looks at every tick. Decoding a packet
// takes work.
func watch(t *testing.T, length, work time.Duration, source func() *fakeSource) show {
	t.Helper()
	var s show
	random := rand.New(rand.NewPCG(3, 4))
	p := New(Options{Open: opener(source), Codecs: &fakeCodecs{size: image.Pt(64, 36), work: work}})
	stop := start(t, p)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for begin := time.Now(); time.Since(begin) < length; {
		<-ticker.C
		time.Sleep(time.Duration(random.Int64N(int64(2 * time.Millisecond)))) // ticks are not exact
		now := time.Now()
		due := p.Frames().Due(now)
		f := p.Frames().Take(now)
		if n := len(s.pts); f == nil || n > 0 && s.pts[n-1] == f.PTS {
			continue
		}
		if !due {
			t.Errorf("Take gave the picture of %v before it was due", f.PTS)
		}
		s.pts = append(s.pts, f.PTS)
		s.at = append(s.at, now)
		s.latency = append(s.latency, now.Sub(f.At))
	}
	s.state = p.State()
	if err := stop(); err != context.Canceled {
		t.Errorf("Run ended with %v, want the context's error", err)
	}
	return s
}

// after returns the latencies of what was shown from the given media time on, sorted.
func (s show) after(pts time.Duration) []time.Duration {
	i := 0
	for i < len(s.pts) && s.pts[i] < pts {
		i++
	}
	l := slices.Clone(s.latency[i:])
	slices.Sort(l)
	return l
}

// within returns a lateness of up to d at random, the same in each run.
func within(d time.Duration) func(int) time.Duration {
	random := rand.New(rand.NewPCG(1, 2))
	return func(int) time.Duration { return time.Duration(random.Int64N(int64(d))) }
}

func TestCadence(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const (
		fps    = 30
		n      = 60 * fps
		length = 60 * time.Second
		period = time.Second / fps
	)
	tests := []struct {
		name string
		late func(i int) time.Duration // arrival of picture i, against its media time
		lost int                       // most pictures of 60 s that may not be shown
		p50  time.Duration             // most latency in the second half
	}{
		{"steady", nil, 0, 30 * time.Millisecond},
		{"jitter of up to 10 ms", within(10 * time.Millisecond), 0, 40 * time.Millisecond},
		{"jitter of up to 50 ms", within(50 * time.Millisecond), 5, 100 * time.Millisecond},
		{"jitter of 20 ms on average, with a long tail", func(int) time.Duration {
			return time.Duration(random.ExpFloat64() * float64(20*time.Millisecond))
		}, 18, 150 * time.Millisecond},
		{"bursts of 2 s", func(i int) time.Duration {
			return time.Duration(60-i%60) * period
		}, 64, 2200 * time.Millisecond}, // the first burst is history when it arrives
		{"bursts of 4 s", func(i int) time.Duration {
			return time.Duration(120-i%120) * period
		}, 130, 4300 * time.Millisecond},
		{"bursts of 2 s for 20 s, then steady", func(i int) time.Duration {
			if i < 600 {
				return time.Duration(60-i%60) * period
			}
			return 0
		}, 64, 1250 * time.Millisecond}, // shrinking by 50 ms a second
		{"bursts of 4 s for 20 s, then steady", func(i int) time.Duration {
			if i < 600 {
				return time.Duration(120-i%120) * period
			}
			return 0
		}, 250, 40 * time.Millisecond}, // far too large a delay is cut
		{"producer's clock slow by 0.1 %", func(i int) time.Duration {
			return time.Duration(i) * period / 1000
		}, 0, 85 * time.Millisecond},
		{"producer's clock fast by 0.1 %", func(i int) time.Duration {
			return 100*time.Millisecond - time.Duration(i)*period/1000
		}, 0, 110 * time.Millisecond},
		{"one silence of 1 s", func(i int) time.Duration {
			if i < 300 || i >= 330 {
				return 0
			}
			return time.Duration(330-i) * period
		}, 9, 100 * time.Millisecond},
		{"one silence of 4 s", func(i int) time.Duration {
			if i < 300 || i >= 420 {
				return 0
			}
			return time.Duration(420-i) * period
		}, 130, 40 * time.Millisecond},
		{"history of 2 s at the start", func(i int) time.Duration {
			return max(0, time.Duration(60-i)*period)
		}, 62, 40 * time.Millisecond},
		{"history of 8 s at the start", func(i int) time.Duration {
			return max(0, time.Duration(240-i)*period)
		}, 242, 40 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := watch(t, length+5*time.Second, 3*time.Millisecond, func() *fakeSource {
					return newSource(steady(n, fps, test.late))
				})
				if lost := n - len(s.pts); lost > test.lost {
					t.Errorf("%d of %d pictures were not shown, want at most %d", lost, n, test.lost)
				}
				if !slices.IsSorted(s.pts) {
					t.Error("pictures were shown out of order")
				}
				l := s.after(length / 2)
				q := func(p int) time.Duration { return l[(len(l)-1)*p/100].Round(time.Millisecond / 10) }
				if q(50) > test.p50 {
					t.Errorf("half of the pictures are older than %v, want at most %v", q(50), test.p50)
				}
				t.Logf("shown %d, late %d, skipped %d, dropped %d of %d; latency in the second half: least %v, p50 %v, p95 %v, most %v; delay %v",
					s.state.Shown, s.state.Late, s.state.Skipped, s.state.Dropped, n, q(0), q(50), q(95), q(100), s.state.Delay)
				if got := s.state.Shown + s.state.Late + s.state.Skipped + s.state.Dropped; got != n || s.state.Received != n {
					t.Errorf("%d of %d pictures are accounted for, %d received", got, n, s.state.Received)
				}
			})
		})
	}
}

// Wherever due times fall between two ticks, pictures stay on the screen for the same number of ticks.
func TestEvenCadence(t *testing.T) {
	for _, fps := range []int{30, 60} {
		for phase := range tick / time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				jitter := within(2 * time.Millisecond)
				s := watch(t, 8*time.Second, 3*time.Millisecond, func() *fakeSource {
					return newSource(steady(8*fps, fps, func(i int) time.Duration { return phase*time.Millisecond + jitter(i) }))
				})
				uneven := 0
				for i := fps; i < len(s.at); i++ { // the first second is for finding the phase
					if s.at[i].Sub(s.at[i-1]).Round(tick) != time.Duration(60/fps)*tick {
						uneven++
					}
				}
				if uneven > len(s.at)/100 {
					t.Errorf("%d fps, %d ms off: %d of %d pictures stayed on for an uneven time", fps, phase, uneven, len(s.at))
				}
				if s.state.Late > 0 {
					t.Errorf("%d fps, %d ms off: %d pictures were late", fps, phase, s.state.Late)
				}
			})
		}
	}
}

// After one long silence play goes on at the present; the delay does not grow for it.
func TestOneSilenceIsAnAccident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, 30*time.Second, 3*time.Millisecond, func() *fakeSource {
			return newSource(steady(900, 30, func(i int) time.Duration {
				if i < 310 || i >= 430 {
					return 0
				}
				return time.Duration(430-i) * time.Second / 30
			}))
		})
		if l := s.after(15 * time.Second); l[len(l)-1] > 50*time.Millisecond {
			t.Errorf("a picture was shown %v late after the silence", l[len(l)-1])
		}
	})
}

// A machine that cannot keep up shows fewer pictures, but goes on showing them and stays near the present.
func TestSlowDecoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, 30*time.Second, 50*time.Millisecond, func() *fakeSource { return newSource(steady(900, 30, nil)) })
		for i := 1; i < len(s.at); i++ {
			if pause := s.at[i].Sub(s.at[i-1]); pause > time.Second {
				t.Errorf("nothing new was shown for %v at %v", pause, s.pts[i])
			}
		}
		if l := s.after(0); l[len(l)-1] > 4*time.Second {
			t.Errorf("a picture was shown %v late", l[len(l)-1])
		}
		t.Logf("shown %d, late %d, dropped %d, skipped %d of 900", s.state.Shown, s.state.Late, s.state.Dropped, s.state.Skipped)
	})
}

// The producer's time may jump; play goes on at once.
func TestTimeJumps(t *testing.T) {
	for name, jump := range map[string]time.Duration{"forward": time.Hour, "back": -5 * time.Second, "far back": -time.Hour, "forward a little": time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := watch(t, 15*time.Second, 3*time.Millisecond, func() *fakeSource {
					next := steady(600, 30, nil)
					return newSource(func() (arrival, bool) {
						a, ok := next()
						if a.at >= 10*time.Second {
							a.packet.PTS += jump
						}
						return a, ok
					})
				})
				for i := 1; i < len(s.at); i++ {
					if pause := s.at[i].Sub(s.at[i-1]); pause > 100*time.Millisecond {
						t.Errorf("nothing new was shown for %v at %v", pause, s.pts[i])
					}
				}
				if s.state.Shown < 445 || s.state.Late+s.state.Skipped > 1 {
					t.Errorf("%d of 450 pictures were shown, %d late, %d skipped", s.state.Shown, s.state.Late, s.state.Skipped)
				}
				if s.state.Delay > 50*time.Millisecond {
					t.Errorf("the delay has grown to %v", s.state.Delay)
				}
			})
		})
	}
}
