package ffmpeg

/*
#cgo pkg-config: libavcodec libavutil
#include <libavcodec/avcodec.h>
#include <libavutil/hwcontext.h>
#include "log.h"

// Gives cc pictures of w by h in the graphics card's memory.
static int attach_vaapi(AVCodecContext *cc, const char *node, int w, int h)
{
	AVBufferRef *device = NULL;
	AVHWFramesContext *frames;
	int r = av_hwdevice_ctx_create(&device, AV_HWDEVICE_TYPE_VAAPI, node, NULL, 0);

	if (r < 0)
		return r;
	cc->hw_frames_ctx = av_hwframe_ctx_alloc(device);
	av_buffer_unref(&device);
	if (!cc->hw_frames_ctx)
		return AVERROR(ENOMEM);
	frames = (AVHWFramesContext *)cc->hw_frames_ctx->data;
	frames->format = AV_PIX_FMT_VAAPI;
	frames->sw_format = AV_PIX_FMT_NV12;
	frames->width = w;
	frames->height = h;
	frames->initial_pool_size = 8;
	cc->pix_fmt = AV_PIX_FMT_VAAPI;
	return av_hwframe_ctx_init(cc->hw_frames_ctx);
}

static int upload(AVCodecContext *cc, AVFrame *dst, const AVFrame *src)
{
	int r;

	av_frame_unref(dst);
	if ((r = av_hwframe_get_buffer(cc->hw_frames_ctx, dst, 0)) < 0 || (r = av_hwframe_transfer_data(dst, src, 0)) < 0)
		return r;
	return av_frame_copy_props(dst, src);
}
*/
import "C"

import (
	"fmt"
	"image"
	"path/filepath"
	"runtime"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// h264 is one of FFmpeg's encoders of H.264 and how it is set up.
type h264 struct {
	name    string
	format  astiav.PixelFormat // of the pictures that it takes
	options func(settings) options
	adapts  bool // takes another ceiling while it runs

	// attach gives the context pictures in memory of its own, to which upload brings each one. Nil: it takes pictures
	// from ordinary memory.
	attach func(cc *astiav.CodecContext, size image.Point) error
	upload func(cc *astiav.CodecContext, dst, src *astiav.Frame) error
}

// settings say what is asked of an encoder.
type settings struct {
	quality
	size     image.Point
	space    colorSpace
	rate     float64       // pictures a second, about
	most     float64       // pictures a second at most; zero: as they come
	interval time.Duration // between key frames
	bitrate  int           // the ceiling, bits a second
	facing   orientation
	burner   *burner   // nil: nothing is burnt in
	epoch    time.Time // of the times that are burnt in
}

// software works everywhere. CRF holds the quality, maxrate and a buffer of one second are the ceiling; zerolatency, so
// that each picture's packet comes out before the next picture goes in.
var software = &h264{name: "libx264", format: astiav.PixelFormatYuv420P, adapts: true, options: func(s settings) options {
	threads := min(runtime.NumCPU(), 1+int(float64(s.size.X*s.size.Y)*s.rate)/pixelsPerThread)
	return options{
		"preset": s.effort, "tune": "zerolatency", "crf": itoa(s.crf), "threads": itoa(threads), "forced-idr": "1", "sc_threshold": "0",
	}
}}

// pixelsPerThread is what one core encodes a second with ease: a second thread makes 1280x720 cost a sixth more.
const pixelsPerThread = 1920 * 1088 * 40

// hardware lists encoders that need a graphics card, the likeliest to work well first. Their constant quality differs
// from driver to driver, so they get a mean of three quarters of the ceiling instead.
var hardware = []*h264{
	{name: "h264_vaapi", format: astiav.PixelFormatNv12, attach: attachVAAPI, upload: upload, options: func(s settings) options {
		return options{"b": itoa(s.mean()), "rc_mode": "VBR", "async_depth": "1"}
	}},
	{name: "h264_nvenc", format: astiav.PixelFormatYuv420P, adapts: true, options: func(s settings) options {
		return options{"b": itoa(s.mean()), "rc": "vbr", "cq": itoa(s.crf + 4), "preset": "p4", "tune": "ull", "zerolatency": "1", "delay": "0", "forced-idr": "1"}
	}},
	{name: "h264_qsv", format: astiav.PixelFormatNv12, options: func(s settings) options {
		return options{"b": itoa(s.mean()), "async_depth": "1", "forced_idr": "1", "look_ahead": "0"}
	}},
	{name: "h264_videotoolbox", format: astiav.PixelFormatNv12, options: func(s settings) options {
		return options{"b": itoa(s.mean()), "realtime": "1", "allow_sw": "0"}
	}},
}

func (s settings) mean() int { return s.bitrate / 4 * 3 }

// open opens the encoder; where it does not work here, the error comes at once. The context is the caller's to free.
func (h *h264) open(s settings) (*astiav.CodecContext, error) {
	codec := astiav.FindEncoderByName(h.name)
	if codec == nil {
		return nil, fmt.Errorf("this FFmpeg has no encoder %s", h.name)
	}
	c := coder{context: astiav.AllocCodecContext(codec)}
	cc := c.context
	cc.SetWidth(s.size.X)
	cc.SetHeight(s.size.Y)
	cc.SetPixelFormat(h.format)
	cc.SetTimeBase(nanoseconds)
	cc.SetFramerate(astiav.NewRational(max(1, int(s.rate*1000+0.5)), 1000))
	cc.SetGopSize(2 + 2*int(s.interval.Seconds()*s.rate)) // never reached: encode asks for key frames by time
	cc.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	o := h.options(s)
	for name, value := range map[string]string{
		"bf": "0", "maxrate": itoa(s.bitrate), "bufsize": itoa(s.bitrate),
		"colorspace": s.space.matrix, "color_primaries": s.space.primaries, "color_trc": s.space.transfer, "color_range": "tv",
	} {
		o[name] = value
	}
	if h.attach != nil {
		if err := h.attach(cc, s.size); err != nil {
			c.free()
			return nil, fmt.Errorf("opening the encoder %s: %w", h.name, err)
		}
	}
	if err := c.open(codec, o); err != nil {
		c.free()
		return nil, err
	}
	return cc, nil
}

var nanoseconds = astiav.NewRational(1, int(time.Second))

// attachVAAPI looks for the graphics card itself: VAAPI's own search talks to displays and to the terminal.
func attachVAAPI(cc *astiav.CodecContext, size image.Point) error {
	nodes, err := filepath.Glob("/dev/dri/renderD*")
	if err != nil {
		return err
	}
	err = errNoDev
	for _, node := range nodes {
		n := C.CString(node)
		err = avError(C.attach_vaapi(cContext(cc), n, C.int(size.X), C.int(size.Y)))
		C.free(unsafe.Pointer(n))
		if err == nil {
			return nil
		}
	}
	return err
}

func upload(cc *astiav.CodecContext, dst, src *astiav.Frame) error {
	return avError(C.upload(cContext(cc), cFrame(dst), cFrame(src)))
}
