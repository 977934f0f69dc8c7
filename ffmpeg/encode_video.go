package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"sync/atomic"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
	"kinora/media/nal"
)

// videoEncoder makes H.264 of pictures of any size and format. An encoder of the hardware that fails while it runs is
// replaced by software, at the picture at which it failed; as its parameter sets differ, the track changes then, and the
// next packet is marked Discontinuity.
type videoEncoder struct {
	coder
	settings settings
	codec    *h264 // in use
	spare    *h264 // takes over when that fails; nil: nothing does
	framing  *framing
	surface  *astiav.Frame // in the graphics card's memory
	thinner  thinner

	budget  int          // the ceiling that it began with
	ceiling atomic.Int64 // bits a second, as wanted
	using   atomic.Pointer[h264]
	asked   atomic.Bool // for a key frame
	stale   bool        // to be opened anew at the next key frame, to take another ceiling

	started bool
	last    time.Duration // the last picture's time
	passed  time.Duration // the last packet's time
	holds   int           // pictures that the encoder has given no packet for
	nextKey time.Duration
}

// newVideoEncoder makes an encoder for pictures as src describes them, at rate pictures a second. Their size, rate and
// bits are the least of what the options and their preset say. The epoch is the wall time of media time zero, which text
// in the picture is about.
func newVideoEncoder(id int, src *astiav.CodecContext, rate float64, o CaptureOptions, epoch time.Time, emit func(*media.Packet) error) (*videoEncoder, error) {
	facing := orientation{o.Rotate, o.Mirror}
	if err := facing.check(); err != nil {
		return nil, err
	}
	codecs, err := choose(o.Encoder)
	if err != nil {
		return nil, err
	}
	s := settings{quality: o.Preset.quality(), facing: facing, interval: o.KeyInterval}
	s.most = least(o.MaxRate, s.quality.rate)
	s.size, s.rate, s.bitrate = o.Preset.Plan(fit(facing.size(squarePixels(src)), o.MaxSize), least(rate, s.most))
	if o.Bitrate > 0 {
		s.bitrate = max(o.Bitrate, minBitrate)
	}
	s.space = outputSpace(src, s.size)
	if o.Burn.Time || o.Burn.Text != "" {
		if s.burner, err = newBurner(o.Burn.Time, o.Burn.Text); err != nil {
			return nil, err
		}
	}
	s.epoch = epoch
	return openVideoEncoder(id, s, codecs, emit)
}

// openVideoEncoder takes the first of the codecs that opens. The burner among the settings becomes its own.
func openVideoEncoder(id int, s settings, codecs []*h264, emit func(*media.Packet) error) (*videoEncoder, error) {
	e := &videoEncoder{
		coder:    coder{t: media.Track{ID: id, Kind: media.Video, Codec: media.H264, Width: s.size.X, Height: s.size.Y}, packet: astiav.AllocPacket(), emit: emit},
		settings: s,
		budget:   s.bitrate,
		spare:    software,
		surface:  astiav.AllocFrame(),
		thinner:  newThinner(s.most),
	}
	e.ceiling.Store(int64(s.bitrate))
	var err error
	for _, c := range codecs {
		if err = e.use(c); err == nil {
			return e, nil
		}
		logger().Debug("ffmpeg: an encoder does not open", "encoder", c.name, "error", err)
	}
	e.free()
	return nil, err
}

// use opens a codec in place of the one before. The track changes when its parameter sets do.
func (e *videoEncoder) use(codec *h264) error {
	cc, err := codec.open(e.settings)
	if err != nil {
		return err
	}
	config, err := nal.AVCConfig(cc.ExtraData())
	if err != nil {
		cc.Free()
		return fmt.Errorf("the encoder %s: %w", codec.name, err)
	}
	if e.codec == nil || e.codec.format != codec.format {
		f, err := newFraming(e.settings, codec.format)
		if err != nil {
			cc.Free()
			return err
		}
		if e.framing != nil {
			e.framing.free()
		}
		e.framing = f
	}
	if e.context != nil {
		e.context.Free()
		e.gap = e.gap || !bytes.Equal(config, e.t.Private)
	}
	e.context, e.codec, e.t.Private, e.holds, e.stale = cc, codec, config, 0, false
	e.using.Store(codec)
	return nil
}

// name is FFmpeg's name of the encoder in use. Any goroutine.
func (e *videoEncoder) name() string { return e.using.Load().name }

// setBitrate changes the ceiling, in bits a second; less than minBitrate becomes that. It takes effect with the next
// picture, with some of the hardware at the next key frame. Any goroutine.
func (e *videoEncoder) setBitrate(bps int) { e.ceiling.Store(int64(max(bps, minBitrate))) }

// bitrate is the ceiling now. Any goroutine.
func (e *videoEncoder) bitrate() int { return int(e.ceiling.Load()) }

// encode takes a picture; one that is not later than the last, or comes sooner than wanted, is left out. f stays as it is.
func (e *videoEncoder) encode(f *astiav.Frame, at time.Duration) error {
	if f == nil {
		return e.drain()
	}
	if e.started && at <= e.last { // two pictures at one time, or one from before a clock was set back
		return nil
	}
	if !e.thinner.pass(at) {
		return nil
	}
	key := e.asked.Swap(false) || !e.started || e.gap || at >= e.nextKey-time.Duration(float64(time.Second)/e.settings.rate/2)
	if err := e.adapt(key); err != nil {
		return err
	}
	e.started, e.last = true, at
	err := e.submit(f, at, key)
	if err == nil || !e.failed(err) {
		return err
	}
	if err := e.fallBack(err, at); err != nil {
		return err
	}
	if e.passed == at {
		return nil
	}
	return e.submit(f, at, true)
}

// adapt follows the ceiling that is wanted.
func (e *videoEncoder) adapt(key bool) error {
	if wanted := e.bitrate(); wanted != e.settings.bitrate {
		e.settings.bitrate = wanted
		if e.codec.adapts {
			setCeiling(e.context, e.settings.mean(), wanted)
		} else {
			e.stale = true
		}
	}
	if !key || !e.stale {
		return nil
	}
	if err := e.drain(); err != nil {
		return err
	}
	err := e.use(e.codec)
	if err != nil && e.spare != nil {
		return e.fallBack(err, e.last)
	}
	return err
}

func (e *videoEncoder) submit(f *astiav.Frame, at time.Duration, key bool) error {
	p, err := e.framing.frame(f, e.settings.epoch.Add(at).Local())
	if err != nil {
		return err
	}
	p.SetPts(int64(at))
	p.SetPictureType(astiav.PictureTypeNone)
	if key {
		p.SetPictureType(astiav.PictureTypeI)
	}
	if e.codec.upload != nil {
		if err := e.codec.upload(e.context, e.surface, p); err != nil {
			return &codecError{media.Video, err}
		}
		p = e.surface
	}
	e.holds++
	return e.pump(p, e.deliver)
}

// drain passes on what the encoder holds back.
func (e *videoEncoder) drain() error {
	err := e.pump(nil, e.deliver)
	if err != nil && e.failed(err) {
		return e.fallBack(err, e.last)
	}
	return err
}

// failed reports whether an error is one of the encoder's, and the spare can take over.
func (e *videoEncoder) failed(err error) bool {
	var broken *codecError
	return e.spare != nil && e.codec != e.spare && errors.As(err, &broken)
}

// fallBack goes on with the spare.
func (e *videoEncoder) fallBack(err error, at time.Duration) error {
	lost := e.holds
	if lost > 0 && e.passed < at {
		lost-- // the present one is encoded again
	}
	logger().Warn("ffmpeg: the encoder has failed, another goes on", "encoder", e.codec.name, "goes on", e.spare.name, "error", err, "pictures lost", lost)
	return e.use(e.spare)
}

func (e *videoEncoder) deliver(data []byte, pts int64, key bool) error {
	at := time.Duration(pts)
	e.holds--
	e.passed = at
	if key {
		e.nextKey = at + e.settings.interval
	}
	p := &media.Packet{
		Track: e.t.ID, PTS: at, DTS: at, Key: key, Discontinuity: e.gap,
		Data: nal.AVCC(make([]byte, 0, len(data)+16), data),
	}
	e.gap = false
	return e.emit(p)
}

func (e *videoEncoder) free() {
	e.coder.free()
	e.surface.Free()
	if e.framing != nil {
		e.framing.free()
	}
	if e.settings.burner != nil {
		e.settings.burner.free()
	}
}

// squarePixels is the size of a stream's pictures on screen.
func squarePixels(src *astiav.CodecContext) image.Point {
	size := image.Pt(src.Width(), src.Height())
	if a := src.SampleAspectRatio().Float64(); a > 0.1 && a < 10 {
		size.X = int(float64(size.X)*a + 0.5)
	}
	return size
}

// fit makes size even and at least 16, as the encoder asks, and no larger than limit (zero: no limit) with its shape kept.
func fit(size, limit image.Point) image.Point {
	scale := 1.0
	if limit.X > 0 {
		scale = min(scale, float64(limit.X)/float64(size.X))
	}
	if limit.Y > 0 {
		scale = min(scale, float64(limit.Y)/float64(size.Y))
	}
	even := func(n int) int { return max(16, int(float64(n)*scale+1e-6)&^1) }
	return image.Pt(even(size.X), even(size.Y))
}

// least is the smaller of two limits, of which zero is none.
func least(a, b float64) float64 {
	if a > 0 && (b <= 0 || a < b) {
		return a
	}
	return b
}
