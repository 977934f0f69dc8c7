package ffmpeg

/*
#cgo pkg-config: libavfilter libavutil
#include <stdio.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>

typedef struct {
	AVFilterGraph *graph;
	AVFilterContext *source, *sink;
	int format, rate, channels;
} resampler;

static void free_resampler(resampler *r) { avfilter_graph_free(&r->graph); }

static int fits(const resampler *r, const AVFrame *f)
{
	return r->graph && r->format == f->format && r->rate == f->sample_rate && r->channels == f->ch_layout.nb_channels;
}

static int build(resampler *r, const AVFrame *f, int rate, const char *layout, int samples)
{
	AVChannelLayout in = {0};
	char from[64], chain[512];
	int ret;

	free_resampler(r);
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, f->ch_layout.nb_channels);
	else if ((ret = av_channel_layout_copy(&in, &f->ch_layout)) < 0)
		return ret;
	ret = av_channel_layout_describe(&in, from, sizeof from);
	av_channel_layout_uninit(&in);
	if (ret < 0)
		return ret;
	if (!(r->graph = avfilter_graph_alloc()))
		return AVERROR(ENOMEM);
	r->graph->nb_threads = 1;
	snprintf(chain, sizeof chain,
		"abuffer@in=sample_fmt=%d:sample_rate=%d:channel_layout=%s:time_base=1/1000000000,"
		"aresample=%d:async=1000,aformat=sample_fmts=fltp:channel_layouts=%s,asetnsamples=n=%d:p=1,abuffersink@out",
		f->format, f->sample_rate, from, rate, layout, samples);
	if ((ret = avfilter_graph_parse_ptr(r->graph, chain, NULL, NULL, NULL)) < 0 ||
	    (ret = avfilter_graph_config(r->graph, NULL)) < 0)
		return ret;
	r->source = avfilter_graph_get_filter(r->graph, "abuffer@in");
	r->sink = avfilter_graph_get_filter(r->graph, "abuffersink@out");
	r->format = f->format;
	r->rate = f->sample_rate;
	r->channels = f->ch_layout.nb_channels;
	return r->source && r->sink ? 0 : AVERROR_BUG;
}

static int push(resampler *r, AVFrame *f, int64_t pts)
{
	if (!f)
		return av_buffersrc_add_frame(r->source, NULL);
	f->pts = pts;
	return av_buffersrc_add_frame(r->source, f);
}

static int pull(resampler *r, AVFrame *f)
{
	av_frame_unref(f);
	return av_buffersink_get_frame(r->sink, f);
}
*/
import "C"

import (
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"
)

// resampler is a filter graph that brings sound to one rate and layout in planar float, follows the input's clock where
// it drifts against the timestamps, and cuts the sound into frames of equal length. The zero value is a resampler that
// must be built. One goroutine at a time.
type resampler struct{ c C.resampler }

// fits reports whether sound like f can be pushed.
func (r *resampler) fits(f *astiav.Frame) bool { return C.fits(&r.c, cFrame(f)) != 0 }

// build makes the graph for sound like f; what an earlier graph held is dropped.
func (r *resampler) build(f *astiav.Frame, rate int, layout string, samples int) error {
	l := C.CString(layout)
	defer C.free(unsafe.Pointer(l))
	return avError(C.build(&r.c, cFrame(f), C.int(rate), l, C.int(samples)))
}

// push takes f, which is empty afterwards, or nil for the end.
func (r *resampler) push(f *astiav.Frame, at time.Duration) error {
	if f == nil {
		return avError(C.push(&r.c, nil, 0))
	}
	return avError(C.push(&r.c, cFrame(f), C.int64_t(at)))
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
