package audio

import (
	"math"
	"sync/atomic"

	"kinora/media"
)

// levelFrames is what a level is taken over: 50 ms.
const levelFrames = media.SoundRate / 20

// level tells how loud the last sound was. add is called by one goroutine, get by any. The zero value is silence.
type level struct {
	squares float64
	peak    float32
	n       int // frames

	lastRMS, lastPeak atomic.Uint64 // bits of a float64, 1 is full scale
}

// add takes a frame that is played.
func (l *level) add(f [media.SoundChannels]float32) {
	for _, s := range f {
		l.squares += float64(s) * float64(s)
		l.peak = max(l.peak, s, -s)
	}
	if l.n++; l.n == levelFrames {
		l.lastRMS.Store(math.Float64bits(math.Sqrt(l.squares / (levelFrames * media.SoundChannels))))
		l.lastPeak.Store(math.Float64bits(float64(l.peak)))
		l.squares, l.peak, l.n = 0, 0, 0
	}
}

// silence forgets what was loud.
func (l *level) silence() {
	l.squares, l.peak, l.n = 0, 0, 0
	l.lastRMS.Store(0)
	l.lastPeak.Store(0)
}

// get returns mean and peak in dBFS, a full-scale sine having -3 and 0; minus infinity is silence.
func (l *level) get() (rms, peak float64) {
	return decibel(l.lastRMS.Load()), decibel(l.lastPeak.Load())
}

func decibel(bits uint64) float64 { return 20 * math.Log10(math.Float64frombits(bits)) }
