package kvs_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
)

const hlsURL, dashURL = "/getHLSStreamingSessionURL", "/getDASHStreamingSessionURL"

func startFew(t *testing.T, most int) (g *gatekeeper, c, direct *kvs.Client) {
	leak.Check(t)
	l, direct := startLocal(t)
	l.stop()
	l.options.Limits.Sessions = most
	l.start()
	g, c = newGatekeeper(t, l)
	c.AsAWS()
	if _, err := direct.Create(t.Context(), "cam", 240*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	return g, c, direct
}

// Whoever drags through days by HLS closes no session of others, nor the one of what is live: he waits for a place, which is said.
func TestSessionsOfAStreamAreFew(t *testing.T) {
	g, c, direct := startFew(t, 10)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	now := time.Now().Truncate(time.Second)
	for i := range 8 {
		film(t, direct, now.Add(-time.Duration(8-i)*10*time.Hour))
	}
	film(t, direct, now.Add(-10*time.Second))
	var others []string
	for range 2 {
		address, err := direct.SessionURL(ctx, "cam", kvs.Session{})
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, address)
	}
	live, err := c.SessionLive("cam", kvs.Session{Clock: kvs.ProducerTime})(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime, Way: kvs.HLS})
	defer a.Close()
	show := func(ctx context.Context, i int) error {
		f, err := a.Find(ctx, now.Add(-time.Duration(8-i)*10*time.Hour), true)
		if err == nil {
			_, err = a.Load(ctx, f)
		}
		return err
	}
	for i := range 6 {
		if err := show(ctx, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := show(ctx, 0); err != nil { // what was looked at before needs no session
		t.Fatal(err)
	}
	ctx7, leave := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- show(ctx7, 6) }()
	wait(t, "wait for a place", func() bool {
		w, ok := c.Waiting("cam")
		left := time.Until(w.Until)
		return ok && w.Op == "GetHLSStreamingSessionURL" && left > time.Minute && left <= 5*time.Minute
	})
	leave()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the seventh came: %v", err)
	}
	if n := g.count(hlsURL); n != 7 {
		t.Errorf("%d sessions were begun, want one for what is live and six of the archive", n)
	}
	for _, address := range others {
		r, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != http.StatusOK {
			t.Errorf("another's session is answered with %s", r.Status)
		}
	}
	second, err := c.SessionLive("cam", kvs.Session{Clock: kvs.ServerTime})(ctx) // has a place at once
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []media.Source{live, second} {
		if _, err := source.Read(); err != nil {
			t.Error(err)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Where a session had to make room for another's, what is live goes on in a new one, without a fragment too few or too many.
func TestWatchingGoesOnInAnotherSession(t *testing.T) {
	_, c, direct := startFew(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	from := time.Now().Add(-20 * time.Second).Truncate(time.Second)
	film(t, direct, from)
	for i, dash := range []bool{false, true} {
		source, err := c.SessionLive("cam", kvs.Session{DASH: dash, Clock: kvs.ProducerTime})(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := 0 // of the last fragment, which it begins with
		at := source.Epoch()
		if _, err := direct.SessionURL(ctx, "cam", kvs.Session{DASH: dash}); err != nil {
			t.Fatal(err)
		}
		next := film(t, direct, from.Add(time.Duration(i+1)*6*time.Second))
		for _, f := range next {
			want += len(f.Packets)
		}
		got, last := 0, next[len(next)-1]
		for got < want {
			p, err := source.Read()
			if err != nil {
				t.Fatalf("DASH %v: %v", dash, err)
			}
			if at = source.Epoch().Add(p.PTS); !at.Before(next[0].Start.Add(-time.Millisecond)) {
				got++
			}
		}
		if at.Before(last.Start) {
			t.Errorf("DASH %v: after %d packets it is %v, and %v when the last fragment begins", dash, got, at, last.Start)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A session of what is live is used again by who watches next: it would have its place for an hour.
func TestSessionsAreUsedAgain(t *testing.T) {
	g, c, direct := startFew(t, 10)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	film(t, direct, time.Now().Add(-10*time.Second).Truncate(time.Second))
	watch := func(s kvs.Session) {
		t.Helper()
		source, err := c.SessionLive("cam", s)(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Read(); err != nil {
			t.Error(err)
		}
		for range 2 { // the second time there is nothing left to give
			if err := source.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	for range 4 {
		watch(kvs.Session{Clock: kvs.ProducerTime})
		watch(kvs.Session{DASH: true, Clock: kvs.ProducerTime})
	}
	if hls, dash := g.count(hlsURL), g.count(dashURL); hls != 1 || dash != 1 {
		t.Errorf("%d sessions of HLS and %d of DASH were begun, want one of each", hls, dash)
	}
	watch(kvs.Session{Clock: kvs.ServerTime})
	if n := g.count(hlsURL); n != 2 {
		t.Errorf("%d sessions for two clocks", n)
	}
	if err := direct.Delete(ctx, "cam"); err != nil {
		t.Fatal(err)
	}
	if _, err := direct.Create(ctx, "cam", 24*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	film(t, direct, time.Now().Add(-10*time.Second).Truncate(time.Second))
	watch(kvs.Session{Clock: kvs.ProducerTime}) // the session of a stream that is gone is none any more
}

// A stream to which nobody has sent has no session. Opening waits for one; a stream that does not exist is an error.
func TestWatchingAnEmptyStreamBySessions(t *testing.T) {
	g, c, direct := startFew(t, 10)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, dash := range []bool{false, true} {
		if _, err := c.SessionLive("nobody", kvs.Session{DASH: dash})(ctx); err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
			t.Errorf("DASH %v: a stream that does not exist: %v", dash, err)
		}
	}
	begun := g.count(hlsURL)
	done := make(chan error, 1)
	go func() {
		source, err := c.SessionLive("cam", kvs.Session{Clock: kvs.ProducerTime})(ctx)
		if err == nil {
			err = source.Close()
		}
		done <- err
	}()
	wait(t, "second try", func() bool { return g.count(hlsURL) >= begun+2 })
	film(t, direct, time.Now().Add(-10*time.Second).Truncate(time.Second))
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Where fragments cannot be listed, what a session has listed is not asked for twice.
func TestListingBySessionsNeedsFew(t *testing.T) {
	g, c, direct := startFew(t, 10)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	from := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
	film(t, direct, from)
	want := film(t, direct, from.Add(40*time.Minute))
	g.deny("/listFragments", "/getMediaForFragmentList", "/kinora/listSpans")
	a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime})
	defer a.Close()
	f, err := a.Find(ctx, from, true)
	var last *media.Recorded
	for err == nil && f.Start.Before(from.Add(time.Hour)) {
		if last, err = a.Load(ctx, f); err != nil {
			t.Fatal(err)
		}
		if f.Start.Equal(want[len(want)-1].Start) {
			break
		}
		f, err = a.Next(ctx, f, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	same(t, last, want[len(want)-1], kvs.ProducerTime)
	if n := g.count(hlsURL); n > 3 {
		t.Errorf("%d sessions for an hour of the archive", n)
	}
}
