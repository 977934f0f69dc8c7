package app

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/recorder/upload"
)

func offline(context.Context, io.Reader, func(upload.Ack)) error { return errOffline }

// begun returns an app that was not closed by the test's end, with a camera that is in use.
func begun(t *testing.T) *App {
	t.Helper()
	a := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}, Codecs: fakeCodecs{}, Spool: newSpool(t, t.TempDir())})
	if err := a.Recordings.Start("gate", inUse(func() bool { return true })); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestCloseSaysWhatWasNotRecorded is about the caller of Close hearing of it, not Run, which ends at the same time.
func TestCloseSaysWhatWasNotRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 4 {
			a := begun(t)
			ran := make(chan error, 1)
			go func() { ran <- a.Run(t.Context()) }()
			until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Err != nil })
			if err := a.Close(); err == nil || !strings.Contains(err.Error(), "in use") {
				t.Fatalf("Close said %v, want why nothing was recorded", err)
			}
			if err := <-ran; err != nil {
				t.Fatalf("Run said it again: %v", err)
			}
			if err := a.Close(); err != nil {
				t.Fatalf("a second Close said it again: %v", err)
			}
		}
	})
}

// Run and Close both end the recordings when the window closes; whichever comes first, Close has the error.
func TestCloseSaysWhatRunHasFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := begun(t)
		synced := make(chan struct{})
		stop := a.Recordings.List().Watch(func(l []Recording) {
			if len(l) == 1 && l[0].Source.Err != nil {
				select {
				case <-synced:
				default:
					close(synced)
				}
			}
		})
		defer stop()
		running, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.run(running) }()
		<-synced
		end() // the part of Run that ends the recordings
		<-done
		if err := a.Close(); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("Close said %v, want why nothing was recorded", err)
		}
	})
}

func TestCloseLeavesOnDiskWhatCannotBeSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := newSpool(t, dir)
		a := New(Options{Accounts: []Account{&fakeAccount{name: "a", put: offline}}, Codecs: fakeCodecs{}, Spool: s})
		ran := make(chan error, 1)
		go func() { ran <- a.Run(t.Context()) }()
		if err := a.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		until(t, a.Recordings.Safety(), func(s Safety) bool { return s.Offline && s.Pending > time.Second })
		err := a.Close()
		var left *OnDiskError
		if !errors.As(err, &left) || left.Bytes == 0 || left.Length < time.Second || !strings.Contains(err.Error(), "stay on this disk") {
			t.Fatalf("Close said %v, want what stays on the disk", err)
		}
		<-ran
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		b := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}, Spool: newSpool(t, dir)})
		safety := until(t, b.Recordings.Safety(), func(s Safety) bool { return s.Safe })
		if safety.Bytes != 0 || safety.Pending != 0 {
			t.Errorf("safe, but %+v", safety)
		}
		takes := until(t, b.Recordings.Takes(), func(l []Take) bool { return len(l) == 1 })
		if f := takes[0].Figures; takes[0].Open || f.Persisted == 0 || f.Persisted != f.Captured {
			t.Errorf("after the next start all was sent, but %+v", takes[0])
		}
		if err := b.Close(); err != nil {
			t.Errorf("Close with nothing left: %v", err)
		}
	})
}

func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := Camera{ID: "x", Name: "Webcam", Open: func(context.Context) (media.Source, error) {
			<-release // a device that ignores its context
			return nil, errors.New("gone")
		}}
		a := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}, Spool: newSpool(t, t.TempDir())})
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
