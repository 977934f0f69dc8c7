package localkvs

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuota("GetIceServerConfig", 5)
		granted := func(channel string) (n int) {
			for q.take(channel) == nil {
				n++
			}
			return n
		}
		if n := granted("one"); n != 10 {
			t.Errorf("%d at once, want 10", n)
		}
		if n := granted("two"); n != 10 {
			t.Errorf("%d of another channel, want 10", n)
		}
		time.Sleep(time.Second)
		if n := granted("one"); n != 5 {
			t.Errorf("%d after a second, want 5", n)
		}
		var e *apiError
		if err := q.take("one"); !errors.As(err, &e) || e.name != "ClientLimitExceededException" || e.status != 400 {
			t.Errorf("refused with %v", err)
		}
		q.forget("one")
		if n := granted("one"); n != 10 || len(q.channels) != 2 {
			t.Errorf("%d for a channel that was made anew, of %d", n, len(q.channels))
		}
	})
}
