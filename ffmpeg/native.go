package ffmpeg

/*
#cgo pkg-config: libavcodec libavformat libavutil
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/time.h>

// One coded frame from Go memory into the decoder. av_new_packet gives the padding that decoders read past the end.
static int send_packet(AVCodecContext *cc, AVPacket *p, const uint8_t *data, int size, int64_t pts, int64_t dts, int key)
{
	int r;
	if (!data)
		return avcodec_send_packet(cc, NULL);
	if ((r = av_new_packet(p, size)) < 0)
		return r;
	memcpy(p->data, data, size);
	p->pts = pts;
	p->dts = dts;
	p->flags = key ? AV_PKT_FLAG_KEY : 0;
	r = avcodec_send_packet(cc, p);
	av_packet_unref(p);
	return r;
}

static void skip_unneeded(AVCodecContext *cc, int skip)
{
	cc->skip_frame = skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
}

static int is_corrupt(const AVFrame *f)
{
	return (f->flags & AV_FRAME_FLAG_CORRUPT) || f->decode_error_flags;
}

// What ends a blocking call: raised by another goroutine, or the deadline (av_gettime_relative, 0 is none). It lives in C
// memory, as FFmpeg keeps its address for as long as an input is open.
typedef struct {
	atomic_int raised;
	atomic_llong deadline;
} interrupt;

static int interrupted(void *p)
{
	interrupt *i = p;
	long long deadline = atomic_load(&i->deadline);
	return atomic_load(&i->raised) || (deadline && av_gettime_relative() > deadline);
}

static interrupt *new_interrupt(void) { return calloc(1, sizeof(interrupt)); }
static void raise_interrupt(interrupt *i) { atomic_store(&i->raised, 1); }
static void set_deadline(interrupt *i, int64_t us) { atomic_store(&i->deadline, us ? av_gettime_relative() + us : 0); }

// Unlike go-astiav's, a failed attempt leaves nothing behind.
static int open_input(AVFormatContext **fc, const char *url, const char *format, AVDictionary **options, interrupt *i, int nonblock)
{
	const AVInputFormat *f = NULL;
	if (*format && !(f = av_find_input_format(format)))
		return AVERROR_DEMUXER_NOT_FOUND;
	if (!(*fc = avformat_alloc_context()))
		return AVERROR(ENOMEM);
	(*fc)->interrupt_callback = (AVIOInterruptCB){interrupted, i};
	if (nonblock)
		(*fc)->flags |= AVFMT_FLAG_NONBLOCK;
	return avformat_open_input(fc, url, f, options);
}

// Encoders that can look at these before each picture.
static void set_ceiling(AVCodecContext *cc, int64_t mean, int64_t most)
{
	cc->bit_rate = mean;
	cc->rc_max_rate = most;
	cc->rc_buffer_size = most > INT_MAX ? INT_MAX : most;
}

static int is_cover(const AVStream *s) { return s->disposition & AV_DISPOSITION_ATTACHED_PIC; }
*/
import "C"

import (
	"syscall"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// go-astiav copies a packet's bytes on every look, pads no packet, and allocates an error value for each "try again".
// The calls made once a frame are therefore made here, on the C objects that its values wrap: their first field.

func cPacket(p *astiav.Packet) *C.AVPacket { return *(**C.AVPacket)(unsafe.Pointer(p)) }
func cContext(cc *astiav.CodecContext) *C.AVCodecContext {
	return *(**C.AVCodecContext)(unsafe.Pointer(cc))
}
func cFrame(f *astiav.Frame) *C.AVFrame { return (*C.AVFrame)(f.UnsafePointer()) }

// The codes that steer the send and receive loops.
const (
	codeAgain    = C.int(astiav.ErrEagain)
	codeEOF      = C.int(astiav.ErrEof)
	codeNoMemory = -C.int(syscall.ENOMEM)
)

// sendPacket hands one coded frame to a decoder; p is scratch. nil data starts the drain.
func sendPacket(cc *astiav.CodecContext, p *astiav.Packet, data []byte, pts, dts time.Duration, key bool) C.int {
	k := C.int(0)
	if key {
		k = 1
	}
	return C.send_packet(cContext(cc), cPacket(p), (*C.uint8_t)(unsafe.SliceData(data)), C.int(len(data)),
		C.int64_t(pts), C.int64_t(dts), k)
}

// skipUnneeded makes a decoder leave out pictures that no other one depends on.
func skipUnneeded(cc *astiav.CodecContext, skip bool) {
	n := C.int(0)
	if skip {
		n = 1
	}
	C.skip_unneeded(cContext(cc), n)
}

// receiveFrame takes the next picture or sound out of a decoder.
func receiveFrame(cc *astiav.CodecContext, f *astiav.Frame) C.int {
	return C.avcodec_receive_frame(cContext(cc), cFrame(f))
}

// sendFrame hands a picture or sound to an encoder, nil to drain it.
func sendFrame(cc *astiav.CodecContext, f *astiav.Frame) C.int {
	if f == nil {
		return C.avcodec_send_frame(cContext(cc), nil)
	}
	return C.avcodec_send_frame(cContext(cc), cFrame(f))
}

// receivePacket takes the next packet out of an encoder.
func receivePacket(cc *astiav.CodecContext, p *astiav.Packet) C.int {
	return C.avcodec_receive_packet(cContext(cc), cPacket(p))
}

// setCeiling changes the bits a second of a running encoder, their mean and their most.
func setCeiling(cc *astiav.CodecContext, mean, most int) {
	C.set_ceiling(cContext(cc), C.int64_t(mean), C.int64_t(most))
}

// bestTimestamp is a decoded frame's time in its stream's units, astiav.NoPtsValue when it is not known.
func bestTimestamp(f *astiav.Frame) int64 { return int64(cFrame(f).best_effort_timestamp) }

func isCorrupt(f *astiav.Frame) bool { return C.is_corrupt(cFrame(f)) != 0 }

func flush(cc *astiav.CodecContext) { C.avcodec_flush_buffers(cContext(cc)) }

// packetBytes is the packet's payload in FFmpeg's memory, valid until the packet is unreferenced.
func packetBytes(p *astiav.Packet) []byte {
	c := cPacket(p)
	return unsafe.Slice((*byte)(unsafe.Pointer(c.data)), int(c.size))
}

// interrupt makes blocking calls of an input return, when it is raised (from any goroutine) or time is up. It must outlive
// the input.
type interrupt struct{ c *C.interrupt }

func newInterrupt() interrupt             { return interrupt{C.new_interrupt()} }
func (i interrupt) raise()                { C.raise_interrupt(i.c) }
func (i interrupt) free()                 { C.free(unsafe.Pointer(i.c)) }
func (i interrupt) allow(d time.Duration) { C.set_deadline(i.c, C.int64_t(d.Microseconds())) }

// openInput opens an input. Options that it does not know stay in d.
func openInput(in interrupt, url, format string, d *astiav.Dictionary, nonblock bool) (*astiav.FormatContext, error) {
	u, f := C.CString(url), C.CString(format)
	defer C.free(unsafe.Pointer(u))
	defer C.free(unsafe.Pointer(f))
	n := C.int(0)
	if nonblock {
		n = 1
	}
	fc := new(astiav.FormatContext)
	if err := avError(C.open_input((**C.AVFormatContext)(unsafe.Pointer(fc)), u, f, (**C.AVDictionary)(unsafe.Pointer(d)), in.c, n)); err != nil {
		return nil, err
	}
	return fc, nil
}

// isCover reports whether a video stream is the picture on a music file.
func isCover(s *astiav.Stream) bool { return C.is_cover(*(**C.AVStream)(unsafe.Pointer(s))) != 0 }

func avError(code C.int) error {
	if code >= 0 {
		return nil
	}
	return astiav.Error(code)
}
