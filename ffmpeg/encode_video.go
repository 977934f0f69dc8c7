package ffmpeg

import (
	"image"
	"runtime"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
	"kinora/media/nal"
)

// videoEncoder makes H.264 with x264, tuned so that each picture's packet comes out before the next picture goes in.
type videoEncoder struct {
	coder
	size     image.Point
	space    colorSpace
	interval time.Duration // between key frames
	frame    time.Duration // one picture at the nominal rate
	scaler   scaler
	picture  *astiav.Frame // converted

	started bool
	last    time.Duration // the last picture's time
	nextKey time.Duration
}

// newVideoEncoder makes an encoder for pictures as src describes them, at rate pictures a second.
func newVideoEncoder(id int, src *astiav.CodecContext, rate float64, o CaptureOptions, emit func(*media.Packet) error) (*videoEncoder, error) {
	size := fit(squarePixels(src), o.MaxSize)
	e := &videoEncoder{
		coder:    coder{context: astiav.AllocCodecContext(x264), packet: astiav.AllocPacket(), emit: emit},
		size:     size,
		space:    outputSpace(src, size),
		interval: o.KeyInterval,
		frame:    time.Duration(float64(time.Second) / rate),
		picture:  astiav.AllocFrame(),
	}
	if err := e.open(o.Bitrate, rate); err != nil {
		e.free()
		return nil, err
	}
	config, err := nal.AVCConfig(e.context.ExtraData())
	if err != nil {
		e.free()
		return nil, err
	}
	e.t = media.Track{ID: id, Kind: media.Video, Codec: media.H264, Private: config, Width: size.X, Height: size.Y}
	return e, nil
}

func (e *videoEncoder) open(bitrate int, rate float64) error {
	if bitrate == 0 {
		bitrate = max(64000, int(float64(e.size.X*e.size.Y)*rate*bitsPerPixel))
	}
	threads := min(runtime.NumCPU(), 1+int(float64(e.size.X*e.size.Y)*rate)/pixelsPerThread)
	cc := e.context
	cc.SetWidth(e.size.X)
	cc.SetHeight(e.size.Y)
	cc.SetPixelFormat(astiav.PixelFormatYuv420P)
	cc.SetTimeBase(nanoseconds)
	cc.SetFramerate(astiav.NewRational(int(rate*1000+0.5), 1000))
	cc.SetBitRate(int64(bitrate))
	cc.SetGopSize(2 + 2*int(e.interval.Seconds()*rate)) // never reached: encode asks for key frames by time
	cc.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	err := e.coder.open(x264, options{
		"preset": "superfast", "tune": "zerolatency", "bf": "0", "threads": itoa(threads), "forced-idr": "1", "sc_threshold": "0",
		"maxrate": itoa(bitrate), "bufsize": itoa(bitrate),
		"colorspace": e.space.matrix, "color_primaries": e.space.primaries, "color_trc": e.space.transfer, "color_range": "tv",
	})
	if err != nil {
		return err
	}
	e.picture.SetWidth(e.size.X)
	e.picture.SetHeight(e.size.Y)
	e.picture.SetPixelFormat(astiav.PixelFormatYuv420P)
	return e.picture.AllocBuffer(0)
}

var (
	x264        = astiav.FindEncoderByName("libx264")
	nanoseconds = astiav.NewRational(1, int(time.Second))
)

// pixelsPerThread is what one core encodes a second with ease: a second thread makes 1280x720 cost a sixth more.
const pixelsPerThread = 1920 * 1088 * 40

// bitsPerPixel gives 2.8 Mbit/s at 1280x720 and 30 pictures a second.
const bitsPerPixel = 0.1

func (e *videoEncoder) encode(f *astiav.Frame, at time.Duration) error {
	if f == nil {
		return e.pump(nil, e.deliver)
	}
	if e.started && at <= e.last {
		return nil // two pictures at one time, or one from before a clock was set back
	}
	p := f
	if f.Width() != e.size.X || f.Height() != e.size.Y || f.PixelFormat() != astiav.PixelFormatYuv420P || f.ColorRange() == astiav.ColorRangeJpeg {
		if err := e.scaler.convert(f, e.picture, e.space); err != nil {
			return err
		}
		p = e.picture
	}
	p.SetPts(int64(at))
	p.SetPictureType(astiav.PictureTypeNone)
	if !e.started || e.gap || at >= e.nextKey-e.frame/2 {
		p.SetPictureType(astiav.PictureTypeI)
	}
	e.started, e.last = true, at
	return e.pump(p, e.deliver)
}

func (e *videoEncoder) deliver(data []byte, pts int64, key bool) error {
	at := time.Duration(pts)
	if key {
		e.nextKey = at + e.interval
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
	e.picture.Free()
	e.scaler.free()
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
