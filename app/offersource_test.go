package app

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/recorder"
)

// A device that is recorded can be offered at the same time, and goes on being offered when the recording ends.
func TestACameraThatIsRecordedIsOffered(t *testing.T) {
	leak.Check(t)
	var open, crowded atomic.Bool
	var opened, coded atomic.Int32
	cam := Camera{ID: "cam", Name: "Camera", Open: func(ctx context.Context) (media.Source, error) {
		if !open.CompareAndSwap(false, true) {
			crowded.Store(true)
			return nil, errors.New("the device is in use")
		}
		opened.Add(1)
		return newFakeSource(ctx, func() { open.Store(false) }), nil
	}}
	a, acc := calling(t, Options{ForCall: func(src media.Source) media.Source {
		coded.Add(1)
		return src
	}})
	if err := a.Recordings.Start("gate", cam); err != nil {
		t.Fatal(err)
	}
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Take != "" })
	if err := a.Calls.Offer("door", cam, Settings{}); err != nil {
		t.Fatal(err)
	}
	<-acc.host.fed
	if opened.Load() != 1 || crowded.Load() || coded.Load() != 1 {
		t.Errorf("the camera was opened %d times, in use: %v; coded anew: %d", opened.Load(), crowded.Load(), coded.Load())
	}
	a.Recordings.Stop("gate")
	until(t, a.Calls.Offers(), func(l []Offered) bool { return opened.Load() == 2 && l[0].Source.Err == nil })
	for len(acc.host.fed) > 0 {
		<-acc.host.fed
	}
	<-acc.host.fed
	if o := a.Calls.Offers().Get()[0]; o.Ended {
		t.Errorf("the offer has ended with the recording: %v", o.Err)
	}
}

// A device that is offered can be previewed, which shows what is offered, and recorded: the recording takes it over, and gives it back.
func TestACameraThatIsOfferedIsRecorded(t *testing.T) {
	leak.Check(t)
	var open, crowded atomic.Bool
	var opened atomic.Int32
	cam := Camera{ID: "cam", Name: "Camera", Retry: func(error) bool { return false }, Open: func(ctx context.Context) (media.Source, error) {
		if !open.CompareAndSwap(false, true) {
			crowded.Store(true)
			return nil, errors.New("the device is in use")
		}
		opened.Add(1)
		return newFakeSource(ctx, func() { open.Store(false) }), nil
	}}
	a, acc := calling(t, Options{})
	goesOn := func() {
		t.Helper()
		for len(acc.host.fed) > 0 {
			<-acc.host.fed
		}
		<-acc.host.fed
		if o := a.Calls.Offers().Get(); len(o) == 0 || o[0].Ended {
			t.Fatalf("the offer has ended: %+v", o)
		}
	}
	if err := a.Calls.Offer("door", cam, Settings{}); err != nil {
		t.Fatal(err)
	}
	goesOn()
	a.Recordings.Show(&cam, Settings{})
	until(t, a.Recordings.Shown(), func(p Preview) bool { return p.State.Phase == recorder.Running && p.Player.State().Decoded > 0 })
	if n := opened.Load(); n != 1 {
		t.Errorf("the camera was opened %d times for an offer and a preview", n)
	}
	if err := a.Recordings.Begin(Plan{Stream: "gate", Camera: cam}); err != nil {
		t.Fatal(err)
	}
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Source.Phase == recorder.Running })
	until(t, a.Calls.Offers(), func(l []Offered) bool { return l[0].Source.Phase == recorder.Running && opened.Load() == 2 })
	goesOn()
	a.Recordings.Show(nil, Settings{})
	goesOn()
	if n := opened.Load(); n != 2 {
		t.Errorf("the camera was opened %d times until it was recorded", n)
	}
	a.Recordings.Stop("gate")
	until(t, a.Calls.Offers(), func(l []Offered) bool { return opened.Load() == 3 && l[0].Source.Phase == recorder.Running })
	goesOn()
	a.Recordings.Show(&cam, Settings{})
	until(t, a.Recordings.Shown(), func(p Preview) bool { return p.State.Phase == recorder.Running })
	a.Calls.Withdraw("door")
	until(t, a.Recordings.Shown(), func(p Preview) bool { return opened.Load() == 4 && p.State.Phase == recorder.Running })
	if crowded.Load() {
		t.Error("the camera was opened while it was in use")
	}
}

// One camera can be offered on two channels.
func TestACameraIsOfferedTwice(t *testing.T) {
	leak.Check(t)
	var opened atomic.Int32
	cam := Camera{ID: "cam", Name: "Camera", Open: func(ctx context.Context) (media.Source, error) {
		opened.Add(1)
		return newFakeSource(ctx, nil), nil
	}}
	a, acc := calling(t, Options{})
	for _, channel := range []string{"door", "gate"} {
		if err := a.Calls.Offer(channel, cam, Settings{}); err != nil {
			t.Fatal(err)
		}
	}
	running := func(n int) func(l []Offered) bool {
		return func(l []Offered) bool {
			return len(l) == n && !slices.ContainsFunc(l, func(o Offered) bool { return o.Source.Phase != recorder.Running })
		}
	}
	until(t, a.Calls.Offers(), running(2))
	if n := opened.Load(); n != 1 {
		t.Errorf("the camera was opened %d times", n)
	}
	a.Calls.Withdraw("door")
	until(t, a.Calls.Offers(), running(1))
	for len(acc.host.fed) > 0 {
		<-acc.host.fed
	}
	<-acc.host.fed
}
