package app

import (
	"time"

	"kinora/recorder/upload"
)

// lowest is the bitrate that adaptation does not go below, in bits a second: a small picture is still a picture.
const lowest = 250_000

// adapt lowers the bitrates of recordings whose upload falls behind, where a person wants that, and raises them again. It is
// called once a second from one goroutine.
func (r *Recordings) adapt() {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for target, e := range r.entries {
		u := r.uploads[target]
		if !e.plan.Settings.Adapt || e.recording.Ended || u == nil {
			continue
		}
		bitrate := e.input.intake.State().Ceiling
		if bitrate <= 0 {
			continue // copied as it is
		}
		if e.adapter == nil {
			e.adapter = &upload.Adapter{Ceiling: bitrate, Floor: min(lowest, bitrate)}
		}
		if next := e.adapter.Next(now, u.uploader.State(), bitrate); next != bitrate {
			r.log.Info("the bitrate follows the network", "stream", target.Stream, "from", bitrate, "to", next)
			e.input.intake.SetBitrate(next)
		}
	}
}
