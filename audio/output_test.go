package audio

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
)

var errNone = errors.New("there is no device")

// Without a device sound goes by at its own pace.
func TestSilenceKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutput(func(context.Context, func([]float32, time.Time)) error { return errNone }, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			o.Run(ctx)
		}()
		s := &stage{Output: o, t: t}
		v := o.NewVoice()
		v.Follow(clockOf(0, time.Now().Add(100*time.Millisecond)))
		s.feed(v, 0, time.Minute, 100*time.Millisecond)
		if got := v.Stats(); (got.Heard-time.Minute).Abs() > 200*time.Millisecond || got.Cuts+got.Gaps > 0 || got.Skew.Abs() > time.Millisecond {
			t.Errorf("after a minute: %+v", got)
		}
		if !errors.Is(o.Err(), errNone) {
			t.Errorf("the error is %v", o.Err())
		}
		cancel()
		<-done
	})
}

// A device that is lost is looked for again; meanwhile sound goes by, and what is heard afterwards is in time.
func TestALostDeviceComesBack(t *testing.T) {
	errGone := errors.New("unplugged")
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, began: time.Now()}
		var tries []time.Duration
		s.Output = NewOutput(func(ctx context.Context, pull func([]float32, time.Time)) error {
			since := time.Since(s.began)
			tries = append(tries, since)
			switch {
			case since < time.Second:
				ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
				defer cancel()
				_ = s.device(ctx, pull)
				return errGone
			case since < 7*time.Second:
				return errGone
			}
			return s.device(ctx, pull)
		}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx)
		}()
		v := s.NewVoice()
		v.Follow(clockOf(0, time.Now().Add(100*time.Millisecond)))
		go func() {
			for at, want := range map[time.Duration]error{time.Second: nil, 4 * time.Second: errGone, 11 * time.Second: nil} {
				time.AfterFunc(at, func() {
					if err := s.Err(); !errors.Is(err, want) {
						t.Errorf("after %v the error is %v, want %v", at, err, want)
					}
				})
			}
		}()
		s.feed(v, 0, 12*time.Second, 100*time.Millisecond)
		cancel()
		<-done
		if len(tries) != 4 || tries[1] < 3*time.Second || tries[2] < 5*time.Second || tries[3] < 9*time.Second {
			t.Errorf("the device was tried at %v", tries)
		}
		if got := v.Stats(); got.Cuts+got.Gaps > 1 || got.Skew.Abs() > 2*time.Millisecond {
			t.Errorf("%+v", got)
		}
		if _, peak := s.loudest(10*time.Second, 11*time.Second); peak < 0.45 {
			t.Errorf("on the device that is back it is %.2f loud", peak)
		}
	})
}

// The device is open while there is something to play, and a little longer.
func TestTheDeviceIsOpenWhileThereIsSound(t *testing.T) {
	var open atomic.Int32
	synctest.Test(t, func(t *testing.T) {
		o := NewOutput(func(ctx context.Context, pull func([]float32, time.Time)) error {
			open.Add(1)
			defer open.Add(-1)
			return Silent(ctx, pull)
		}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			o.Run(ctx)
		}()
		v := o.NewVoice()
		check := func(when string, want int32) {
			synctest.Wait()
			if n := open.Load(); n != want {
				t.Errorf("%s: %d devices are open", when, n)
			}
		}
		check("at first", 0)
		for range 2 {
			v.Follow(clockOf(0, time.Now()))
			time.Sleep(time.Second)
			check("while a voice follows a clock", 1)
			v.Hush()
			time.Sleep(time.Second)
			check("a second later", 1)
			time.Sleep(idleAfter)
			check("long after", 0)
		}
		cancel()
		<-done
	})
}

// Voices add up, and never beyond full scale.
func TestVoicesAreMixed(t *testing.T) {
	perform(t, func(s *stage) {
		var voices []*Voice
		for range 3 {
			v := s.NewVoice()
			v.SetVolume(0.5)
			v.Follow(clockOf(0, s.began.Add(200*time.Millisecond)))
			voices = append(voices, v)
		}
		for pts := time.Duration(0); pts < 2*time.Second; pts += chunk {
			for i, v := range voices {
				if pts >= time.Duration(i)*500*time.Millisecond {
					v.Play(pts, tone(pts))
				}
			}
			if pts == 1500*time.Millisecond {
				for _, v := range voices {
					v.SetVolume(1)
				}
			}
			time.Sleep(chunk)
		}
		for _, part := range []struct {
			from, to time.Duration
			want     float64
		}{{300, 600, 0.25}, {800, 1100, 0.5}, {1300, 1500, 0.75}, {1700, 2000, 1}} {
			if _, peak := s.loudest(part.from*time.Millisecond, part.to*time.Millisecond); math.Abs(peak-part.want) > 0.01 {
				t.Errorf("from %v on it is %.3f loud, want %.2f", part.from*time.Millisecond, peak, part.want)
			}
		}
		for _, v := range voices {
			v.Hush()
		}
	})
}

// A device whose times waver is heard evenly all the same.
func TestADeviceWhoseTimesWaver(t *testing.T) {
	o := NewOutput(Silent, nil)
	o.stop = func() {}
	out := make([]float32, framesOf(period)*media.SoundChannels)
	start := time.Now()
	last := time.Time{}
	for i := range 600 { // three at a time, every 30 ms, each time as if it were heard in 50 ms
		o.pull(out, start.Add(time.Duration(i/3*3)*period+50*time.Millisecond))
		if step := o.next.Sub(last); i > 0 && (step-period).Abs() > time.Millisecond {
			t.Fatalf("a step of %v after %d", step, i)
		}
		last = o.next
	}
	if off := last.Sub(start.Add(600*period + 50*time.Millisecond)); off.Abs() > 2*period {
		t.Errorf("the times have come to be %v off", off)
	}
}
