package kvs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
)

// What is live comes through sessions as it was sent: picture and sound, at their times, from the newest fragment on. A pause is marked.
func TestWatchingBySessions(t *testing.T) {
	leak.Check(t)
	l, c := startLocal(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Create(ctx, "cam", 24*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(-20 * time.Second).Truncate(time.Second)
	first := film(t, c, from)
	newest := first[len(first)-1]
	var sources []media.Source
	for _, dash := range []bool{false, true} {
		source, err := c.SessionLive("cam", kvs.Session{DASH: dash, Clock: kvs.ProducerTime})(ctx)
		if err != nil {
			t.Fatalf("DASH %v: %v", dash, err)
		}
		sources = append(sources, source)
		if tracks := source.Tracks(); len(tracks) != 2 || tracks[0].Codec != media.H264 || tracks[1].Codec != media.AAC {
			t.Errorf("DASH %v: tracks %+v", dash, tracks)
		}
		if !source.Epoch().Equal(newest.Start) {
			t.Errorf("DASH %v: it begins at %v, want the newest fragment, of %v", dash, source.Epoch(), newest.Start)
		}
		p, err := source.Read()
		if err != nil || !p.Key || p.Discontinuity || p.Track != 1 {
			t.Errorf("DASH %v: it begins with %+v, %v", dash, p, err)
		}
	}
	later := from.Add(15 * time.Second)
	second := film(t, c, later)
	for i, source := range sources {
		seen, frames := false, 0
		for !seen {
			p, err := source.Read()
			if err != nil {
				t.Fatalf("source %d: %v", i, err)
			}
			frames++
			if at := source.Epoch().Add(p.PTS); !at.Before(later) {
				seen = true
				if !p.Discontinuity || !p.Key || !at.Equal(later) {
					t.Errorf("source %d: behind the pause comes a packet of %v, marked %v, key %v; want %v", i, at, p.Discontinuity, p.Key, later)
				}
			}
		}
		if frames != len(newest.Packets) {
			t.Errorf("source %d: %d packets from the first up to the pause, want %d", i, frames, len(newest.Packets))
		}
		for range len(second[0].Packets) - 1 {
			if p, err := source.Read(); err != nil || p.Discontinuity {
				t.Fatalf("source %d: %+v, %v", i, p, err)
			}
		}
	}
	l.stop()
	for i, source := range sources {
		var err error
		for err == nil {
			_, err = source.Read()
		}
		if strings.Contains(err.Error(), "SessionToken") {
			t.Errorf("source %d: the error holds the address: %v", i, err)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
		if _, err := source.Read(); !errors.Is(err, context.Canceled) {
			t.Errorf("source %d: read after it is closed: %v", i, err)
		}
	}
}

// What somebody sent an hour ago is not live: opening waits for the next fragment.
func TestWatchingASilentStreamBySessions(t *testing.T) {
	leak.Check(t)
	l, direct := startLocal(t)
	g, c := newGatekeeper(t, l)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := direct.Create(ctx, "cam", 24*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	film(t, direct, time.Now().Add(-time.Hour).Truncate(time.Second))
	type opened struct {
		source media.Source
		err    error
	}
	done := make(chan opened, 1)
	go func() {
		source, err := c.SessionLive("cam", kvs.Session{Clock: kvs.ProducerTime})(ctx)
		done <- opened{source, err}
	}()
	wait(t, "the session was asked twice", func() bool { return g.count("/hls/v1/getHLSMediaPlaylist.m3u8") > 1 })
	select {
	case o := <-done:
		t.Fatalf("it is open before anybody sends: %v", o.err)
	default:
	}
	now := time.Now().Truncate(time.Second)
	film(t, direct, now)
	o := <-done
	if o.err != nil {
		t.Fatal(o.err)
	}
	if got := o.source.Epoch(); !got.Equal(now) {
		t.Errorf("it begins with what is of %v, want %v", got, now)
	}
	if err := o.source.Close(); err != nil {
		t.Error(err)
	}
}
