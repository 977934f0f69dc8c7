package app

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/recorder"
)

func TestRecordStopsGracefully(t *testing.T) {
	leak.Check(t)
	began := make(chan struct{}, 2)
	acc := &fakeAccount{name: "a", put: func(_ context.Context, upload io.Reader, ack func(recorder.Ack)) error {
		began <- struct{}{}
		return acknowledge(upload, ack)
	}}
	a := running(t, Options{Accounts: []Account{acc}})
	if err := a.Recordings.Start("gate", camera("c")); err != nil {
		t.Fatal(err)
	}
	<-began
	var busy *RecordingError
	if err := a.Recordings.Start("gate", camera("d")); !errors.As(err, &busy) || busy.Stream != "gate" {
		t.Errorf("a second camera into the same stream: %v", err)
	}
	if err := a.Recordings.Start("yard", camera("d")); err != nil {
		t.Errorf("a camera into another stream: %v", err)
	}
	if !a.Recordings.Active("gate") || a.Recordings.Active("roof") {
		t.Error("Active does not tell the streams apart")
	}
	a.Recordings.Stop("gate")
	if rec, ok := a.Recordings.Of("gate"); ok && !rec.Stopping && !rec.Ended {
		t.Errorf("after Stop: %+v", rec)
	}
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Stream == "yard" })
	if err := a.Close(); err != nil {
		t.Errorf("Close with a recording that runs: %v", err)
	}
	if l := a.Recordings.List().Get(); len(l) != 0 {
		t.Errorf("after Close: %+v", l)
	}
}

func TestRecordCameraFails(t *testing.T) {
	leak.Check(t)
	acc := &fakeAccount{name: "a"}
	a := running(t, Options{Accounts: []Account{acc}})
	broken := Camera{ID: "x", Name: "Webcam", Open: func(context.Context) (media.Source, error) {
		return nil, errors.New("the device is in use")
	}}
	if err := a.Recordings.Start("gate", broken); err != nil {
		t.Fatal(err)
	}
	list := until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Ended })
	if got := list[0].Err.Error(); !strings.Contains(got, "Webcam") || !strings.Contains(got, "in use") || !strings.Contains(got, "gate") {
		t.Errorf("the error is %q, want stream, camera and reason in it", got)
	}
	if a.Recordings.Active("gate") {
		t.Error("a recording that ended counts as active")
	}
	a.Recordings.Dismiss("gate")
	if l := a.Recordings.List().Get(); len(l) != 0 {
		t.Errorf("after Dismiss: %+v", l)
	}
}

func TestStopWhileTheCameraOpens(t *testing.T) {
	leak.Check(t)
	opening := make(chan struct{})
	slow := Camera{ID: "x", Name: "Webcam", Open: func(ctx context.Context) (media.Source, error) {
		close(opening)
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}})
	if err := a.Recordings.Start("gate", slow); err != nil {
		t.Fatal(err)
	}
	<-opening
	a.Recordings.Stop("gate")
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 0 })
}

// TestCloseSaysWhatWasLost is about the caller of Close hearing of it, not Run, which ends at the same time.
func TestCloseSaysWhatWasLost(t *testing.T) {
	leak.Check(t)
	broken := Camera{ID: "x", Name: "Webcam", Open: func(context.Context) (media.Source, error) {
		return nil, errors.New("the device is in use")
	}}
	for range 20 {
		a := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}, Codecs: fakeCodecs{}})
		ran := make(chan error, 1)
		go func() { ran <- a.Run(t.Context()) }()
		if err := a.Recordings.Start("gate", broken); err != nil {
			t.Fatal(err)
		}
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Ended })
		if err := a.Close(); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Fatalf("Close said %v, want why the recording was lost", err)
		}
		if err := <-ran; err != nil {
			t.Fatalf("Run said it again: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Fatalf("a second Close said it again: %v", err)
		}
	}
}

// Run and Close both end the recordings when the window closes; whichever comes first, Close has the error.
func TestCloseSaysWhatWasLostAfterRunHasEndedTheRecordings(t *testing.T) {
	leak.Check(t)
	broken := Camera{ID: "x", Name: "Webcam", Open: func(context.Context) (media.Source, error) {
		return nil, errors.New("the device is in use")
	}}
	a := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}, Codecs: fakeCodecs{}})
	if err := a.Recordings.Start("gate", broken); err != nil {
		t.Fatal(err)
	}
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Ended })
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	a.run(ended) // the part of Run that ends the recordings
	if err := a.Close(); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Close said %v, want why the recording was lost", err)
	}
}

func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := Camera{ID: "x", Name: "Webcam", Open: func(context.Context) (media.Source, error) {
			<-release // a device that ignores its context
			return nil, errors.New("gone")
		}}
		a := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}})
		if err := a.Recordings.Start("gate", stuck); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err := a.Close()
		if took := time.Since(start); took != grace {
			t.Errorf("Close took %v, want %v", took, grace)
		}
		if err == nil || !strings.Contains(err.Error(), "gate") {
			t.Errorf("Close said %v, want the stream named", err)
		}
		if err := a.Recordings.Start("yard", stuck); err == nil {
			t.Error("a recording began after Close")
		}
		close(release)
		synctest.Wait()
	})
}

func TestStartDemo(t *testing.T) {
	leak.Check(t)
	acc := &fakeAccount{name: "a", live: func(ctx context.Context) (media.Source, error) { return newFakeSource(ctx, nil), nil }}
	a := running(t, Options{Accounts: []Account{acc}, Cameras: func() []Camera {
		return []Camera{camera("screen"), camera("demo-1"), camera("demo-2")}
	}})
	for _, want := range []string{"demo-1", "demo-2"} {
		got, err := a.StartDemo(t.Context())
		if got != want || err != nil {
			t.Fatalf("StartDemo() = %q, %v; want %s", got, err, want)
		}
		if a.Watch.Now().Get().Stream != want || !a.Recordings.Active(want) {
			t.Errorf("%s is not watched, or not recorded into", want)
		}
	}
	if len(acc.created) != 2 || acc.created[0].Retention != demoRetention {
		t.Errorf("created %+v, want two streams that keep a day", acc.created)
	}
	if _, err := a.StartDemo(t.Context()); err == nil {
		t.Error("a third demo camera started")
	}
	a.Recordings.Stop("demo-1")
	a.Recordings.Stop("demo-2")
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 0 })
}
