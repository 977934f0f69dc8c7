package app

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinora/recorder/upload"
)

func TestASpoolGoesToItsAccountAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first := newSpool(t, dir)
		mine := &fakeAccount{name: "a"}
		a := running(t, Options{Accounts: []Account{mine}, Spool: first})
		if err := a.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && !l[0].Advanced.IsZero() })
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}

		var puts atomic.Int32
		theirs := &fakeAccount{name: "a", owner: func() (string, error) { return "arn:of:somebody", nil },
			put: func(context.Context, io.Reader, func(upload.Ack)) error { puts.Add(1); return nil }}
		b := New(Options{Accounts: []Account{theirs}, Codecs: fakeCodecs{}, Spool: newSpool(t, dir)})
		ran := make(chan error, 1)
		go func() { ran <- b.Run(t.Context()) }()
		if err := b.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		list := until(t, b.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Upload.Phase == UploadHeld })
		if err := list[0].Err; err == nil || !strings.Contains(err.Error(), "another account") || list[0].Ended {
			t.Errorf("with another account of the same name: %+v", list[0])
		}
		var left *OnDiskError
		if err := b.Close(); !errors.As(err, &left) {
			t.Errorf("Close said %v, want what stays here", err)
		}
		<-ran
		if puts.Load() != 0 {
			t.Error("the recording of one account was sent to another")
		}
	})
}

func TestTheOwnerIsAskedAgainAfterARefusal(t *testing.T) {
	asked := 0
	acc := &fakeAccount{name: "a", owner: func() (string, error) { asked++; return "arn", nil }}
	answers := []error{nil, errOffline, errDenied, nil, errExpired, nil}
	acc.put = func(context.Context, io.Reader, func(upload.Ack)) error {
		err := answers[0]
		answers = answers[1:]
		return err
	}
	c := &claimed{spool: newSpool(t, t.TempDir()), account: acc, putter: acc}
	for i, want := range []int{1, 1, 1, 2, 2, 3} {
		_ = c.Put(t.Context(), nil, nil) // the answers are the test's
		if asked != want {
			t.Errorf("after %d uploads the owner was asked for %d times, want %d", i+1, asked, want)
		}
	}
}

// A stream that is deleted in mid-recording loses nothing: the disk keeps it until there is a stream of that name again.
func TestAStreamIsDeletedWhileItIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone atomic.Bool
		acc := &fakeAccount{name: "a", put: func(_ context.Context, body io.Reader, ack func(upload.Ack)) error {
			return acknowledge(readerFunc(func(p []byte) (int, error) {
				if gone.Load() {
					return 0, errDenied
				}
				return body.Read(p)
			}), ack)
		}}
		a := running(t, Options{Accounts: []Account{acc}})
		if err := a.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		before := until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && !l[0].Advanced.IsZero() })
		gone.Store(true)
		held := until(t, a.Recordings.List(), func(l []Recording) bool { return l[0].Upload.Phase == UploadHeld })
		if held[0].Ended || !errors.Is(held[0].Err, errDenied) {
			t.Errorf("after the stream was deleted: %+v", held[0])
		}
		until(t, a.Recordings.Safety(), func(s Safety) bool { return s.Pending > time.Second && s.Recording == 1 && !s.Safe })
		gone.Store(false)
		if err := a.Streams.Create(t.Context(), "gate", time.Hour); err != nil {
			t.Fatal(err)
		}
		after := until(t, a.Recordings.List(), func(l []Recording) bool {
			return l[0].Err == nil && l[0].Advanced.After(held[0].Advanced)
		})
		if after[0].Take != before[0].Take {
			t.Error("the recording began anew")
		}
		a.Recordings.Stop("gate")
		until(t, a.Recordings.Safety(), func(s Safety) bool { return s.Safe })
		takes := a.Recordings.Takes().Get()
		if f := takes[0].Figures; len(takes) != 1 || f.Persisted != f.Captured {
			t.Errorf("not all arrived: %+v", takes)
		}
	})
}

func TestUploadsWaitOnAMeteredNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var metered atomic.Bool
		metered.Store(true)
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}},
			Metered: func() (bool, error) { return metered.Load(), nil },
			Battery: func() (Battery, error) { return Battery{Present: true, Percent: 40}, nil },
		})
		if err := a.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		s := a.Recordings.Safety().Get()
		if !s.Metered || s.Paused != "the network is metered" || s.Pending < 3*time.Second || s.Battery.Percent != 40 || s.Safe {
			t.Fatalf("on a metered network: %+v", s)
		}
		if rec, _ := a.Recordings.Of("gate"); rec.Upload.Phase != UploadPaused || !rec.Advanced.IsZero() {
			t.Errorf("something was sent: %+v", rec.Upload)
		}
		if err := a.Recordings.Change(RecordingSettings{Metered: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if rec, _ := a.Recordings.Of("gate"); rec.Advanced.IsZero() {
			t.Error("nothing is sent although a person allowed it")
		}
		if err := a.Recordings.Change(RecordingSettings{}); err != nil {
			t.Fatal(err)
		}
		metered.Store(false)
		a.Recordings.Pause(true)
		time.Sleep(lookEvery + time.Second)
		if s := a.Recordings.Safety().Get(); s.Metered || s.Paused != "paused by you" {
			t.Errorf("paused by a person: %+v", s)
		}
		a.Recordings.Pause(false)
		a.Recordings.Stop("gate")
		time.Sleep(5 * time.Second)
		if s := a.Recordings.Safety().Get(); !s.Safe || s.Paused != "" {
			t.Errorf("after all was sent: %+v", s)
		}
		if a.uploading() != 1 {
			t.Error("the uploader went at once")
		}
		time.Sleep(2 * idleFor)
		if a.uploading() != 0 {
			t.Error("an uploader stays that has nothing to do")
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// uploading counts the uploaders.
func (a *App) uploading() int {
	n := 0
	a.Recordings.each(func(*upload.Uploader) { n++ })
	return n
}

// What costs money is not sent before it is known that it does not.
func TestNothingIsSentBeforeTheNetworkIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan struct{})
		answer := make(chan bool)
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}, Metered: func() (bool, error) {
			select {
			case <-asked:
				return false, nil
			default:
				close(asked)
				return <-answer, nil
			}
		}})
		if err := a.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		<-asked
		time.Sleep(3 * time.Second)
		if rec, _ := a.Recordings.Of("gate"); rec.Upload.Phase != UploadPaused || !rec.Advanced.IsZero() {
			t.Errorf("while it is not known whether the network is metered: %+v", rec.Upload)
		}
		answer <- false
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && !l[0].Advanced.IsZero() })
	})
}
