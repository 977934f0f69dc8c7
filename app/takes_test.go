package app

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"kinora/player"
)

func TestTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a", put: offline}}})
		if err := a.Recordings.Begin(Plan{Stream: "gate", Camera: camera("c"), Name: "first"}); err != nil {
			t.Fatal(err)
		}
		takes := until(t, a.Recordings.Takes(), func(l []Take) bool { return len(l) == 1 && l[0].Figures.Stored > 0 })
		id := takes[0].ID
		if x := takes[0]; x.Stream != "gate" || x.Account != "a" || !x.Here || x.Name != "first" || x.Source != "camera c" || !x.Open {
			t.Errorf("the take is %+v", x)
		}
		if spans := a.Recordings.Spans(id); len(spans) == 0 || spans[0].From != 0 {
			t.Errorf("its spans are %+v", spans)
		}
		if err := a.Recordings.Mark("gate", "a deer"); err != nil {
			t.Error(err)
		}
		if err := a.Recordings.Mark("yard", "nobody"); err == nil {
			t.Error("a recording that does not run was marked")
		}
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Source.Markers == 1 })

		if err := a.PlayTake(id); err != nil {
			t.Fatal(err)
		}
		now := a.Watch.Now().Get()
		if now.Take != id || now.Stream != "gate" {
			t.Errorf("what is played is %+v", now)
		}
		shown := make(chan struct{})
		go func() {
			defer close(shown)
			for !now.Player.Frames().Due(time.Now()) && t.Context().Err() == nil {
				<-time.After(time.Millisecond)
			}
		}()
		<-shown
		if at := a.seen("gate"); !at.IsZero() {
			t.Errorf("the stream counts as seen at %v because a take was played", at)
		}
		a.Recordings.Stop("gate")
		until(t, a.Recordings.Takes(), func(l []Take) bool { return !l[0].Open })

		path := filepath.Join(t.TempDir(), "first.mkv")
		files, err := a.Recordings.Export(t.Context(), id, path, nil)
		if err != nil || len(files) == 0 {
			t.Fatalf("Export() = %q, %v", files, err)
		}
		if info, err := os.Stat(files[0]); err != nil || info.Size() == 0 {
			t.Errorf("the exported file: %v, %v", info, err)
		}
		a.Watch.Select("")
		if err := a.Recordings.Discard(id); err != nil {
			t.Fatal(err)
		}
		takes = until(t, a.Recordings.Takes(), func(l []Take) bool { return len(l) == 0 || l[0].Figures.Fragments == 0 })
		if len(takes) == 1 && takes[0].Figures.Evicted == 0 {
			t.Errorf("what was discarded is not counted: %+v", takes[0].Figures)
		}
		if _, err := a.Recordings.take("nothing"); err == nil || a.PlayTake("nothing") == nil || a.Recordings.Spans("nothing") != nil {
			t.Error("a take that does not exist was found")
		}
		if s := (Watching{}).State(); s.Phase != player.Idle {
			t.Errorf("nothing is %v", s.Phase)
		}
	})
}
