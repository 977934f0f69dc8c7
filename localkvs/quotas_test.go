package localkvs

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuota("GetIceServerConfig is called for the channel", 5, 1)
		granted := func(channel string) (n int) {
			for q.take(channel, 1) == nil {
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
		if err := q.take("one", 1); !errors.As(err, &e) || e.name != "ClientLimitExceededException" || e.status != 400 {
			t.Errorf("refused with %v", err)
		}
		q.forget("one")
		if n := granted("one"); n != 10 || len(q.asked) != 2 {
			t.Errorf("%d for a channel that was made anew, of %d", n, len(q.asked))
		}
	})
}

// A stream's quotas are the real service's times a factor; a request that asks for a whole page is answered however small they are.
func TestStreamQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		granted := func(take func() error) (n int) {
			for n < 100_000 && take() == nil {
				n++
			}
			return n
		}
		q := newStreamQuotas(1)
		if n := granted(func() error { return q.hls.take("one", 1) }); n != 50 {
			t.Errorf("%d sessions at once, want 50", n)
		}
		if n := granted(func() error { return q.dash.take("one", 1) }); n != 50 {
			t.Errorf("%d sessions of the other kind at once, want 50", n)
		}
		if n := granted(func() error { return q.take("one", 1000, 0) }); n != 20 {
			t.Errorf("%d lists of 1000 at once, want 20", n)
		}
		if n := granted(func() error { return q.take("one", 0, 1) }); n != 1000 {
			t.Errorf("%d fragments at once, want 1000", n)
		}
		time.Sleep(time.Second)
		if n := granted(func() error { return q.take("one", 1000, 50) }); n != 10 {
			t.Errorf("%d clips after a second, want 10", n)
		}
		q.forget("one")
		if n := granted(func() error { return q.take("one", 5000, 0) }); n != 4 {
			t.Errorf("%d playlists of a stream that was made anew, want 4", n)
		}
		if n := granted(func() error { return newStreamQuotas(-1).hls.take("one", 1) }); n != 100_000 {
			t.Errorf("without limits %d sessions", n)
		}
		small := newStreamQuotas(0.001)
		if n := granted(func() error { return small.take("one", 5000, 1000) }); n != 1 {
			t.Errorf("with a thousandth of the limits %d requests at once, want 1", n)
		}
	})
}
