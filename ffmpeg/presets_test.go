package ffmpeg

import (
	"image"
	"testing"
)

func TestPlan(t *testing.T) {
	for name, c := range map[string]struct {
		preset   Preset
		size     image.Point
		rate     float64
		fit      image.Point
		rateOut  float64
		from, to int
	}{
		"balanced keeps everything":     {Balanced, image.Pt(1280, 720), 30, image.Pt(1280, 720), 30, 2_700_000, 2_800_000},
		"sharp costs twice":             {Sharp, image.Pt(1280, 720), 30, image.Pt(1280, 720), 30, 5_400_000, 5_600_000},
		"low bandwidth is small":        {LowBandwidth, image.Pt(1920, 1080), 60, image.Pt(640, 360), 15, 300_000, 350_000},
		"low bandwidth, upright":        {LowBandwidth, image.Pt(1080, 1920), 25, image.Pt(360, 640), 15, 300_000, 350_000},
		"low bandwidth, 4:3":            {LowBandwidth, image.Pt(1600, 1200), 10, image.Pt(480, 360), 10, 150_000, 160_000},
		"small pictures are not blown":  {LowBandwidth, image.Pt(320, 180), 5, image.Pt(320, 180), 5, minBitrate, minBitrate},
		"an unknown rate is 30":         {Balanced, image.Pt(1280, 720), 0, image.Pt(1280, 720), 30, 2_700_000, 2_800_000},
		"an unknown preset is balanced": {Preset(77), image.Pt(1280, 720), 30, image.Pt(1280, 720), 30, 2_700_000, 2_800_000},
		"odd sizes become even":         {Sharp, image.Pt(175, 99), 30, image.Pt(174, 98), 30, 95_000, 110_000},
	} {
		t.Run(name, func(t *testing.T) {
			size, rate, bitrate := c.preset.Plan(c.size, c.rate)
			if size != c.fit || rate != c.rateOut || bitrate < c.from || bitrate > c.to {
				t.Errorf("Plan(%v, %v) = %v, %v, %d; want %v, %v, %d to %d", c.size, c.rate, size, rate, bitrate, c.fit, c.rateOut, c.from, c.to)
			}
		})
	}
}
