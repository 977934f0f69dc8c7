package ffmpeg

import (
	"context"
	"time"
)

// How far a paced input may fall behind before it takes a new base instead of hurrying after.
const lagLimit = time.Second

// Sound that is generated or read is produced this much ahead, so that pictures need not wait for it to be interleaved.
const audioLead = 80 * time.Millisecond

// pace waits until the wall clock, as epoch counts it, has come to a media time. It returns at once, with by how much,
// when it is too late already.
func pace(ctx context.Context, epoch time.Time, at time.Duration) (late time.Duration, err error) {
	wait := at - time.Since(epoch)
	if wait <= 0 {
		return -wait, ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return 0, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
