package app

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"kinora/media"
	"kinora/recorder"
	"kinora/recorder/upload"
)

func TestRecordStopsGracefully(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := make(chan struct{}, 100)
		acc := &fakeAccount{name: "a", put: func(_ context.Context, body io.Reader, ack func(upload.Ack)) error {
			began <- struct{}{}
			return acknowledge(body, ack)
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
	})
}

func TestRecordCameraFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acc := &fakeAccount{name: "a"}
		a := running(t, Options{Accounts: []Account{acc}})
		broken := Camera{ID: "x", Name: "Webcam",
			Open:  func(context.Context) (media.Source, error) { return nil, errors.New("this is no video") },
			Retry: func(error) bool { return false },
		}
		if err := a.Recordings.Start("gate", broken); err != nil {
			t.Fatal(err)
		}
		list := until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Ended })
		if got := list[0].Err.Error(); !strings.Contains(got, "Webcam") || !strings.Contains(got, "no video") || !strings.Contains(got, "gate") {
			t.Errorf("the error is %q, want stream, camera and reason in it", got)
		}
		if a.Recordings.Active("gate") {
			t.Error("a recording that ended counts as active")
		}
		a.Recordings.Dismiss("gate")
		if l := a.Recordings.List().Get(); len(l) != 0 {
			t.Errorf("after Dismiss: %+v", l)
		}
	})
}

func TestStopWhileTheCameraOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
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
	})
}

// inUse is a camera that cannot be opened as long as busy says so.
func inUse(busy func() bool) Camera {
	return Camera{ID: "x", Name: "Webcam", Open: func(ctx context.Context) (media.Source, error) {
		if busy() {
			return nil, errors.New("the device is in use")
		}
		return newFakeSource(ctx, nil), nil
	}}
}

func TestACameraInUseIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var free atomic.Bool
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}})
		if err := a.Recordings.Start("gate", inUse(func() bool { return !free.Load() })); err != nil {
			t.Fatal(err)
		}
		list := until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Err != nil })
		if list[0].Ended || !strings.Contains(list[0].Err.Error(), "in use") {
			t.Errorf("with a camera in use: %+v", list[0])
		}
		free.Store(true)
		until(t, a.Recordings.List(), func(l []Recording) bool {
			return len(l) == 1 && l[0].Err == nil && l[0].Source.Phase == recorder.Running && !l[0].Advanced.IsZero()
		})
	})
}

func TestNothingIsRecordedWithoutASpool(t *testing.T) {
	locked := errors.New("another Kinora uses this spool")
	a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}, SpoolErr: locked})
	if err := a.Recordings.Start("gate", camera("c")); !errors.Is(err, locked) || !strings.Contains(err.Error(), "another Kinora") {
		t.Errorf("Start said %v, want why there is no spool", err)
	}
	if a.Recordings.Active("gate") || a.Recordings.Takes().Get() != nil {
		t.Error("something is recorded nowhere")
	}
}

func TestStartDemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
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
	})
}
