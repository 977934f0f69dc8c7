#include <string.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include "scale.h"

int is_rgb(int format)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
	return d && (d->flags & AV_PIX_FMT_FLAG_RGB);
}

// The SWS_CS_* matrix of a picture; unspecified means BT.709 for HD and BT.601 below.
int colour_matrix(int colorspace, int w, int h)
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

// The yuvj formats are the plain ones at full range; swscale warns of the old names.
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

static scale_key key_of(const AVFrame *f)
{
	scale_key k = {f->width, f->height};
	k.src_full = f->color_range == AVCOL_RANGE_JPEG;
	k.src_format = plain_format(f->format, &k.src_full);
	k.src_space = colour_matrix(f->colorspace, f->width, f->height);
	return k;
}

// Makes c ready for k. Averaging areas is both the better and the cheaper filter for making a picture smaller.
static int prepare(conversion *c, scale_key k)
{
	int smaller = k.dst_w <= k.src_w && k.dst_h <= k.src_h, r;


	if (c->sws && !memcmp(&c->key, &k, sizeof k))
		return 0;
	sws_freeContext(c->sws);
	if (!(c->sws = sws_alloc_context()))
		return AVERROR(ENOMEM);
	av_opt_set_int(c->sws, "srcw", k.src_w, 0);
	av_opt_set_int(c->sws, "srch", k.src_h, 0);
	av_opt_set_int(c->sws, "src_format", k.src_format, 0);
	av_opt_set_int(c->sws, "src_range", k.src_full, 0);
	av_opt_set_int(c->sws, "dstw", k.dst_w, 0);
	av_opt_set_int(c->sws, "dsth", k.dst_h, 0);
	av_opt_set_int(c->sws, "dst_format", k.dst_format, 0);
	av_opt_set_int(c->sws, "dst_range", k.dst_full, 0);
	av_opt_set_int(c->sws, "sws_flags", smaller ? SWS_AREA : SWS_BILINEAR, 0);
	if ((r = sws_init_context(c->sws, NULL, NULL)) < 0) {
		sws_freeContext(c->sws);
		c->sws = NULL;
		return r;
	}
	c->key = k;
	// -1 says that there is nothing to set, as from RGB to RGB.
	sws_setColorspaceDetails(c->sws, sws_getCoefficients(k.src_space), k.src_full,
		sws_getCoefficients(k.dst_space), k.dst_full, 0, 1 << 16, 1 << 16);
	return 0;
}

static int run(conversion *c, uint8_t *const src[4], const int stride[4], int h, uint8_t *const dst[4], const int dst_stride[4])
{
	int r = sws_scale(c->sws, (const uint8_t *const *)src, stride, 0, h, dst, dst_stride);
	return r < 0 ? r : 0;
}

// The part of w by h that pictures like f fill with their shape kept, placed as 4:2:0 asks. A shape that is off by a few
// lines, from rounding sizes to even, fills everything.
static void letterbox(const AVFrame *f, int w, int h, int *x, int *y, int *inner_w, int *inner_h)
{
	double sar = f->sample_aspect_ratio.num > 0 && f->sample_aspect_ratio.den > 0 ? av_q2d(f->sample_aspect_ratio) : 1;
	double shape = (sar > 0.1 && sar < 10 ? sar : 1) * f->width / f->height;

	*inner_w = FFMIN(w, (int)(h * shape + 0.5));
	*inner_h = FFMIN(h, (int)(w / shape + 0.5));
	if (w - *inner_w < 4 + w / 64)
		*inner_w = w;
	if (h - *inner_h < 4 + h / 64)
		*inner_h = h;
	*inner_w = FFMAX(2, *inner_w & ~1);
	*inner_h = FFMAX(2, *inner_h & ~1);
	*x = (w - *inner_w) / 2 & ~1;
	*y = (h - *inner_h) / 2 & ~1;
}

// The planes of 4:2:0 from a place on, which must be even.
static void planes_at(const AVFrame *f, int x, int y, uint8_t *planes[4])
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);

	memset(planes, 0, 4 * sizeof *planes);
	for (int i = 0; i < 4 && f->data[i]; i++)
		planes[i] = f->data[i] + (ptrdiff_t)(i ? y / 2 : y) * f->linesize[i] + (i ? x / 2 * d->comp[1].step : x);
}

int blacken(AVFrame *f, int x, int y, int w, int h)
{
	ptrdiff_t strides[4] = {f->linesize[0], f->linesize[1], f->linesize[2], f->linesize[3]};
	uint8_t *planes[4];

	if (w <= 0 || h <= 0)
		return 0;
	planes_at(f, x, y, planes);
	return av_image_fill_black(planes, strides, f->format, AVCOL_RANGE_MPEG, w, h);
}

// The bars come last: swscale's vector code may write beyond the row that it was given.
int convert(scaler *s, const AVFrame *f, AVFrame *dst, int dst_space)
{
	int x, y, w = dst->width, h = dst->height, r;
	scale_key k = key_of(f);
	uint8_t *planes[4];

	letterbox(f, dst->width, dst->height, &x, &y, &w, &h);
	k.dst_w = w;
	k.dst_h = h;
	k.dst_format = dst->format;
	k.dst_space = dst_space;
	if ((r = prepare(&s->scale, k)) < 0 || (r = av_frame_make_writable(dst)) < 0)
		return r;
	planes_at(dst, x, y, planes);
	if ((r = run(&s->scale, f->data, f->linesize, f->height, planes, dst->linesize)) < 0 ||
	    (r = blacken(dst, 0, 0, x, dst->height)) < 0 || (r = blacken(dst, x + w, 0, dst->width - x - w, dst->height)) < 0 ||
	    (r = blacken(dst, 0, 0, dst->width, y)) < 0)
		return r;
	return blacken(dst, 0, y + h, dst->width, dst->height - y - h);
}

// Copies the first w by h of label's luma, both even, to an even place on f, in grey.
int stamp(AVFrame *f, const AVFrame *label, int w, int h, int x, int y)
{
	int chroma = av_pix_fmt_desc_get(f->format)->comp[1].step * w / 2, r;
	uint8_t *planes[4];

	if ((r = av_frame_make_writable(f)) < 0)
		return r;
	planes_at(f, x, y, planes);
	for (int i = 0; i < h; i++)
		memcpy(planes[0] + (ptrdiff_t)i * f->linesize[0], label->data[0] + (ptrdiff_t)i * label->linesize[0], w);
	for (int p = 1; p < 4 && planes[p]; p++)
		for (int i = 0; i < h / 2; i++)
			memset(planes[p] + (ptrdiff_t)i * f->linesize[p], 128, chroma);
	return 0;
}

static uint8_t clip(int v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

// Converts a rectangle of planar 4:2:0 or 4:2:2 without swscale, in its arithmetic: 16 bits of fraction.
static void paint_rest(uint8_t *const src[4], const int stride[4], const scale_key *k, uint8_t *rgba, int w, int x0, int x1, int y0, int y1)
{
	const int *c = sws_getCoefficients(k->src_space);
	int64_t crv = c[0], cbu = c[1], cgu = c[2], cgv = c[3], cy = 65536 * 255 / 219, black = 16;
	if (k->src_full) {
		crv = crv * 224 / 255;
		cbu = cbu * 224 / 255;
		cgu = cgu * 224 / 255;
		cgv = cgv * 224 / 255;
		cy = 65536;
		black = 0;
	}
	int down = k->src_format == AV_PIX_FMT_YUV420P; // chroma has half the rows

	for (int y = y0; y < y1; y++) {
		const uint8_t *luma = src[0] + (ptrdiff_t)y * stride[0];
		const uint8_t *cb = src[1] + (ptrdiff_t)(y >> down) * stride[1], *cr = src[2] + (ptrdiff_t)(y >> down) * stride[2];
		uint8_t *out = rgba + 4 * ((ptrdiff_t)y * w + x0);
		for (int x = x0; x < x1; x++, out += 4) {
			int64_t l = cy * (luma[x] - black) + 32768, u = cb[x / 2] - 128, v = cr[x / 2] - 128;
			out[0] = clip((l + crv * v) >> 16);
			out[1] = clip((l - cgu * u - cgv * v) >> 16);
			out[2] = clip((l + cbu * u) >> 16);
			out[3] = 255;
		}
	}
}

// Converts planar 4:2:0 or 4:2:2, as k.src_format says, to tight RGBA of the same size. swscale's vector code for it works on 16 columns and 2 rows at a
// time: in a tight picture it leaves out what remains of a row, or writes past the last one. So it gets the part that
// is a multiple of both.
static int paint(scaler *s, uint8_t *const src[4], const int stride[4], scale_key k, uint8_t *rgba, int w, int h)
{
	uint8_t *dst[4] = {rgba};
	int dst_stride[4] = {4 * w};
	int inner_w = w & ~15, inner_h = h & ~1, r;

	k.src_w = k.dst_w = inner_w;
	k.src_h = k.dst_h = inner_h;
	k.dst_format = AV_PIX_FMT_RGBA;
	k.dst_full = 1;
	if (inner_w && inner_h) {
		if ((r = prepare(&s->paint, k)) < 0 || (r = run(&s->paint, src, stride, inner_h, dst, dst_stride)) < 0)
			return r;
	} else {
		inner_w = 0;
	}
	paint_rest(src, stride, &k, rgba, w, inner_w, w, 0, h);
	paint_rest(src, stride, &k, rgba, w, 0, inner_w, inner_h, h);
	return 0;
}

// A picture of its own memory that swscale may overrun as it likes.
static int make_mid(scaler *s, int w, int h, int format)
{
	if (s->mid && s->mid->width == w && s->mid->height == h && s->mid->format == format)
		return 0;
	av_frame_free(&s->mid);
	if (!(s->mid = av_frame_alloc()))
		return AVERROR(ENOMEM);
	s->mid->width = w;
	s->mid->height = h;
	s->mid->format = format;
	return av_frame_get_buffer(s->mid, 0);
}

// Draws f into tight RGBA of another size, or the same. Planar 4:2:0, what nearly every stream has, is scaled to 4:2:2
// and painted then: a third cheaper than scaling to RGBA, and no worse, as that halves the chroma's width as well.
// Everything else takes the general way and a copy.
int draw(scaler *s, const AVFrame *f, uint8_t *rgba, int w, int h)
{
	scale_key k = key_of(f);
	int planar = k.src_format == AV_PIX_FMT_YUV420P, r;

	if (planar && k.src_w == w && k.src_h == h)
		return paint(s, f->data, f->linesize, k, rgba, w, h);
	k.dst_w = w;
	k.dst_h = h;
	k.dst_format = planar ? AV_PIX_FMT_YUV422P : AV_PIX_FMT_RGBA;
	k.dst_full = planar ? k.src_full : 1;
	k.dst_space = k.src_space;
	if ((r = make_mid(s, w, h, k.dst_format)) < 0 || (r = prepare(&s->scale, k)) < 0 ||
	    (r = run(&s->scale, f->data, f->linesize, f->height, s->mid->data, s->mid->linesize)) < 0)
		return r;
	k.src_format = k.dst_format;
	if (planar)
		return paint(s, s->mid->data, s->mid->linesize, k, rgba, w, h);
	av_image_copy_plane(rgba, 4 * w, s->mid->data[0], s->mid->linesize[0], 4 * w, h);
	return 0;
}

void free_scaler(scaler *s)
{
	sws_freeContext(s->scale.sws);
	sws_freeContext(s->paint.sws);
	s->scale.sws = s->paint.sws = NULL;
	av_frame_free(&s->mid);
}
