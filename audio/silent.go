package audio

import (
	"context"
	"time"

	"kinora/media"
)

const period = 10 * time.Millisecond // of sound that is pulled at a time

// Silent is a device that nobody hears. It takes sound at the pace of a loudspeaker.
func Silent(ctx context.Context, pull func([]float32, time.Time)) error {
	out := make([]float32, framesOf(period)*media.SoundChannels)
	tick := time.NewTicker(period)
	defer tick.Stop()
	at := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if now.Sub(at) > uneven {
				at = now
			}
			for ; !at.After(now); at = at.Add(period) {
				pull(out, at)
			}
		}
	}
}
