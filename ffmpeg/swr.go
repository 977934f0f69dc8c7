package ffmpeg

/*
#cgo pkg-config: libswresample libavcodec libavutil
#include <stdlib.h>
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libswresample/swresample.h>

typedef struct {
	SwrContext *swr;
	int format, rate; // of what goes in
	AVChannelLayout layout;
} converter;

static void free_converter(converter *c)
{
	swr_free(&c->swr);
	av_channel_layout_uninit(&c->layout);
}

// Makes c ready for sound like f, as interleaved float at the given rate.
static int prepare_converter(converter *c, const AVFrame *f, int rate, int channels)
{
	AVChannelLayout in = {0}, out;
	int r;

	if (c->swr && c->format == f->format && c->rate == f->sample_rate && !av_channel_layout_compare(&c->layout, &f->ch_layout))
		return 0;
	free_converter(c);
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, f->ch_layout.nb_channels);
	else if ((r = av_channel_layout_copy(&in, &f->ch_layout)) < 0)
		return r;
	av_channel_layout_default(&out, channels);
	if ((r = swr_alloc_set_opts2(&c->swr, &out, AV_SAMPLE_FMT_FLT, rate, &in, f->format, f->sample_rate, 0, NULL)) >= 0 &&
	    (r = swr_init(c->swr)) >= 0)
		r = av_channel_layout_copy(&c->layout, &f->ch_layout);
	av_channel_layout_uninit(&in);
	if (r < 0) {
		free_converter(c);
		return r;
	}
	c->format = f->format;
	c->rate = f->sample_rate;
	return 0;
}

static int room_for(converter *c, const AVFrame *f) { return swr_get_out_samples(c->swr, f->nb_samples); }
static int64_t held_back(converter *c) { return swr_get_delay(c->swr, 1000000000); }

static int convert_sound(converter *c, const AVFrame *f, float *out, int room)
{
	uint8_t *planes[1] = {(uint8_t *)out};
	return swr_convert(c->swr, planes, room, (const uint8_t **)f->extended_data, f->nb_samples);
}

// Codecs without a header of their own have to be told. With the unit of times, those of sound that a codec drops at its start
// are counted.
static int describe_sound(AVCodecContext *cc, int rate, int channels)
{
	if (rate < 0 || channels < 0 || channels > 64)
		return AVERROR(EINVAL);
	cc->pkt_timebase = (AVRational){1, 1000000000};
	if (rate)
		cc->sample_rate = rate;
	if (channels)
		av_channel_layout_default(&cc->ch_layout, channels);
	return 0;
}
*/
import "C"

import (
	"slices"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// converter brings decoded sound into the form of [media.SoundRate]. The zero value works; one goroutine at a time.
type converter struct {
	c   C.converter
	out []float32
}

// convert returns the sound of f and how long it was held back inside; the slice is valid until the next call. It allocates
// only when a frame is longer than all before, or the format changes.
func (c *converter) convert(f *astiav.Frame) (samples []float32, late time.Duration, err error) {
	if code := C.prepare_converter(&c.c, cFrame(f), media.SoundRate, media.SoundChannels); code < 0 {
		return nil, 0, avError(code)
	}
	late = time.Duration(C.held_back(&c.c))
	room := C.room_for(&c.c, cFrame(f))
	if room < 0 {
		return nil, 0, avError(room)
	}
	c.out = slices.Grow(c.out[:0], int(room)*media.SoundChannels)
	n := C.convert_sound(&c.c, cFrame(f), (*C.float)(unsafe.Pointer(unsafe.SliceData(c.out))), room)
	if n < 0 {
		return nil, 0, avError(n)
	}
	return c.out[:int(n)*media.SoundChannels], late, nil
}

func (c *converter) free() { C.free_converter(&c.c) }

// describeSound tells a decoder what its track says: samples a second and channels, zero when that is not known.
func describeSound(cc *astiav.CodecContext, t media.Track) error {
	return avError(C.describe_sound(cContext(cc), C.int(t.Rate), C.int(t.Channels)))
}
