package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/app"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/peer"
	"kinora/player"
	"kinora/signaling"
)

// dialled is a service, and the account on it that a command is given.
func dialled(t testing.TB) (*account, places) {
	t.Helper()
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, server.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := server.Credentials()
	t.Setenv("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
	t.Setenv("AWS_CA_BUNDLE", ca)
	at := places{Endpoint: server.Endpoint(), Region: "us-east-1", Data: t.TempDir()}
	acc, _, err := openAccount(t.Context(), at, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return acc.(*account), at
}

// A camera is offered by one command's way and watched by the other's; texts go both ways, and what is seen is recorded.
func TestCallAndOffer(t *testing.T) {
	acc, at := dialled(t)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	log := slog.New(slog.DiscardHandler)
	offering, withdraw := context.WithCancel(ctx)
	offered := make(chan error, 1)
	go func() {
		c := offerCommand{places: at, Channel: "door", Source: "demo-1", Quality: "low", Create: true, Echo: true}
		offered <- c.run(offering, log)
	}()
	until(t, ctx, "the channel", func() bool {
		list, err := acc.Channels(ctx)
		return err == nil && len(list) == 1
	})
	if err := acc.Create(ctx, "kept", time.Hour); err != nil {
		t.Fatal(err)
	}
	mine := at
	mine.Data = t.TempDir()
	a, end, err := mine.open(ctx, app.Options{}, true, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Calls.Dial("door", false); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, "the first picture", func() bool {
		c := a.Calls.Now().Get()
		if c.Phase == app.CallFailed {
			t.Fatal(c.Err)
		}
		return !c.Picture.IsZero()
	})
	if err := a.Calls.Record("kept"); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, "the data channel", func() bool { return a.Calls.Say("hello") == nil })
	until(t, ctx, "an echo", func() bool {
		for _, x := range a.Calls.Now().Get().Texts {
			if x.From == "door" && x.Text == "hello" {
				return true
			}
		}
		return false
	})
	until(t, ctx, "the recording", func() bool {
		rec, ok := a.Recordings.Of("kept")
		return ok && !rec.Advanced.IsZero()
	})
	c := a.Calls.Now().Get()
	if st := c.Player.State(); st.Phase != player.Live || st.Size.X != 640 || st.Size.Y != 360 {
		t.Errorf("the player says %+v", st)
	}
	for _, s := range c.Stages {
		if s.Began.IsZero() || s.Ended.Before(s.Began) || s.Err != nil {
			t.Errorf("stage %+v", s)
		}
	}
	folder := t.TempDir()
	if path, err := a.Calls.Snapshot(ctx, folder); err != nil || !strings.HasPrefix(filepath.Base(path), "door_") {
		t.Errorf("snapshot %q, %v", path, err)
	}
	a.Calls.HangUp()
	until(t, ctx, "the end of the recording", func() bool { rec, ok := a.Recordings.Of("kept"); return !ok || rec.Ended })
	if rec, ok := a.Recordings.Of("kept"); ok {
		t.Errorf("the recording of a call that was hung up ended with %v", rec.Err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	withdraw()
	if err := <-offered; err != nil {
		t.Error(err)
	}
}

// What is in a stream already is shown without coding it anew.
func TestAStreamIsOffered(t *testing.T) {
	acc, at := dialled(t)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	log := slog.New(slog.DiscardHandler)
	if err := acc.Create(ctx, "yard", time.Hour); err != nil {
		t.Fatal(err)
	}
	recording, end := context.WithCancel(ctx)
	recorded := make(chan error, 1)
	go func() {
		c := recordCommand{places: at, Source: "demo-1", Stream: "yard", Quality: "low", KeyInterval: time.Second, Order: "live"}
		recorded <- c.run(recording, log)
	}()
	other := at
	other.Data = t.TempDir()
	offering, withdraw := context.WithCancel(ctx)
	offered := make(chan error, 1)
	go func() {
		c := offerCommand{places: other, Channel: "door", Source: "stream:yard", Quality: "balanced", Create: true}
		offered <- c.run(offering, log)
	}()
	until(t, ctx, "the channel", func() bool {
		list, err := acc.Channels(ctx)
		return err == nil && len(list) == 1
	})
	until(t, ctx, "a picture", func() bool {
		calling := other
		calling.Data = t.TempDir()
		c := callCommand{places: calling, Channel: "door", For: time.Second}
		return c.run(ctx, log) == nil
	})
	withdraw()
	if err := <-offered; err != nil {
		t.Error(err)
	}
	end()
	if err := <-recorded; err != nil {
		t.Error(err)
	}
}

func TestFaultsOfCalls(t *testing.T) {
	acc, at := dialled(t)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	failure := func(a *account, channel string) app.Fault {
		t.Helper()
		l := a.Dial(channel, false)
		err := l.Run(ctx)
		if err == nil {
			t.Fatal("a call that cannot be made ended well")
		}
		if src, opened := l.Open(ctx); opened == nil {
			src.Close()
			t.Error("a call that failed has a picture")
		}
		return a.Fault(err)
	}
	if f := failure(acc, "nobody"); f.Kind != app.FaultNoChannel || f.Action != "DescribeSignalingChannel" {
		t.Errorf("of a channel that is not there: %+v", f)
	}
	if err := acc.CreateChannel(ctx, "door"); err != nil {
		t.Fatal(err)
	}
	unanswered := make(chan error, 1)
	go func() { unanswered <- acc.Dial("door", false).Run(ctx) }()
	stranger := newAccount("s", "s", endpointKind, "us-east-1", kvs.Config{
		Endpoint: at.Endpoint, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDOFANOTHER", "secret", ""),
	})
	if f := failure(stranger, "door"); f.Kind != app.FaultSignedOut {
		t.Errorf("of a stranger: %+v", f)
	}
	keys := credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), "")
	mistrusting := newAccount("m", "m", endpointKind, "us-east-1", kvs.Config{Endpoint: at.Endpoint, Region: "us-east-1", Credentials: keys})
	if f := failure(mistrusting, "door"); f.Kind != app.FaultUntrusted {
		t.Errorf("of a certificate that is not trusted: %+v", f)
	}
	away := newAccount("a", "a", endpointKind, "us-east-1", kvs.Config{Endpoint: "http://127.0.0.1:9", Region: "us-east-1", Credentials: keys})
	if f := away.Fault(awayError(ctx, away)); f.Kind != app.FaultNetwork {
		t.Errorf("of a service that is away: %+v", f)
	}
	if f := acc.Fault(io.EOF); f.Kind != app.FaultUnknown {
		t.Errorf("of anything: %+v", f)
	}
	for err, want := range map[error]app.FaultKind{
		peer.ErrNoAnswer: app.FaultNoMaster, peer.ErrNoWay: app.FaultNoWay, peer.ErrLost: app.FaultLost, peer.ErrHungUp: app.FaultHungUp, peer.ErrForeign: app.FaultForeign,
		&kvs.Error{Op: "GetIceServerConfig", Code: "ClientLimitExceededException"}:                   app.FaultThrottled,
		&signaling.ConnectError{Status: http.StatusBadRequest, Code: "ClientLimitExceededException"}: app.FaultViewerLimit,
		&signaling.ConnectError{Status: http.StatusForbidden, Code: "AccessDeniedException"}:         app.FaultForbidden,
	} {
		if f := acc.Fault(fmt.Errorf("the call is over: %w", err)); f.Kind != want {
			t.Errorf("of %v: kind %d, want %d", err, f.Kind, want)
		}
	}
	if f := acc.Fault(<-unanswered); f.Kind != app.FaultNoMaster {
		t.Errorf("of a channel without a master: %+v", f)
	}
}

// awayError is what a call of an account says.
func awayError(ctx context.Context, a *account) error {
	_, err := a.Channels(ctx)
	return err
}

// until waits for a condition.
func until(t *testing.T, ctx context.Context, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not come", what)
		case <-tick.C:
		}
	}
}
