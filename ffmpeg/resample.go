package ffmpeg

/*
#cgo pkg-config: libavcodec libavfilter libavutil
#include <stdio.h>
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>

typedef struct {
	AVFilterGraph *graph;
	AVFilterContext *source, *sink;
	int format, rate; // of what is pushed
	AVChannelLayout layout;
} resampler;

static void free_resampler(resampler *r)
{
	avfilter_graph_free(&r->graph);
	av_channel_layout_uninit(&r->layout);
}

static int fits(const resampler *r, const AVFrame *f)
{
	return r->graph && r->format == f->format && r->rate == f->sample_rate && r->layout.nb_channels == f->ch_layout.nb_channels;
}

static int expect(resampler *r, int format, int rate, const AVChannelLayout *layout)
{
	r->format = format;
	r->rate = rate;
	if (layout->order != AV_CHANNEL_ORDER_UNSPEC)
		return av_channel_layout_copy(&r->layout, layout);
	av_channel_layout_uninit(&r->layout);
	av_channel_layout_default(&r->layout, layout->nb_channels);
	return 0;
}

static int expect_frames(resampler *r, const AVFrame *f) { return expect(r, f->format, f->sample_rate, &f->ch_layout); }
static int expect_decoded(resampler *r, const AVCodecContext *cc) { return expect(r, cc->sample_fmt, cc->sample_rate, &cc->ch_layout); }

static int build(resampler *r, int rate, const char *layout, const char *format, int samples)
{
	char from[64], chain[512];
	int ret;

	avfilter_graph_free(&r->graph);
	if ((ret = av_channel_layout_describe(&r->layout, from, sizeof from)) < 0)
		return ret;
	if (!(r->graph = avfilter_graph_alloc()))
		return AVERROR(ENOMEM);
	r->graph->nb_threads = 1;
	snprintf(chain, sizeof chain,
		"abuffer@in=sample_fmt=%d:sample_rate=%d:channel_layout=%s:time_base=1/1000000000,"
		"aresample=%d:async=1000,aformat=sample_fmts=%s:channel_layouts=%s,asetnsamples=n=%d:p=1,abuffersink@out",
		r->format, r->rate, from, rate, format, layout, samples);
	if ((ret = avfilter_graph_parse_ptr(r->graph, chain, NULL, NULL, NULL)) < 0 ||
	    (ret = avfilter_graph_config(r->graph, NULL)) < 0)
		return ret;
	r->source = avfilter_graph_get_filter(r->graph, "abuffer@in");
	r->sink = avfilter_graph_get_filter(r->graph, "abuffersink@out");
	return r->source && r->sink ? 0 : AVERROR_BUG;
}

static int push(resampler *r, AVFrame *f, int64_t pts)
{
	if (!f)
		return av_buffersrc_add_frame(r->source, NULL);
	f->pts = pts;
	return av_buffersrc_add_frame(r->source, f);
}

// As much silence as the graph's input calls a frame of samples.
static int push_silence(resampler *r, int samples, int64_t pts)
{
	AVFrame *f = av_frame_alloc();
	int ret;

	if (!f)
		return AVERROR(ENOMEM);
	f->format = r->format;
	f->sample_rate = r->rate;
	f->nb_samples = samples;
	f->pts = pts;
	if ((ret = av_channel_layout_copy(&f->ch_layout, &r->layout)) >= 0 && (ret = av_frame_get_buffer(f, 0)) >= 0 &&
	    (ret = av_samples_set_silence(f->extended_data, 0, samples, r->layout.nb_channels, r->format)) >= 0)
		ret = av_buffersrc_add_frame(r->source, f);
	av_frame_free(&f);
	return ret;
}

static int pull(resampler *r, AVFrame *f)
{
	av_frame_unref(f);
	return av_buffersink_get_frame(r->sink, f);
}
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// resampler is a filter graph that brings sound to one rate, layout and format, follows the input's clock where
// it drifts against the timestamps, and cuts the sound into frames of equal length. The zero value is a resampler that
// must be told what to expect and be built. One goroutine at a time.
type resampler struct{ c C.resampler }

// fits reports whether sound like f can be pushed.
func (r *resampler) fits(f *astiav.Frame) bool { return C.fits(&r.c, cFrame(f)) != 0 }

// expect says that sound like f is pushed from the next build on.
func (r *resampler) expect(f *astiav.Frame) error { return avError(C.expect_frames(&r.c, cFrame(f))) }

// expectDecoded says the same of what a decoder gives.
func (r *resampler) expectDecoded(cc *astiav.CodecContext) error {
	return avError(C.expect_decoded(&r.c, cContext(cc)))
}

// build makes the graph, for sound as expected; what an earlier graph held is dropped.
func (r *resampler) build(rate int, layout, format string, samples int) error {
	l, f := C.CString(layout), C.CString(format)
	defer C.free(unsafe.Pointer(l))
	defer C.free(unsafe.Pointer(f))
	return avError(C.build(&r.c, C.int(rate), l, f, C.int(samples)))
}

// push takes f, which is empty afterwards, or nil for the end.
func (r *resampler) push(f *astiav.Frame, at time.Duration) error {
	if f == nil {
		return avError(C.push(&r.c, nil, 0))
	}
	return avError(C.push(&r.c, cFrame(f), C.int64_t(at)))
}

// pushSilence takes a number of silent samples in the place of sound.
func (r *resampler) pushSilence(samples int, at time.Duration) error {
	return avError(C.push_silence(&r.c, C.int(samples), C.int64_t(at)))
}

// rate is that of the sound as expected, in samples a second.
func (r *resampler) rate() int { return int(r.c.rate) }

// describe says which sound is expected, for errors.
func (r *resampler) describe() string {
	return fmt.Sprintf("%d Hz, %s", r.c.rate, astiav.SampleFormat(r.c.format))
}

// pull puts the next frame into f, with its time in samples; ok is false when more has to be pushed first.
func (r *resampler) pull(f *astiav.Frame) (ok bool, err error) {
	switch code := C.pull(&r.c, cFrame(f)); code {
	case codeAgain, codeEOF:
		return false, nil
	default:
		return code >= 0, avError(code)
	}
}

func (r *resampler) free() { C.free_resampler(&r.c) }
