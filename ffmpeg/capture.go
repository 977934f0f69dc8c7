package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

// Input names something to capture.
type Input struct {
	Format  string            // FFmpeg's input device or format: lavfi, x11grab, v4l2, alsa...; empty: found out from the file
	URL     string            // a path, an address, a device, a display, or lavfi's filter graph
	Options map[string]string // FFmpeg's options of that input, "framerate": "30"
	Name    string            // for people; empty: made of kind and URL

	// Graph, for lavfi, makes the filter graph in place of URL, given the wall time of the graph's time zero. It is
	// called each time the graph is started.
	Graph func(start time.Time) string
}

// CaptureOptions say what to capture and how to encode it. The zero values of all but Inputs work.
type CaptureOptions struct {
	Inputs   []Input // the first video and the first audio stream among them are used
	Realtime bool    // pace by the wall clock (generated pictures, files); devices pace themselves
	Loop     bool    // start again at the end (files)

	// Copy passes H.264, H.265, AAC and G.711 on as they are coded. What is coded otherwise is encoded.
	Copy bool
	// Archive, for a file, takes its own creation time as Epoch and reads it as fast as packets are taken.
	Archive bool
	// Reconnect, for an address, opens it again after it broke off, with growing pauses, until the capture ends. The first
	// packet after each gap is marked Discontinuity.
	Reconnect bool
	// Card, for devices: one that is lost after it worked is replaced by a picture that says so, and by silence, until it
	// is back. The first packet after each change is marked Discontinuity.
	Card bool

	Preset       Preset        // quality, and its ceiling
	Encoder      string        // FFmpeg's name of the H.264 encoder; empty: the first that works, hardware before software
	Bitrate      int           // the ceiling of the video, bits a second; zero: by preset, size and rate
	MaxRate      float64       // pictures a second at most; zero: as they come
	KeyInterval  time.Duration // between key frames, one to ten seconds for what is uploaded; zero: 2 s
	MaxSize      image.Point   // larger pictures are scaled down to fit; zero: as they are
	Rotate       int           // pictures, clockwise: 0, 90, 180 or 270 degrees
	Mirror       bool          // pictures, left to right
	Burn         Burn          // into the picture
	AudioBitrate int           // bits a second; zero: by preset
	Call         bool          // sound is coded as calls carry it: Opus of one channel in frames of 20 ms; AAC is not passed on
	Sound        media.Codec   // of a call: G.711 instead of Opus

	patience time.Duration // in place of the constant
	retry    time.Duration // in place of the constant
}

const (
	videoTrack = 1
	audioTrack = 2
)

// Capture opens the inputs and captures: H.264 without B-frames as length-prefixed NAL units with a key frame at each
// KeyInterval, and AAC, or Opus for calls, at 48 kHz; or what the camera has coded, with Copy. Packets come interleaved by DTS. Epoch is the
// wall time of PTS 0, about the time of the call: pictures of devices are timed by the device's clock, those of an address
// by the camera's clock from the moment at which it was reached, paced inputs so that each frame is made at Epoch+PTS. The
// wall clock may be set meanwhile: media time goes on evenly. An input that falls more than a second behind (the machine
// slept, nobody read) goes on at the present time with a packet marked Discontinuity.
//
// The inputs run in goroutines of their own until the source is closed or ctx ends; at most queueLimit packets wait to
// be read. Close must be called also after an error. Errors wrap ErrNoDevice, ErrBusy, ErrDenied, ErrNotMedia, ErrSilent
// or fs.ErrNotExist where they apply.
//
// The source has these methods too, for any goroutine: Level() (rms, peak float64), of the sound in dBFS, minus infinity
// where none is decoded; Trouble() error, why a card is recorded in place of a device or why a camera is being reached
// again, nil when all is well; SetBitrate(bps int) and Bitrate() int, the ceiling of the video, zero where it is copied; KeyFrame(), which makes the next
// picture a key frame unless it is copied; Encoder() string, FFmpeg's name of the video's encoder, or "copy"; Missed() (all, lately int), the
// pictures that the computer was too slow for.
func Capture(ctx context.Context, o CaptureOptions) (media.Source, error) {
	if len(o.Inputs) == 0 {
		return nil, errors.New("there is nothing to capture: no input was chosen")
	}
	if o.KeyInterval <= 0 {
		o.KeyInterval = 2 * time.Second
	}
	c := newCapture(ctx, o)
	if err := c.open(o); err != nil {
		c.Close()
		return nil, err
	}
	c.start()
	return c, nil
}

// capture is a media.Source over running inputs.
type capture struct {
	ctx        context.Context
	cancel     context.CancelCauseFunc
	interrupts []interrupt   // one for each input
	settled    chan struct{} // they have been raised, nothing uses them any more
	close      sync.Once

	hold     time.Duration // of packets, for interleaving
	epoch    time.Time
	clock    clock
	inputs   []*input
	encoders []encoder
	picture  *videoEncoder // nil: there is none, or it is copied
	sound    *audioEncoder // nil: there is none, or it is copied
	copied   bool          // the video
	tracks   []media.Track // what Tracks gives
	changes  changes
	queue    *interleaver
	running  sync.WaitGroup

	broken bool          // a packet was marked Discontinuity
	breach time.Duration // the last one
}

func newCapture(ctx context.Context, o CaptureOptions) *capture {
	c := &capture{settled: make(chan struct{}), hold: holdForever}
	// Generated pictures show the time, which starts when the slower devices are open: they come last.
	sorted := slices.Clone(o.Inputs)
	slices.SortStableFunc(sorted, func(a, b Input) int { return order(a) - order(b) })
	for _, in := range sorted {
		i := newInterrupt()
		c.interrupts = append(c.interrupts, i)
		c.inputs = append(c.inputs, &input{Input: in, options: o, interrupt: i})
		if o.Realtime || in.device() || in.address() {
			c.hold = holdLimit
		}
	}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	context.AfterFunc(c.ctx, func() {
		for _, i := range c.interrupts {
			i.raise()
		}
		close(c.settled)
	})
	return c
}

func order(in Input) int {
	if in.Graph != nil {
		return 1
	}
	return 0
}

func (c *capture) open(o CaptureOptions) error {
	c.epoch, c.clock = startClock()
	want, generated := [2]bool{true, true}, false
	for _, in := range c.inputs {
		if in.Graph != nil && !generated {
			generated = true
			c.epoch, c.clock = startClock()
		}
		in.epoch, in.clock = c.epoch, c.clock
		if err := in.open(c.ctx, want); err != nil {
			return err
		}
		for i, s := range in.streams {
			want[i] = want[i] && s == nil
		}
	}
	c.inputs = slices.DeleteFunc(c.inputs, func(in *input) bool {
		unused := in.streams == [2]*stream{}
		if unused {
			in.close()
		}
		return unused
	})
	if want[0] && want[1] {
		return fmt.Errorf("%s: %w; it has neither pictures nor sound", o.Inputs[0], ErrNotMedia)
	}
	if o.Archive {
		c.epoch = c.inputs[0].recorded(c.epoch)
	}
	return c.openEncoders(o)
}

func (c *capture) openEncoders(o CaptureOptions) error {
	for i := range 2 {
		for _, in := range c.inputs {
			s := in.streams[i]
			if s == nil {
				continue
			}
			if err := c.openEncoder(i, s, o); err != nil {
				return fmt.Errorf("%s: %w", in, err)
			}
			c.encoders = append(c.encoders, s.out)
			c.tracks = append(c.tracks, s.out.track())
		}
	}
	return nil
}

// openEncoder gives a stream its way out. A packet that begins anew takes its track's description along.
func (c *capture) openEncoder(i int, s *stream, o CaptureOptions) (err error) {
	emit := func(p *media.Packet) error {
		if p.Discontinuity {
			c.changes.add(p, s.out.track())
		}
		return c.emit(p)
	}
	switch {
	case s.coded != nil:
		s.out = newCopier([2]int{videoTrack, audioTrack}[i], s.coded, emit)
		c.copied = c.copied || i == 0
	case i == 0:
		c.picture, err = newVideoEncoder(videoTrack, s.decoder, s.rate, o, c.epoch, emit)
		s.out = c.picture
	default:
		c.sound, err = newAudioEncoder(audioTrack, s.decoder, o, emit)
		s.out = c.sound
	}
	return err
}

// start begins capturing at the present time.
func (c *capture) start() {
	for _, in := range c.inputs {
		in.epoch, in.clock = c.epoch, c.clock
		in.begin()
	}
	c.run()
}

func (c *capture) run() {
	c.queue = newInterleaver(c.tracks)
	for _, in := range c.inputs {
		c.running.Go(func() {
			// An encoder that is moved between threads leaves its memory behind in another core's cache.
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			if err := in.run(c.ctx); err != nil {
				c.cancel(err)
				return
			}
			for _, s := range in.streams {
				if s != nil {
					c.queue.end(s.out.track().ID)
				}
			}
		})
	}
}

// emit queues a packet, and waits while the queue is full.
func (c *capture) emit(p *media.Packet) error {
	if c.queue.put(p, time.Now()) {
		return nil
	}
	for !c.queue.room() {
		select {
		case <-c.queue.freed:
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		}
	}
	return nil
}

// Read gives the next packet. After all inputs have ended it is io.EOF; after a failure of one, or when ctx has ended,
// that reason, once what was captured before is read; after Close fs.ErrClosed.
func (c *capture) Read() (*media.Packet, error) {
	for {
		hold, err := c.hold, context.Cause(c.ctx)
		if errors.Is(err, fs.ErrClosed) {
			return nil, err
		}
		if err != nil {
			hold = 0
		}
		p, wait, ended := c.queue.take(time.Now(), hold)
		switch {
		case p != nil:
			c.markOnce(p)
			return p, nil
		case ended:
			return nil, io.EOF
		case err != nil:
			return nil, err
		}
		c.await(wait)
	}
}

// markOnce leaves the mark of a discontinuity, at which each track begins anew, on the first packet after it only, and on
// those with which tracks change.
func (c *capture) markOnce(p *media.Packet) {
	if !p.Discontinuity {
		return
	}
	changed := c.adopt(c.changes.take(p))
	if !changed && c.broken && (p.PTS-c.breach).Abs() < lagLimit {
		p.Discontinuity = false
		return
	}
	c.broken, c.breach = true, p.PTS
}

// await waits for the queue to change, for as long as wait if that is not zero, or for the end.
func (c *capture) await(wait time.Duration) {
	var over <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-c.queue.arrived:
	case <-over:
	case <-c.ctx.Done():
	}
}

// Close ends the capture, waits for its goroutines and frees its memory. It may be called twice.
func (c *capture) Close() error {
	c.close.Do(func() {
		c.cancel(errClosed("capture"))
		c.running.Wait()
		<-c.settled
		for _, in := range c.inputs {
			in.close()
		}
		for _, e := range c.encoders {
			e.free()
		}
		for _, i := range c.interrupts {
			i.free()
		}
	})
	return nil
}
