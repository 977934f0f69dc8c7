package app

import (
	"fmt"
	"image"
	"time"
)

// headroom is the part of the uplink that a recording may plan with. The rest is for others and for catching up.
const headroom = 0.7

// defaultInterval is the time between two key frames, which is also a fragment's length.
const defaultInterval = 2 * time.Second

// Bitrate is what a recording with these settings costs at most, in bits a second: the ceiling, or else what the quality
// makes of the mode. A mode that is not known is taken for 1280x720 at 30 pictures a second.
func (r *Recordings) Bitrate(s Settings) int {
	if s.Ceiling > 0 {
		return s.Ceiling
	}
	if s.Mode.Size.X <= 0 || s.Mode.Size.Y <= 0 {
		s.Mode.Size = image.Pt(1280, 720)
	}
	if s.Mode.Rate <= 0 {
		s.Mode.Rate = 30
	}
	if r.o.Bitrate == nil {
		return int(0.1 * float64(s.Mode.Size.X*s.Mode.Size.Y) * s.Mode.Rate)
	}
	return r.o.Bitrate(s)
}

// propose returns settings that fit into an uplink, and why. An uplink of zero was not measured.
func (r *Recordings) propose(s Settings, uplink float64) (Settings, string) {
	if uplink <= 0 {
		return s, "the uplink is not known: the settings stay as they are"
	}
	if s.KeyInterval == 0 {
		s.KeyInterval = defaultInterval
	}
	fits := int(headroom * uplink)
	if asked := r.Bitrate(s); asked <= fits {
		return s, fmt.Sprintf("%s fit into 70 %% of the %s that go up", megabits(float64(asked)), megabits(uplink))
	}
	for _, q := range lower(s.Quality) {
		s.Quality, s.Ceiling = q, 0
		if r.Bitrate(s) <= fits {
			break
		}
	}
	s.Ceiling, s.Adapt = min(max(fits, lowest), r.Bitrate(s)), true
	if fits < lowest {
		s.KeyInterval = max(s.KeyInterval, 4*time.Second) // fewer bits go into key frames
	}
	return s, fmt.Sprintf("this is 70 %% of the %s that go up; what is too much all the same waits on this disk", megabits(uplink))
}

// lower lists the qualities that a recording can be encoded with instead, the best first.
func lower(q Quality) []Quality {
	if q == LowBandwidth {
		return []Quality{LowBandwidth}
	}
	return []Quality{Balanced, LowBandwidth}
}

func megabits(bps float64) string { return fmt.Sprintf("%.1f Mb/s", bps/1e6) }

// inHours says how long something lasts as people plan with it.
func inHours(d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	default:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
}
