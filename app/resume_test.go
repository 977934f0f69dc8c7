package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"kinora/recorder"
	"kinora/recorder/upload"
)

// interrupted records two streams until both are on the disk, and returns a copy of the directory as a crash at that
// moment leaves it.
func interrupted(t *testing.T, acc Account) (crashed string) {
	t.Helper()
	dir := t.TempDir()
	a := running(t, Options{Accounts: []Account{acc}, Data: dir, Spool: newSpool(t, filepath.Join(dir, "spool"))})
	plan := Plan{Stream: "gate", Camera: camera("c"), Settings: Settings{Quality: LowBandwidth, Rotate: 90}, Name: "morning", Operator: "Ann"}
	if err := a.Recordings.Begin(plan); err != nil {
		t.Fatal(err)
	}
	if err := a.Recordings.Start("yard", camera("d")); err != nil {
		t.Fatal(err)
	}
	until(t, a.Recordings.Takes(), func(l []Take) bool {
		return len(l) == 2 && l[0].Figures.Captured > 0 && l[1].Figures.Captured > 0
	})
	a.Recordings.Stop("yard")
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Stream == "gate" })
	crashed = t.TempDir()
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return crashed
}

func TestRecordingGoesOnAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acc := &fakeAccount{name: "a", put: offline}
		dir := interrupted(t, acc)
		var here atomic.Bool
		sent := make(chan struct{}, 1000)
		again := &fakeAccount{name: "a", put: func(_ context.Context, body io.Reader, ack func(upload.Ack)) error {
			return acknowledge(body, func(a upload.Ack) { ack(a); sent <- struct{}{} })
		}}
		b := running(t, Options{
			Accounts: []Account{&fakeAccount{name: "other"}, again}, Data: dir, Spool: newSpool(t, filepath.Join(dir, "spool")),
			Cameras: func() []Camera {
				if here.Load() {
					return []Camera{camera("c")}
				}
				return nil
			},
		})
		list := until(t, b.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Source.Err != nil })
		if rec := list[0]; rec.Account != "a" || rec.Stream != "gate" || !rec.Resumed || rec.Ended || !strings.Contains(rec.Err.Error(), "not connected") {
			t.Errorf("without its camera: %+v", rec)
		}
		here.Store(true)
		list = until(t, b.Recordings.List(), func(l []Recording) bool { return running1(l) && !l[0].Advanced.IsZero() })
		takes := until(t, b.Recordings.Takes(), func(l []Take) bool { return len(l) == 3 })
		if takes[0].ID != list[0].Take || takes[0].Name != "morning" || takes[0].Operator != "Ann" || !takes[0].Open {
			t.Errorf("the new take is %+v", takes[0])
		}
		until(t, b.Recordings.Takes(), func(l []Take) bool {
			return l[1].Figures.Fragments == 0 && l[2].Figures.Fragments == 0 && l[1].Figures.Persisted > 0 && l[2].Figures.Persisted > 0
		})
		<-sent
	})
}

func TestWhatIsRememberedEndsWithAPersonsWish(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(a *App, cancel context.CancelFunc)
		want int
	}{
		"closed by a person": {func(a *App, _ context.CancelFunc) { _ = a.Close() }, 0},
		"switched off":       {func(_ *App, cancel context.CancelFunc) { cancel() }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				kept := newSpool(t, filepath.Join(dir, "spool"))
				o := Options{Accounts: []Account{&fakeAccount{name: "a"}}, Codecs: fakeCodecs{}, Data: dir, Spool: kept,
					Cameras: func() []Camera { return []Camera{camera("c")} }}
				a := New(o)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ran := make(chan error, 1)
				go func() { ran <- a.Run(ctx) }()
				if err := a.Recordings.Start("gate", camera("c")); err != nil {
					t.Fatal(err)
				}
				until(t, a.Recordings.List(), running1)
				tc.end(a, cancel)
				if err := <-ran; err != nil {
					t.Fatal(err)
				}
				b := running(t, o)
				until(t, b.Recordings.Takes(), func(l []Take) bool { return len(l) >= 1+tc.want })
				if l := b.Recordings.List().Get(); len(l) != tc.want {
					t.Errorf("after the next start %d recordings run, want %d", len(l), tc.want)
				}
			})
		})
	}
}

func TestAnArchiveIsNotRecordedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		if err := writeState(filepath.Join(dir, "recordings.json"), []remembered{
			{Account: "fake-a", Stream: "gate", Camera: "/films/old.mkv", Name: "old.mkv", Kind: File, Archive: true},
		}); err != nil {
			t.Fatal(err)
		}
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}, Data: dir})
		list := until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Ended })
		if !errors.Is(list[0].Err, errInterrupted) {
			t.Errorf("the recording of a file that was interrupted says %v", list[0].Err)
		}
		a.Recordings.Dismiss("gate")
	})
}

func TestATornListOfRecordingsIsNoTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{"recordings.json", "recording.json"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(`[{"Account":"fake-a","Str`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}, Data: dir})
		if err := a.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		until(t, a.Recordings.List(), func(l []Recording) bool {
			return len(l) == 1 && l[0].Stream == "gate" && l[0].Source.Phase == recorder.Running
		})
	})
}

// A second window with the same data, which cannot record since the disk's recordings are the first one's, leaves alone what that one
// is to begin again after a crash.
func TestAnotherWindowForgetsNoRecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acc := &fakeAccount{name: "a", put: offline}
		dir := interrupted(t, acc)
		file := filepath.Join(dir, "recordings.json")
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		second := New(Options{Accounts: []Account{acc}, Data: dir, SpoolErr: errors.New("another Kinora records here")})
		done := make(chan error, 1)
		go func() { done <- second.Run(t.Context()) }()
		synctest.Wait()
		if err := second.Close(); err != nil {
			t.Error(err)
		}
		<-done
		if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
			t.Errorf("after it was closed the file has %q, %v; want %q", after, err, before)
		}
	})
}
