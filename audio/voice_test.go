package audio

import (
	"math"
	"testing"
	"time"

	"kinora/media"
)

// A click is heard when the clock says, be it that much sound waits or little.
func TestSoundIsHeardAtItsTime(t *testing.T) {
	for _, lead := range []time.Duration{60 * time.Millisecond, 300 * time.Millisecond} {
		perform(t, func(s *stage) {
			v := s.NewVoice()
			v.Follow(clockOf(time.Hour, time.Now().Add(500*time.Millisecond)))
			time.Sleep(500*time.Millisecond - lead)
			for pts := time.Hour; pts < time.Hour+2*time.Second; pts += chunk {
				samples := make([]float32, framesOf(chunk)*media.SoundChannels)
				if pts == time.Hour+time.Second {
					samples[0] = 1
				}
				v.Play(pts, samples)
				time.Sleep(chunk)
			}
			at, peak := s.loudest(0, 3*time.Second)
			if off := at - 1500*time.Millisecond; off.Abs() > time.Millisecond || peak < 0.9 {
				t.Errorf("with a lead of %v the click of 1.5s is heard at %v, with a peak of %.2f", lead, at, peak)
			}
			if got := v.Stats(); got.Cuts+got.Gaps > 0 || got.Heard < 1900*time.Millisecond-lead {
				t.Errorf("with a lead of %v: %+v", lead, got)
			}
			v.Hush()
		})
	}
}

// The clock of what recorded the sound is half a percent too quick or too slow: there is always a little more or less sound than
// time.
func TestSoundFollowsAClockThatDrifts(t *testing.T) {
	for name, drift := range map[string]float64{"quick": 1.005, "slow": 0.995} {
		t.Run(name, func(t *testing.T) {
			perform(t, func(s *stage) {
				v := s.NewVoice()
				start := time.Now()
				v.Follow(clockOf(0, start.Add(100*time.Millisecond)))
				step := time.Duration(float64(chunk) / drift)
				var worst time.Duration
				for i := range 3000 {
					pts := time.Duration(i) * step
					v.Play(pts, tone(time.Duration(i)*chunk))
					time.Sleep(time.Until(start.Add(pts + step)))
					worst = max(worst, v.Stats().Skew.Abs())
				}
				if got := v.Stats(); worst > farOff/2 || got.Cuts+got.Gaps > 0 || got.Dropped > 0 {
					t.Errorf("at most %v beside its time; %+v", worst, got)
				}
				s.smooth(toneStep * (1 + mostSlip))
				v.Hush()
			})
		})
	}
}

// The clock of the pictures is nudged by a twentieth, as the player does it, and the sound goes with it.
func TestSoundFollowsANudgedClock(t *testing.T) {
	perform(t, func(s *stage) {
		v := s.NewVoice()
		start := time.Now()
		clock := clockOf(0, start.Add(200*time.Millisecond))
		v.Follow(clock)
		left, frame := 300*time.Millisecond, time.Second/50
		var worst time.Duration
		for i := range 1500 {
			pts := time.Duration(i) * chunk
			v.Play(pts, tone(pts))
			if i > 50 && left > 0 {
				before := clock.Due(0)
				clock = clock.Nudge(left, frame)
				left -= clock.Due(0).Sub(before)
				v.Follow(clock)
			}
			time.Sleep(time.Until(start.Add(pts + chunk)))
			worst = max(worst, v.Stats().Skew.Abs())
		}
		if got := v.Stats(); worst > farOff || got.Cuts+got.Gaps > 0 {
			t.Errorf("at most %v beside its time; %+v", worst, got)
		}
		s.smooth(toneStep * (1 + mostSlip))
		v.Hush()
	})
}

// A clock that jumps takes the sound along at once, without a click.
func TestSoundJumpsWithItsClock(t *testing.T) {
	for name, by := range map[string]time.Duration{"later": 150 * time.Millisecond, "earlier": -150 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			perform(t, func(s *stage) {
				v := s.NewVoice()
				start := time.Now()
				v.Follow(clockOf(0, start.Add(300*time.Millisecond)))
				for i := range 100 {
					pts := time.Duration(i) * chunk
					v.Play(pts, tone(pts))
					if i == 50 {
						v.Follow(clockOf(0, start.Add(300*time.Millisecond+by)))
					}
					time.Sleep(time.Until(start.Add(pts + chunk)))
				}
				if got := v.Stats(); got.Cuts != 1 || got.Skew.Abs() > 2*time.Millisecond || !got.Sounding {
					t.Errorf("%+v", got)
				}
				s.smooth(toneStep * 2)
				v.Hush()
			})
		})
	}
}

// Sound that stays away becomes silence, without a click at either end, and comes back at its time.
func TestMissingSoundIsSilence(t *testing.T) {
	perform(t, func(s *stage) {
		v := s.NewVoice()
		v.Follow(clockOf(0, s.began.Add(200*time.Millisecond)))
		time.Sleep(100 * time.Millisecond)
		s.feed(v, 0, time.Second, 0)
		time.Sleep(500 * time.Millisecond)
		s.feed(v, 1500*time.Millisecond, 2*time.Second, 0)
		time.Sleep(100 * time.Millisecond)
		if _, peak := s.loudest(1250*time.Millisecond, 1650*time.Millisecond); peak > 0 {
			t.Errorf("where no sound came it is %.2f loud", peak)
		}
		if _, peak := s.loudest(1800*time.Millisecond, 2*time.Second); peak < 0.45 {
			t.Errorf("after the gap it is %.2f loud", peak)
		}
		if got := v.Stats(); got.Gaps != 2 || got.Cuts != 0 {
			t.Errorf("%+v", got)
		}
		s.smooth(toneStep * 2)
		v.Hush()
	})
}

// Volume goes from one to the other without a click, and a muted voice goes on in time.
func TestVolume(t *testing.T) {
	perform(t, func(s *stage) {
		v := s.NewVoice()
		v.Follow(clockOf(0, s.began.Add(200*time.Millisecond)))
		go func() {
			for at, gain := range map[time.Duration]float64{700: 0.1, 1200: 0, 1700: 1} {
				time.AfterFunc(at*time.Millisecond, func() { v.SetVolume(gain) })
			}
		}()
		s.feed(v, 0, 2*time.Second, 100*time.Millisecond)
		for _, part := range []struct {
			from, to time.Duration
			want     float64
		}{{300, 600, 0.5}, {800, 1100, 0.05}, {1300, 1600, 0}, {1800, 2000, 0.5}} {
			if _, peak := s.loudest(part.from*time.Millisecond, part.to*time.Millisecond); math.Abs(peak-part.want) > 0.02*part.want {
				t.Errorf("from %v on it is %.3f loud, want %.2f", part.from*time.Millisecond, peak, part.want)
			}
		}
		if _, peak := v.Level(); math.Abs(peak+6) > 0.5 {
			t.Errorf("a level of %.1f dBFS", peak)
		}
		if got := v.Stats(); got.Cuts+got.Gaps > 0 {
			t.Errorf("%+v", got)
		}
		s.smooth(toneStep * 1.5)
		v.Hush()
		time.Sleep(100 * time.Millisecond)
		if _, peak := v.Level(); !math.IsInf(peak, -1) {
			t.Errorf("a hushed voice shows %.1f dBFS", peak)
		}
		s.smooth(toneStep * 1.5)
	})
}

// Of more than a second the oldest is dropped, and counted.
func TestAVoiceIsBounded(t *testing.T) {
	perform(t, func(s *stage) {
		v := s.NewVoice()
		v.Follow(clockOf(0, time.Now().Add(time.Hour)))
		for pts := time.Duration(0); pts < 3*time.Second; pts += chunk {
			v.Play(pts, tone(pts))
		}
		if got := v.Stats(); got.Queued != time.Second || got.Dropped != 2*time.Second {
			t.Errorf("%+v", got)
		}
		v.Hush()
		if got := v.Stats(); got.Queued != 0 {
			t.Errorf("hushed: %+v", got)
		}
	})
}

// Timestamps in whole milliseconds, holes in them, and sound that comes twice leave no hole and no doubled sound.
func TestTimestampsOfSound(t *testing.T) {
	r := &ring{}
	want := 0
	for i := range 40 { // AAC: 21.33 ms each
		r.write(time.Duration(math.Round(float64(i)*1024/48))*time.Millisecond, make([]float32, 1024*media.SoundChannels))
		want += 1024
	}
	if r.n != want || (r.end-lasting(want)).Abs() > time.Millisecond {
		t.Errorf("%d frames up to %v, want %d up to %v", r.n, r.end, want, lasting(want))
	}
	r.clear()
	r.write(0, make([]float32, 960*media.SoundChannels))
	r.write(60*time.Millisecond, make([]float32, 960*media.SoundChannels)) // 40 ms are missing
	if r.n != framesOf(80*time.Millisecond) || r.end != 80*time.Millisecond {
		t.Errorf("with a hole: %d frames up to %v", r.n, r.end)
	}
	r.write(40*time.Millisecond, make([]float32, 2*960*media.SoundChannels)) // it was there already
	if r.n != framesOf(80*time.Millisecond) {
		t.Errorf("what came twice makes %d frames", r.n)
	}
	r.write(time.Hour, make([]float32, 960*media.SoundChannels))
	if r.n != 960 || r.at() != time.Hour {
		t.Errorf("after a jump: %d frames from %v on", r.n, r.at())
	}
	r.write(time.Minute, make([]float32, 960*media.SoundChannels))
	if r.n != 960 || r.at() != time.Minute {
		t.Errorf("after a jump back: %d frames from %v on", r.n, r.at())
	}
}

func TestPlayingDoesNotAllocate(t *testing.T) {
	o := NewOutput(Silent, nil)
	v := o.NewVoice()
	start := time.Now()
	v.Follow(clockOf(0, start))
	samples, out := tone(0), make([]float32, framesOf(chunk)*media.SoundChannels)
	i := 0
	if n := testing.AllocsPerRun(100, func() {
		v.Play(time.Duration(i)*chunk, samples)
		o.pull(out, start.Add(time.Duration(i)*chunk-50*time.Millisecond))
		i++
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFourVoices(b *testing.B) {
	o := NewOutput(Silent, nil)
	start := time.Now()
	var voices []*Voice
	for range 4 {
		v := o.NewVoice()
		v.Follow(clockOf(0, start))
		voices = append(voices, v)
	}
	samples, out := tone(0), make([]float32, framesOf(chunk)*media.SoundChannels)
	for i := 0; b.Loop(); i++ {
		for _, v := range voices {
			v.Play(time.Duration(i)*chunk, samples)
		}
		o.pull(out, start.Add(time.Duration(i)*chunk-51*time.Millisecond))
	}
}
