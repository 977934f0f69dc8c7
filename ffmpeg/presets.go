package ffmpeg

import (
	"image"
	"math"
)

// Preset says what matters about encoded pictures: each holds a quality and has a ceiling for what that may cost.
type Preset int

// Balanced keeps size and rate of what is captured. LowBandwidth is for slow networks: 640x360 at 15 pictures a second.
// Sharp spends twice the bits of Balanced, for small print and number plates.
const (
	Balanced Preset = iota
	LowBandwidth
	Sharp
)

// quality is what a preset means to encoders.
type quality struct {
	effort       string      // x264's preset
	crf          int         // x264's constant quality, less is better
	bitsPerPixel float64     // the ceiling
	limit        image.Point // of pictures that are wider than high; zero: none
	rate         float64     // pictures a second at most; zero: as they come
	audio        int         // bits a second
}

// 0.1 bit a pixel are 2.8 Mb/s at 1280x720 and 30 pictures a second. Small pictures are cheap to encode, so LowBandwidth
// affords more effort for fewer bits.
var qualities = [...]quality{
	Balanced:     {effort: "superfast", crf: 23, bitsPerPixel: 0.1, audio: 96000},
	LowBandwidth: {effort: "veryfast", crf: 27, bitsPerPixel: 0.09, limit: image.Pt(640, 360), rate: 15, audio: 48000},
	Sharp:        {effort: "superfast", crf: 19, bitsPerPixel: 0.2, audio: 128000},
}

// quality of an unknown preset is that of Balanced.
func (p Preset) quality() quality {
	if p < 0 || int(p) >= len(qualities) {
		p = Balanced
	}
	return qualities[p]
}

// Plan says what a preset makes of pictures of a size (as they are seen, turned already) that come rate times a second:
// their size and rate when encoded, and the ceiling of the video in bits a second. What is captured costs less where
// little moves. A rate that is not known, zero, counts as 30.
func (p Preset) Plan(size image.Point, rate float64) (fitted image.Point, rateOut float64, bitrate int) {
	q := p.quality()
	limit := q.limit
	if size.Y > size.X {
		limit.X, limit.Y = limit.Y, limit.X
	}
	fitted = fit(size, limit)
	if !(rate > 0) || math.IsInf(rate, 0) {
		rate = 30
	}
	if q.rate > 0 {
		rate = min(rate, q.rate)
	}
	return fitted, rate, q.ceiling(fitted, rate)
}

func (q quality) ceiling(size image.Point, rate float64) int {
	return max(minBitrate, int(float64(size.X)*float64(size.Y)*rate*q.bitsPerPixel))
}

// minBitrate is the least that a ceiling can be: below it x264 gives pictures that show nothing.
const minBitrate = 64000
