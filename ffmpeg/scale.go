package ffmpeg

/*
#cgo pkg-config: libswscale libavutil
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// What a conversion depends on. A new context is built only when one of these changes.
typedef struct {
	int src_w, src_h, src_format, src_full, src_space;
	int dst_w, dst_h, dst_format, dst_space;
} scale_key;

typedef struct {
	scale_key key;
	struct SwsContext *sws;
} scaler;

// The yuvj formats are the plain ones at full range; swscale warns about the old names on every frame.
static int plain_format(int format, int *full)
{
	switch (format) {
	case AV_PIX_FMT_YUVJ420P: *full = 1; return AV_PIX_FMT_YUV420P;
	case AV_PIX_FMT_YUVJ422P: *full = 1; return AV_PIX_FMT_YUV422P;
	case AV_PIX_FMT_YUVJ444P: *full = 1; return AV_PIX_FMT_YUV444P;
	case AV_PIX_FMT_YUVJ440P: *full = 1; return AV_PIX_FMT_YUV440P;
	case AV_PIX_FMT_YUVJ411P: *full = 1; return AV_PIX_FMT_YUV411P;
	}
	return format;
}

static int is_rgb(int format)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
	return d && (d->flags & AV_PIX_FMT_FLAG_RGB);
}

// The matrix of a picture; unspecified means BT.709 for HD and BT.601 below.
static int matrix(int colorspace, int w, int h)
{
	switch (colorspace) {
	case AVCOL_SPC_BT709: return SWS_CS_ITU709;
	case AVCOL_SPC_FCC: return SWS_CS_FCC;
	case AVCOL_SPC_BT470BG:
	case AVCOL_SPC_SMPTE170M: return SWS_CS_ITU601;
	case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
	case AVCOL_SPC_BT2020_NCL:
	case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
	}
	return w > 1024 || h > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

// Makes s ready for pictures like f.
static int prepare(scaler *s, const AVFrame *f, int w, int h, int format, int dst_space)
{
	scale_key k = {f->width, f->height, 0, f->color_range == AVCOL_RANGE_JPEG, 0, w, h, format, dst_space};
	k.src_format = plain_format(f->format, &k.src_full);
	k.src_space = matrix(f->colorspace, f->width, f->height);
	if (s->sws && !memcmp(&s->key, &k, sizeof k))
		return 0;
	sws_freeContext(s->sws);
	int same = k.src_w == w && k.src_h == h;
	s->sws = sws_getContext(k.src_w, k.src_h, k.src_format, w, h, format, same ? SWS_FAST_BILINEAR : SWS_BILINEAR, NULL, NULL, NULL);
	if (!s->sws)
		return AVERROR(EINVAL);
	s->key = k;
	return sws_setColorspaceDetails(s->sws, sws_getCoefficients(k.src_space), k.src_full,
		sws_getCoefficients(dst_space), is_rgb(format), 0, 1 << 16, 1 << 16) < 0 ? AVERROR(EINVAL) : 0;
}

static int draw(scaler *s, const AVFrame *f, uint8_t *pix, int w, int h)
{
	uint8_t *dst[4] = {pix};
	int stride[4] = {4 * w};
	int r = prepare(s, f, w, h, AV_PIX_FMT_RGBA, SWS_CS_DEFAULT);
	if (r < 0)
		return r;
	r = sws_scale(s->sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, dst, stride);
	return r < 0 ? r : 0;
}

// Converts into the planes of dst, whose size and format say what is wanted, limited range.
static int convert(scaler *s, const AVFrame *f, AVFrame *dst, int dst_space)
{
	int r = prepare(s, f, dst->width, dst->height, dst->format, dst_space);
	if (r < 0 || (r = av_frame_make_writable(dst)) < 0)
		return r;
	r = sws_scale(s->sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, dst->data, dst->linesize);
	return r < 0 ? r : 0;
}

static void free_scaler(scaler *s)
{
	sws_freeContext(s->sws);
	s->sws = NULL;
}
*/
import "C"

import (
	"image"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// scaler converts pictures with swscale and keeps its context for as long as the pictures stay alike. The zero value
// works; one goroutine at a time.
type scaler struct{ c C.scaler }

// draw converts f into dst, which must be tight.
func (s *scaler) draw(f *astiav.Frame, dst *image.RGBA) error {
	return avError(C.draw(&s.c, cFrame(f), (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(dst.Pix))),
		C.int(dst.Rect.Dx()), C.int(dst.Rect.Dy())))
}

// convert converts f into the planes of dst, whose size and format are set, in limited range.
func (s *scaler) convert(f, dst *astiav.Frame, space colorSpace) error {
	return avError(C.convert(&s.c, cFrame(f), cFrame(dst), space.id))
}

func (s *scaler) free() { C.free_scaler(&s.c) }

func avError(code C.int) error {
	if code >= 0 {
		return nil
	}
	return astiav.Error(code)
}

// colorSpace is how encoded pictures are coded, by FFmpeg's names.
type colorSpace struct {
	id                          C.int
	matrix, primaries, transfer string
}

var (
	bt601 = colorSpace{C.SWS_CS_ITU601, "smpte170m", "smpte170m", "smpte170m"}
	bt709 = colorSpace{C.SWS_CS_ITU709, "bt709", "bt709", "bt709"}
)

// outputSpace chooses the matrix for encoding pictures of src at a size: the one they have if it is BT.601 or BT.709, so
// that nothing needs converting.
func outputSpace(src *astiav.CodecContext, size image.Point) colorSpace {
	space := C.int(src.ColorSpace())
	w, h := src.Width(), src.Height()
	if C.is_rgb(C.int(src.PixelFormat())) != 0 {
		space, w, h = C.AVCOL_SPC_UNSPECIFIED, size.X, size.Y
	}
	if C.matrix(space, C.int(w), C.int(h)) == C.SWS_CS_ITU601 {
		return bt601
	}
	return bt709
}
