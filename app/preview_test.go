package app

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"kinora/media"
	"kinora/recorder"
)

// counted is a camera that counts how often it was opened and how many are open.
func counted(id string) (c Camera, opened, open *atomic.Int32) {
	opened, open = new(atomic.Int32), new(atomic.Int32)
	c = camera(id)
	c.With = func(Settings) media.Opener {
		return func(ctx context.Context) (media.Source, error) {
			opened.Add(1)
			open.Add(1)
			return newFakeSource(ctx, func() { open.Add(-1) }), nil
		}
	}
	return c, opened, open
}

func running1(l []Recording) bool { return len(l) == 1 && l[0].Source.Phase == recorder.Running }

func TestThePreviewTurnsIntoTheRecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}})
		c, opened, open := counted("c")
		chosen := Settings{Quality: Sharp}
		a.Recordings.Show(&c, chosen)
		shown := until(t, a.Recordings.Shown(), func(p Preview) bool { return p.State.Phase == recorder.Running })
		if shown.Player == nil || shown.Camera.ID != "c" || shown.Settings != chosen {
			t.Errorf("shown is %+v", shown)
		}
		if err := a.Recordings.Begin(Plan{Stream: "gate", Camera: c, Settings: chosen}); err != nil {
			t.Fatal(err)
		}
		until(t, a.Recordings.List(), func(l []Recording) bool { return running1(l) && l[0].Take != "" && !l[0].Advanced.IsZero() })
		if now := a.Recordings.Shown().Get(); now.Player != shown.Player || opened.Load() != 1 {
			t.Errorf("the camera was opened %d times, and the preview began anew: %v", opened.Load(), now.Player != shown.Player)
		}
		a.Recordings.Show(nil, Settings{}) // the recording goes on
		until(t, a.Recordings.Shown(), func(p Preview) bool { return p.Player == nil })
		if open.Load() != 1 {
			t.Error("leaving the page closed the camera that is being recorded")
		}
		a.Recordings.Show(&c, Settings{}) // as it is recorded
		until(t, a.Recordings.Shown(), func(p Preview) bool { return p.Settings == chosen && p.State.Phase == recorder.Running })
		a.Recordings.Stop("gate")
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 0 })
		if opened.Load() != 1 || open.Load() != 1 {
			t.Errorf("the end of the recording closed what is shown: opened %d times, %d open", opened.Load(), open.Load())
		}
	})
}

func TestADeviceIsClosedBeforeItIsOpenedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}})
		c, opened, open := counted("c")
		with := c.With
		c.With = func(s Settings) media.Opener {
			return func(ctx context.Context) (media.Source, error) {
				if n := open.Load(); n != 0 {
					t.Errorf("the device is opened while %d others have it", n)
				}
				return with(s)(ctx)
			}
		}
		a.Recordings.Show(&c, Settings{})
		until(t, a.Recordings.Shown(), func(p Preview) bool { return p.State.Phase == recorder.Running })
		mirrored := Settings{Mirror: true}
		a.Recordings.Show(&c, mirrored)
		until(t, a.Recordings.Shown(), func(p Preview) bool { return p.Settings == mirrored && p.State.Phase == recorder.Running })
		turned := Settings{Rotate: 90}
		if err := a.Recordings.Begin(Plan{Stream: "gate", Camera: c, Settings: turned}); err != nil {
			t.Fatal(err)
		}
		until(t, a.Recordings.List(), running1)
		if p := a.Recordings.Shown().Get(); p.Settings != turned || opened.Load() != 3 {
			t.Errorf("what is recorded is not what is shown: %+v, opened %d times", p.Settings, opened.Load())
		}
		a.Recordings.Show(nil, Settings{})
		a.Recordings.Stop("gate")
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 0 })
	})
}
