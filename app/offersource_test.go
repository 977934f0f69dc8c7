package app

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"kinora/internal/leak"
	"kinora/media"
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
