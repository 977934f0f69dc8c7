package ffmpeg

import (
	"context"
	"time"
)

// How far a paced input may fall behind before it takes a new base instead of hurrying after.
const lagLimit = time.Second

// Sound that is generated or read is produced this much ahead, so that pictures need not wait for it to be interleaved.
const audioLead = 80 * time.Millisecond

// pace waits until a media time has come, when it is now. It returns at once, with by how much, when it is too late
// already.
func pace(ctx context.Context, now, at time.Duration) (late time.Duration, err error) {
	wait := at - now
	if wait <= 0 {
		return -wait, ctx.Err()
	}
	return 0, pause(ctx, wait)
}

// pause waits, and returns early with ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
