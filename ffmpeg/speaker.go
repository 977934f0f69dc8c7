package ffmpeg

/*
#cgo pkg-config: libavdevice libavformat libavcodec libavutil
#include <stdlib.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>

typedef struct {
	AVFormatContext *out;
	AVPacket *packet;
	int64_t written; // frames
} speaker;

static void close_speaker(speaker *s, int opened)
{
	if (s->out && opened)
		av_write_trailer(s->out);
	avformat_free_context(s->out);
	av_packet_free(&s->packet);
	s->out = NULL;
}

static int open_speaker(speaker *s, const char *format, const char *name, int rate, int channels, AVDictionary **options)
{
	AVStream *st;
	int r;

	s->written = 0;
	if ((r = avformat_alloc_output_context2(&s->out, NULL, format, name)) < 0)
		return r;
	if (!(st = avformat_new_stream(s->out, NULL)) || !(s->packet = av_packet_alloc())) {
		close_speaker(s, 0);
		return AVERROR(ENOMEM);
	}
	st->codecpar->codec_type = AVMEDIA_TYPE_AUDIO;
	st->codecpar->codec_id = AV_NE(AV_CODEC_ID_PCM_F32BE, AV_CODEC_ID_PCM_F32LE);
	st->codecpar->format = AV_SAMPLE_FMT_FLT;
	st->codecpar->sample_rate = rate;
	av_channel_layout_default(&st->codecpar->ch_layout, channels);
	if ((r = avformat_write_header(s->out, options)) < 0)
		close_speaker(s, 0);
	return r < 0 ? r : 0;
}

// The frames that were given and are not heard yet.
static int in_hand(speaker *s, int64_t *frames_in_hand)
{
	int64_t heard, now;
	AVRational frames = {1, s->out->streams[0]->codecpar->sample_rate};
	int r = av_get_output_timestamp(s->out, 0, &heard, &now);

	if (r >= 0)
		*frames_in_hand = s->written - av_rescale_q(heard, s->out->streams[0]->time_base, frames);
	return r;
}

static int give(speaker *s, const float *samples, int frames)
{
	AVCodecParameters *p = s->out->streams[0]->codecpar;
	AVRational unit = {1, p->sample_rate};
	int r;

	s->packet->data = (uint8_t *)samples;
	s->packet->size = frames * p->ch_layout.nb_channels * sizeof(float);
	s->packet->pts = s->packet->dts = av_rescale_q(s->written, unit, s->out->streams[0]->time_base);
	s->packet->duration = av_rescale_q(s->written + frames, unit, s->out->streams[0]->time_base) - s->packet->pts;
	r = av_write_frame(s->out, s->packet);
	if (r >= 0)
		s->written += frames;
	return r;
}
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"kinora/media"
)

// ErrNoSpeaker: this computer has neither a sound server nor a card that plays.
var ErrNoSpeaker = errors.New("this computer has no sound device")

const (
	speakerPeriod = 10 * time.Millisecond // of sound that is given at a time
	speakerHand   = 50 * time.Millisecond // of sound that the device has in hand, so that it does not run dry
	speakerDeaf   = 3 * time.Second       // without taking any, that it counts as lost
	speakerFrames = int(speakerPeriod * media.SoundRate / time.Second)
)

// Speaker plays on the computer's loudspeaker, the sound server's if there is one: it asks pull for sound of the form of
// [media.SoundRate] some 50 ms before that is heard, and says when that will be. It returns nil when ctx has ended, and otherwise
// why there is no loudspeaker, or not any more.
func Speaker(ctx context.Context, pull func(samples []float32, at time.Time)) error {
	format, name := speakerHere()
	if format == "" {
		return ErrNoSpeaker
	}
	registerDevices()
	s, err := openSpeaker(format, name)
	if err != nil {
		return fmt.Errorf("the loudspeaker cannot be opened: %w", err)
	}
	defer s.close()
	samples := make([]float32, speakerFrames*media.SoundChannels)
	tick := time.NewTicker(speakerPeriod / 2)
	defer tick.Stop()
	var deaf deafness
	for {
		hand, err := s.hand()
		took := false
		for err == nil && hand < speakerHand {
			pull(samples, time.Now().Add(hand))
			err = s.give(samples)
			hand += speakerPeriod
			took = true
		}
		if err != nil {
			return fmt.Errorf("the loudspeaker is gone: %w", err)
		}
		if deaf.look(time.Now(), took) > speakerDeaf {
			return fmt.Errorf("the loudspeaker has taken no sound for %.0f s", speakerDeaf.Seconds())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// deafness is for how long a device was seen to take nothing.
type deafness struct {
	looked time.Time // zero: never
	lasts  time.Duration
}

// look adds the time since the last look, or ends it when the device took something. A time in which nobody looked, since this computer was
// busy or asleep, says nothing of the device: little of it counts.
func (d *deafness) look(now time.Time, took bool) time.Duration {
	since := now.Sub(d.looked)
	if took || d.looked.IsZero() {
		d.lasts, since = 0, 0
	}
	d.looked = now
	d.lasts += min(since, 10*speakerPeriod)
	return d.lasts
}

// loudspeaker is an open device. One goroutine.
type loudspeaker struct{ c C.speaker }

func openSpeaker(format, name string) (*loudspeaker, error) {
	o := options{}
	if format == "pulse" {
		o = options{"name": "Kinora", "stream_name": "Kinora", "buffer_duration": itoa(int(2 * speakerHand / time.Millisecond))}
	}
	d, err := o.dictionary()
	if err != nil {
		return nil, err
	}
	defer d.Free()
	f, n := C.CString(format), C.CString(name)
	defer C.free(unsafe.Pointer(f))
	defer C.free(unsafe.Pointer(n))
	s := &loudspeaker{}
	if code := C.open_speaker(&s.c, f, n, media.SoundRate, media.SoundChannels, (**C.AVDictionary)(unsafe.Pointer(d))); code < 0 {
		return nil, avError(code)
	}
	return s, nil
}

// hand is how long what was given already lasts.
func (s *loudspeaker) hand() (time.Duration, error) {
	var n C.int64_t
	if code := C.in_hand(&s.c, &n); code < 0 {
		return 0, avError(code)
	}
	return max(0, time.Duration(n)*time.Second/media.SoundRate), nil
}

func (s *loudspeaker) give(samples []float32) error {
	return avError(C.give(&s.c, (*C.float)(unsafe.Pointer(unsafe.SliceData(samples))), C.int(len(samples)/media.SoundChannels)))
}

func (s *loudspeaker) close() { C.close_speaker(&s.c, 1) }
