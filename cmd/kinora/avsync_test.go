package main

import (
	"context"
	"errors"
	"image"
	"slices"
	"sync"
	"testing"
	"time"

	"kinora/audio"
	"kinora/ffmpeg"
	"kinora/media"
	"kinora/player"
)

// skewMost is how far a sound may be from its picture.
const skewMost = 40 * time.Millisecond

// clicks is a device that nobody hears, and when it would have been heard to click.
type clicks struct {
	mu    sync.Mutex
	times []time.Time
}

func (c *clicks) device(ctx context.Context, pull func([]float32, time.Time)) error {
	var loud time.Time
	return audio.Silent(ctx, func(out []float32, at time.Time) {
		pull(out, at)
		c.mu.Lock()
		defer c.mu.Unlock()
		for i, s := range out {
			if s < 0.2 && s > -0.2 {
				continue
			}
			when := at.Add(time.Duration(i/media.SoundChannels) * time.Second / media.SoundRate)
			if when.Sub(loud) > time.Second/2 {
				c.times = append(c.times, when)
			}
			loud = when
		}
	})
}

// near returns how much later than a time the nearest click is heard; false: there is none within half a second.
func (c *clicks) near(at time.Time) (late time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	late = time.Second / 2
	for _, click := range c.times {
		if d := click.Sub(at); d.Abs() < late.Abs() {
			late, ok = d, true
		}
	}
	return late, ok
}

// A camera that flashes and clicks each second, coded as a recording is: the click is heard when the flash is due on the screen,
// by the pace of a device.
func TestAClickIsHeardWithItsFlash(t *testing.T) {
	options := ffmpeg.CaptureOptions{Realtime: true, Inputs: []ffmpeg.Input{
		{Format: "lavfi", URL: "color=c=black:s=64x36:r=30,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.03)',format=yuv420p"},
		{Format: "lavfi", URL: "aevalsrc='if(lt(mod(t,1),0.02),0.9*sin(2000*PI*t),0)':s=48000"},
	}}
	c := &clicks{}
	output := audio.NewOutput(c.device, nil)
	p := player.New(player.Options{Codecs: decoders{}, Voice: output.NewVoice(), Open: func(ctx context.Context) (media.Source, error) {
		return ffmpeg.Capture(ctx, options)
	}})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { output.Run(ctx) })
	running.Go(func() {
		if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the player ended with %v", err)
		}
	})
	defer running.Wait()
	defer cancel()
	p.SetFit(image.Pt(64, 36))

	tick, late := time.NewTicker(5*time.Millisecond), time.After(60*time.Second)
	defer tick.Stop()
	var flashes []time.Time
	bright := true
	for len(flashes) < 6 {
		select {
		case now := <-tick.C:
			if !p.Frames().Due(now) {
				continue
			}
			f := p.Frames().Take(now)
			was := bright
			if bright = f.Image.Pix[0] > 128; bright && !was {
				flashes = append(flashes, f.Due)
			}
		case <-late:
			t.Fatalf("%d flashes in a minute: %+v", len(flashes), p.State())
		}
	}
	var skews []time.Duration
	for _, flash := range flashes[1 : len(flashes)-1] { // the clock settles; the last click may still come
		if skew, ok := c.near(flash); ok {
			skews = append(skews, skew)
		}
	}
	if len(skews) < 2 {
		t.Fatalf("%d of %d flashes have a click: %+v", len(skews), len(flashes), p.State())
	}
	slices.Sort(skews)
	if middle := skews[len(skews)/2]; middle.Abs() > skewMost {
		t.Errorf("clicks are heard %v after their flashes", skews)
	} else {
		t.Logf("clicks are heard %v after their flashes", skews)
	}
}
