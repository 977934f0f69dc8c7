package ffmpeg

/*
#cgo pkg-config: libavcodec libavformat libavutil
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

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

static int is_corrupt(const AVFrame *f)
{
	return (f->flags & AV_FRAME_FLAG_CORRUPT) || f->decode_error_flags;
}

// An interrupt callback over a flag in C memory: FFmpeg keeps its address for as long as an input is open.
static int interrupted(void *flag) { return atomic_load((atomic_int *)flag); }
static void *new_interrupt(void) { return calloc(1, sizeof(atomic_int)); }
static void raise_interrupt(void *flag) { atomic_store((atomic_int *)flag, 1); }
static void attach_interrupt(void *flag, AVFormatContext *fc)
{
	fc->interrupt_callback = (AVIOInterruptCB){interrupted, flag};
}
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
func cFormat(fc *astiav.FormatContext) *C.AVFormatContext {
	return *(**C.AVFormatContext)(unsafe.Pointer(fc))
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

// bestTimestamp is a decoded frame's time in its stream's units, astiav.NoPtsValue when it is not known.
func bestTimestamp(f *astiav.Frame) int64 { return int64(cFrame(f).best_effort_timestamp) }

func isCorrupt(f *astiav.Frame) bool { return C.is_corrupt(cFrame(f)) != 0 }

func flush(cc *astiav.CodecContext) { C.avcodec_flush_buffers(cContext(cc)) }

// packetBytes is the packet's payload in FFmpeg's memory, valid until the packet is unreferenced.
func packetBytes(p *astiav.Packet) []byte {
	c := cPacket(p)
	return unsafe.Slice((*byte)(unsafe.Pointer(c.data)), int(c.size))
}

// interrupt makes blocking calls of the inputs it is attached to return, from any goroutine. It must outlive them.
type interrupt struct{ flag unsafe.Pointer }

func newInterrupt() interrupt                       { return interrupt{C.new_interrupt()} }
func (i interrupt) attach(fc *astiav.FormatContext) { C.attach_interrupt(i.flag, cFormat(fc)) }
func (i interrupt) raise()                          { C.raise_interrupt(i.flag) }
func (i interrupt) free()                           { C.free(i.flag) }
