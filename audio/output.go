// Package audio is the loudspeaker: the sounds of several tiles, mixed, each heard at the time of its picture.
//
// An [Output] mixes its [Voice] values for one device. A voice gets sound of media times and a [player.Clock] that says when
// media time is heard; it keeps the sound within some milliseconds of that by playing it a little faster or slower. While there
// is no device, or it is lost, sound goes by at the same pace and is heard by nobody, and a device is looked for with growing
// pauses. The device is open only while there is something to play.
//
//	player -> Voice (ring, clock) -> Output.pull (mix) -> Device: a loudspeaker, or silence
package audio

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

const (
	idleAfter = 5 * time.Second // without anything to play the device is closed
	minPause  = time.Second     // before a device is looked for again
	maxPause  = 16 * time.Second
	goodPlay  = 10 * time.Second // of a device after which its loss counts as the first one again
)

const (
	even   = 64                     // of how far a device's times are off the line of its frames, the part that is believed
	uneven = 200 * time.Millisecond // off that line, times are believed at once
)

// Device takes sound at its own pace: it calls pull for what comes next, with the time at which the first frame of out will be
// heard, until ctx ends (nil) or the device cannot be had or is lost. pull fills out.
type Device func(ctx context.Context, pull func(out []float32, at time.Time)) error

// Output is a device and the voices that are mixed for it.
type Output struct {
	log    *slog.Logger
	device Device
	wake   chan struct{} // holds one token when a voice has joined

	mu     sync.Mutex
	voices []*Voice
	idle   time.Duration      // without a voice
	stop   context.CancelFunc // of the device
	real   bool               // it can be heard
	err    error              // why none can
	next   time.Time          // when what is pulled next will be heard
	ahead  time.Duration      // of that, a device pulls
}

// NewOutput returns an output to a device, at rest; Run plays. A nil log discards.
func NewOutput(d Device, log *slog.Logger) *Output {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Output{log: log, device: d, wake: make(chan struct{}, 1)}
}

// Err says why nothing can be heard; nil when it can, or nothing was to be played yet.
func (o *Output) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// Run plays until ctx ends. It waits for all that it started.
func (o *Output) Run(ctx context.Context) {
	for o.busy(ctx) {
		for pause := minPause; ctx.Err() == nil; pause = min(2*pause, maxPause) {
			began := time.Now()
			err := o.play(ctx, o.device, true)
			if err == nil {
				break
			}
			if time.Since(began) > goodPlay {
				pause = minPause
			}
			o.trouble(err)
			quiet, cancel := context.WithTimeout(ctx, pause)
			_ = o.play(quiet, Silent, false) // never fails
			over := quiet.Err() == nil
			cancel()
			if over {
				break
			}
		}
	}
}

// busy waits until there is something to play; false: ctx has ended.
func (o *Output) busy(ctx context.Context) bool {
	for {
		o.mu.Lock()
		n := len(o.voices)
		o.mu.Unlock()
		if n > 0 && ctx.Err() == nil {
			return true
		}
		select {
		case <-o.wake:
		case <-ctx.Done():
			return false
		}
	}
}

// play lets a device play until it is lost, or ctx ends, or there has been nothing to play for a while (nil).
func (o *Output) play(ctx context.Context, d Device, real bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.mu.Lock()
	o.stop, o.idle, o.real, o.next = cancel, 0, real, time.Time{}
	o.mu.Unlock()
	return d(ctx, o.pull)
}

// pull mixes what comes next. What a device says of when it is heard wavers; the device's own clock is even.
func (o *Output) pull(out []float32, said time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := said
	if off := said.Sub(o.next); off.Abs() < uneven {
		at = o.next.Add(off / even)
	}
	o.next = at.Add(lasting(len(out) / media.SoundChannels))
	o.ahead = max(0, time.Until(at))
	if o.real {
		o.err = nil
	}
	clear(out)
	o.voices = slices.DeleteFunc(o.voices, func(v *Voice) bool { return !v.mix(out, at) })
	for i, s := range out {
		out[i] = max(-1, min(1, s))
	}
	if len(o.voices) > 0 {
		o.idle = 0
	} else if o.idle += lasting(len(out) / media.SoundChannels); o.idle >= idleAfter {
		o.stop()
	}
}

// lead is how long before it is heard sound is pulled.
func (o *Output) lead() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ahead
}

func (o *Output) join(v *Voice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.Contains(o.voices, v) {
		o.voices = append(o.voices, v)
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// trouble takes note of why nothing is heard, and says it once.
func (o *Output) trouble(err error) {
	o.mu.Lock()
	was := o.err
	o.err = err
	o.mu.Unlock()
	if was == nil || was.Error() != err.Error() {
		o.log.Warn("no sound can be heard", "error", err)
	}
}
