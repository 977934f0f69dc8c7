package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
)

// A stream that is recorded now is watched by HLS and by DASH, and by the service's clock, at its own time.
func TestSessions(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s, err := startService(t.TempDir(), "eu-west-1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	keys := s.server.Credentials()
	acc := newAccount("test", "test", thisComputer, "", kvs.Config{Endpoint: s.server.Endpoint(), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	if err := acc.Create(ctx, "cam", time.Hour); err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 2)
	begin := func(size string) (stop func()) {
		sending, stop := context.WithCancel(ctx)
		go func() { sent <- send(sending, acc.client, "cam", size) }()
		return stop
	}
	stop := begin("320x180")
	for _, access := range []app.Access{{Way: app.HLS}, {Way: app.DASH}, {Clock: app.ServerClock}, {Way: app.HLS, Clock: app.ServerClock}} {
		watchBy(t, ctx, acc, access)
	}
	ended := func() {
		stop()
		if err := <-sent; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("sending: %v", err)
		}
	}
	var watching []media.Source
	for _, way := range []app.Way{app.HLS, app.DASH} {
		source, err := acc.Live("cam", app.Access{Way: way})(ctx)
		if err != nil {
			t.Fatal(err)
		}
		watching = append(watching, source)
	}
	ended()
	stop = begin("640x360")
	for i, source := range watching {
		seesAnotherSize(t, source, image.Pt(320, 180), image.Pt(640, 360))
		if err := source.Close(); err != nil {
			t.Errorf("source %d: %v", i, err)
		}
	}
	ended()
	acc.client.Close()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// watchBy reads three seconds, and looks at their times.
func watchBy(t *testing.T, ctx context.Context, acc *account, way app.Access) {
	t.Helper()
	var source media.Source
	for { // as a player does: there is nothing before the first fragment
		var err error
		if source, err = acc.Live("cam", way)(ctx); err == nil {
			break
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%+v: %v", way, err)
		}
	}
	defer source.Close()
	track, ok := media.VideoTrack(source.Tracks())
	if !ok || track.Codec != media.H264 || track.Width != 320 {
		t.Errorf("%+v: tracks %+v", way, source.Tracks())
	}
	var first, last time.Duration
	keys, n := 0, 0
	for n == 0 || last-first < 3*time.Second {
		p, err := source.Read()
		if err != nil {
			t.Fatalf("%+v: after %d packets: %v", way, n, err)
		}
		if p.Track != track.ID {
			continue
		}
		if n == 0 {
			first = p.PTS
			if !p.Key {
				t.Errorf("%+v: does not begin with a key frame", way)
			}
		}
		if n++; p.Key {
			keys++
		}
		if age := time.Since(source.Epoch().Add(p.PTS)); age < -100*time.Millisecond || age > 30*time.Second {
			t.Fatalf("%+v: a picture of %v ago", way, age)
		}
		last = p.PTS
	}
	if keys < 2 || n < 20 {
		t.Errorf("%+v: %d packets, %d key frames", way, n, keys)
	}
}

// seesAnotherSize reads until pictures have another size: from a key frame on that is marked, and with what decodes them.
func seesAnotherSize(t *testing.T, source media.Source, was, is image.Point) {
	t.Helper()
	first, _ := media.VideoTrack(source.Tracks())
	if size := image.Pt(first.Width, first.Height); size != was {
		t.Fatalf("at first pictures are of %v, want %v", size, was)
	}
	for {
		p, err := source.Read()
		if err != nil {
			t.Fatal(err)
		}
		track, _ := media.VideoTrack(source.Tracks())
		if size := image.Pt(track.Width, track.Height); size == was {
			continue
		} else if size != is || !p.Discontinuity || !p.Key || bytes.Equal(track.Private, first.Private) {
			t.Errorf("after a change pictures are of %v, marked %v, key %v; want %v with other parameters", size, p.Discontinuity, p.Key, is)
		}
		return
	}
}

// send uploads a generated picture, a fragment a second, until ctx ends.
func send(ctx context.Context, c *kvs.Client, stream, size string) error {
	source, err := ffmpeg.Capture(ctx, ffmpeg.CaptureOptions{Realtime: true, KeyInterval: time.Second,
		Inputs: []ffmpeg.Input{{Format: "lavfi", URL: "testsrc2=r=10:s=" + size}}})
	if err != nil {
		return err
	}
	defer source.Close()
	r, w := io.Pipe()
	go func() { w.CloseWithError(write(source, w)) }()
	err = c.Put(ctx, stream, r, func(kvs.Ack) {})
	if err != nil && strings.Contains(err.Error(), "cancel") {
		return nil
	}
	return err
}

func write(source media.Source, w io.Writer) error {
	picture, _ := media.VideoTrack(source.Tracks())
	m := mkv.NewWriter(w, source.Tracks(), mkv.WriterOptions{Epoch: source.Epoch()})
	for begun := false; ; {
		p, err := source.Read()
		if err != nil {
			return err
		}
		if p.Key && p.Track == picture.ID {
			begun, err = true, m.Begin(p.PTS)
		}
		if err == nil && begun {
			err = m.Write(p)
		}
		if err != nil {
			return err
		}
	}
}
