package main

import (
	"context"
	"errors"
	"image"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"kinora/app"
	"kinora/audio"
	"kinora/ffmpeg"
	"kinora/kvs"
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

// flashing is a camera that flashes and clicks each second.
var flashing = ffmpeg.CaptureOptions{Realtime: true, KeyInterval: time.Second, Inputs: []ffmpeg.Input{
	{Format: "lavfi", URL: "color=c=black:s=64x36:r=30,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.03)',format=yuv420p"},
	{Format: "lavfi", URL: "aevalsrc='if(lt(mod(t,1),0.02),0.9*sin(2000*PI*t),0)':s=48000"},
}}

// skews plays what flashes and clicks, and returns how much later than a flash is due on the screen its click is heard, by the pace of a device.
// Of a number of flashes the first and the last do not count: the clock settles, and the last click may still come.
func skews(t testing.TB, open media.Opener, count int) (late []time.Duration) {
	t.Helper()
	c := &clicks{}
	output := audio.NewOutput(c.device, nil)
	p := player.New(player.Options{Codecs: decoders{}, Voice: output.NewVoice(), Open: open})
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

	tick, over := time.NewTicker(5*time.Millisecond), time.After(time.Minute+time.Duration(count)*time.Second)
	defer tick.Stop()
	var flashes []time.Time
	bright := true
	for len(flashes) < count {
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
		case <-over:
			t.Fatalf("%d flashes of %d: %+v", len(flashes), count, p.State())
		}
	}
	for _, flash := range flashes[1 : len(flashes)-1] {
		if d, ok := c.near(flash); ok {
			late = append(late, d)
		}
	}
	if len(late) < 2 {
		t.Fatalf("%d of %d flashes have a click: %+v", len(late), len(flashes), p.State())
	}
	return late
}

// What is coded as a recording is: the click is heard when the flash is due.
func TestAClickIsHeardWithItsFlash(t *testing.T) {
	late := skews(t, func(ctx context.Context) (media.Source, error) { return ffmpeg.Capture(ctx, flashing) }, 6)
	slices.Sort(late)
	if middle := late[len(late)/2]; middle.Abs() > skewMost {
		t.Errorf("clicks are heard %v after their flashes", late)
	} else {
		t.Logf("clicks are heard %v after their flashes", late)
	}
}

// BenchmarkSkew is how far a click is from its flash when both come over the service: by a stream, and by a call.
func BenchmarkSkew(b *testing.B) {
	for name, begin := range map[string]func(testing.TB, context.Context, *account) media.Opener{"GetMedia": streamed, "call": called} {
		b.Run(name, func(b *testing.B) {
			acc, _ := dialled(b)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			open := begin(b, ctx, acc)
			var far []time.Duration
			for b.Loop() {
				for _, late := range skews(b, open, 30)[2:] { // a call's clock is drawn to the master's
					far = append(far, late.Abs())
				}
			}
			slices.Sort(far)
			b.ReportMetric(float64(far[len(far)/2])/1e6, "median-ms")
			b.ReportMetric(float64(far[len(far)*95/100])/1e6, "p95-ms")
		})
	}
}

// background runs something beside a test until ctx ends, which is no error.
func background(t testing.TB, ctx context.Context, what string, run func() error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(); err != nil && ctx.Err() == nil {
			t.Errorf("%s: %v", what, err)
		}
	}()
	t.Cleanup(func() { <-done })
}

// streamed sends the camera into a stream, and opens that.
func streamed(t testing.TB, ctx context.Context, acc *account) media.Opener {
	t.Helper()
	if err := acc.Create(ctx, "gate", time.Hour); err != nil {
		t.Fatal(err)
	}
	source, err := ffmpeg.Capture(ctx, flashing)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	r, w := io.Pipe()
	background(t, ctx, "the camera", func() error { err := write(source, w); w.CloseWithError(err); return err })
	background(t, ctx, "the upload", func() error { return acc.client.Put(ctx, "gate", r, func(kvs.Ack) {}) })
	return acc.Live("gate", app.Access{})
}

// called shows the camera on a channel, and calls that.
func called(t testing.TB, ctx context.Context, acc *account) media.Opener {
	t.Helper()
	if err := acc.CreateChannel(ctx, "door"); err != nil {
		t.Fatal(err)
	}
	options := flashing
	options.Call = true
	source, err := ffmpeg.Capture(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	host := acc.Host("door", app.HostOptions{Tracks: source.Tracks()})
	background(t, ctx, "the master", func() error { return host.Run(ctx) })
	background(t, ctx, "the camera", func() error { return host.Feed(ctx, source) })
	line := acc.Dial("door", false)
	background(t, ctx, "the call", func() error { return line.Run(ctx) })
	return line.Open
}
