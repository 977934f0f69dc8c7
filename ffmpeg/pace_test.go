package ffmpeg

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		epoch := time.Now()
		if late, err := pace(t.Context(), time.Since(epoch), 40*time.Millisecond); late != 0 || err != nil || time.Since(epoch) != 40*time.Millisecond {
			t.Errorf("pace = %v, %v after %v", late, err, time.Since(epoch))
		}
		if late, err := pace(t.Context(), time.Since(epoch), 30*time.Millisecond); late != 10*time.Millisecond || err != nil {
			t.Errorf("10 ms late: pace = %v, %v", late, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := pace(ctx, time.Since(epoch), time.Hour); err != context.DeadlineExceeded || time.Since(epoch) != 1040*time.Millisecond {
			t.Errorf("cancelled: pace = %v after %v", err, time.Since(epoch))
		}
	})
}
