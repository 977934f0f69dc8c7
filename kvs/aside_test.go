package kvs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kinora/kvs"
	"kinora/media"
)

// A pointer that hovers over many days takes few of a stream's sessions and waits for none, and whoever looks at a picture finds a place.
func TestPicturesAsideLeaveRoom(t *testing.T) {
	for _, denied := range [][]string{nil, {"/listFragments", "/kinora/listSpans"}} {
		g, c, direct := startFew(t, 10)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		now := time.Now().Truncate(time.Second)
		day := func(i int) time.Time { return now.Add(-time.Duration(9-i) * 25 * time.Hour) }
		for i := range 9 {
			film(t, direct, day(i))
		}
		g.deny(denied...)
		a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime, Way: kvs.HLS})
		defer a.Close()
		show := func(ctx context.Context, i int) error {
			f, err := a.Find(ctx, day(i), true)
			if err == nil {
				_, err = a.Load(ctx, f)
			}
			return err
		}
		shown := 0
		for i := range 8 {
			err := show(media.Aside(ctx), i)
			switch {
			case err == nil:
				shown++
			case !strings.Contains(err.Error(), "all sessions that the service allows"):
				t.Errorf("without %v, day %d: %v", denied, i, err)
			}
		}
		if n := g.count(hlsURL); shown == 0 || n > 2 {
			t.Errorf("without %v, pictures of %d days were had by %d sessions, want some by two at most", denied, shown, n)
		}
		if w, ok := c.Waiting("cam"); ok && time.Until(w.Until) > time.Minute {
			t.Errorf("without %v, a picture aside waits", denied)
		}
		for i := range 3 {
			if err := show(ctx, 8-i); err != nil {
				t.Errorf("without %v, day %d is not seen: %v", denied, 8-i, err)
			}
		}
	}
}
