package ffmpeg

/*
#cgo pkg-config: libavutil
#include <math.h>
#include <stdlib.h>
#include <libavutil/frame.h>

// The squares' sum and the largest sample of planar float, or of one channel of 16 bits.
static void measure(const AVFrame *f, double *squares, double *peak)
{
	*squares = *peak = 0;
	for (int c = 0; c < f->ch_layout.nb_channels; c++) {
		const float *s = (const float *)f->extended_data[c];
		const int16_t *words = f->format == AV_SAMPLE_FMT_S16 ? (const int16_t *)f->extended_data[c] : NULL;
		for (int i = 0; i < f->nb_samples; i++) {
			double v = words ? abs(words[i]) / 32768.0 : fabs(s[i]);
			*squares += v * v;
			if (v > *peak)
				*peak = v;
		}
	}
}
*/
import "C"

import (
	"math"
	"sync/atomic"

	"github.com/asticode/go-astiav"
)

// meter tells how loud sound has been over the last meterFrames frames, about 100 ms. add is called by one goroutine, level
// by any. The zero value shows silence.
type meter struct {
	frames [meterFrames]struct {
		squares, peak float64
		samples       int // of all channels
	}
	next int // to be overwritten

	rms, peak atomic.Uint64 // bits of a float64, 1 is full scale
}

const meterFrames = 5

// add takes a frame of planar float, or of one channel of 16 bits.
func (m *meter) add(f *astiav.Frame) {
	var squares, peak C.double
	C.measure(cFrame(f), &squares, &peak)
	slot := &m.frames[m.next]
	m.next = (m.next + 1) % len(m.frames)
	slot.squares, slot.peak = float64(squares), float64(peak)
	slot.samples = f.NbSamples() * int(cFrame(f).ch_layout.nb_channels)
	var sum, most float64
	n := 0
	for _, s := range m.frames {
		sum += s.squares
		most = max(most, s.peak)
		n += s.samples
	}
	m.rms.Store(math.Float64bits(math.Sqrt(sum / float64(max(n, 1)))))
	m.peak.Store(math.Float64bits(most))
}

// level is the mean and the peak in dBFS, a full-scale sine having -3 and 0; minus infinity is silence.
func (m *meter) level() (rms, peak float64) {
	return decibel(m.rms.Load()), decibel(m.peak.Load())
}

func decibel(bits uint64) float64 { return 20 * math.Log10(math.Float64frombits(bits)) }
