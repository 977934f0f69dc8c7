package audio

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/player"
)

// stage is an output whose device writes down what it takes, and when that is heard.
type stage struct {
	*Output
	t     *testing.T
	began time.Time
	sound []float32 // left channel, from began on
}

// perform runs a test on a stage, in a bubble.
func perform(t *testing.T, do func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, began: time.Now()}
		s.Output = NewOutput(s.device, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx)
		}()
		do(s)
		cancel()
		<-done
	})
}

func (s *stage) device(ctx context.Context, pull func([]float32, time.Time)) error {
	return Silent(ctx, func(out []float32, at time.Time) {
		pull(out, at)
		from := framesOf(at.Sub(s.began))
		for len(s.sound) < from {
			s.sound = append(s.sound, 0)
		}
		for i := 0; i < len(out); i += media.SoundChannels {
			s.sound = append(s.sound, out[i])
		}
	})
}

// loudest returns the loudest frame of some, and how loud it is.
func (s *stage) loudest(from, to time.Duration) (at time.Duration, peak float64) {
	synctest.Wait()
	for i := framesOf(from); i < min(len(s.sound), framesOf(to)); i++ {
		if loud := math.Abs(float64(s.sound[i])); loud > peak {
			at, peak = lasting(i), loud
		}
	}
	return at, peak
}

// smooth fails when two frames that follow upon one another differ by more than a step.
func (s *stage) smooth(step float64) {
	s.t.Helper()
	synctest.Wait()
	for i := 1; i < len(s.sound); i++ {
		if d := math.Abs(float64(s.sound[i] - s.sound[i-1])); d > step {
			s.t.Fatalf("a step of %.3f at %v", d, lasting(i))
		}
	}
}

const chunk = 20 * time.Millisecond

// tone is a chunk of 200 Hz at half of full scale.
func tone(pts time.Duration) []float32 {
	samples := make([]float32, framesOf(chunk)*media.SoundChannels)
	for i := range samples {
		at := pts.Seconds() + float64(i/media.SoundChannels)/media.SoundRate
		samples[i] = float32(0.5 * math.Sin(2*math.Pi*200*at))
	}
	return samples
}

// toneStep is the most that two frames of tone differ, with some room.
const toneStep = 1.1 * 0.5 * 2 * math.Pi * 200 / media.SoundRate

// feed gives a voice tones of media times, each a lead before it is due by a clock that starts now, until it is over.
func (s *stage) feed(v *Voice, from, to, lead time.Duration) {
	start := time.Now()
	for pts := from; pts < to; pts += chunk {
		if wait := time.Until(start.Add(pts - from - lead)); wait > 0 {
			time.Sleep(wait)
		}
		v.Play(pts, tone(pts))
	}
	time.Sleep(time.Until(start.Add(to - from)))
}

func clockOf(pts time.Duration, at time.Time) player.Clock { return player.NewClock(pts, at) }
