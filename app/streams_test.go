package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
)

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"gate": true, "A.b_c-9": true, strings.Repeat("x", 256): true,
		"": false, strings.Repeat("x", 257): false, "a b": false, "tür": false, "a/b": false, "a\n": false,
	} {
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%.20q) = %v", name, got)
		}
	}
}

func TestStreamsPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err atomic.Pointer[error]
		answer := make(chan struct{})
		acc := &fakeAccount{name: "a", streams: func(context.Context) ([]Stream, error) {
			<-answer
			if e := err.Load(); e != nil {
				return nil, *e
			}
			return []Stream{{Name: "gate"}}, nil
		}}
		a := running(t, Options{Accounts: []Account{acc}})
		if got := a.Streams.List().Get().Phase; got != Loading {
			t.Errorf("before the first answer the phase is %v, want Loading", got)
		}
		close(answer)
		synctest.Wait()
		if l := a.Streams.List().Get(); l.Phase != Ready || len(l.Rows) != 1 {
			t.Fatalf("after the first answer: %+v", l)
		}

		down := errors.New("connection refused")
		err.Store(&down)
		time.Sleep(pollEvery)
		synctest.Wait()
		l := a.Streams.List().Get()
		if l.Phase != Offline || l.Err != down || len(l.Rows) != 1 {
			t.Errorf("without a connection: %+v, want Offline with the rows of before", l)
		}
		since := l.Since
		time.Sleep(20 * time.Second)
		synctest.Wait()
		l = a.Streams.List().Get()
		if pause := time.Until(l.NextTry); pause <= pollEvery {
			t.Errorf("after several failures the next attempt is in %v, want a longer pause", pause)
		}
		if !l.Since.Equal(since) {
			t.Errorf("the phase began anew at %v, want %v", l.Since, since)
		}

		no := fmt.Errorf("ListStreams: %w", errDenied)
		err.Store(&no)
		a.Streams.Refresh()
		synctest.Wait()
		if l := a.Streams.List().Get(); l.Phase != Denied || !l.Since.After(since) {
			t.Errorf("when access is denied: %+v", l)
		}

		expired := fmt.Errorf("ListStreams: %w", errExpired)
		err.Store(&expired)
		a.Streams.Refresh()
		synctest.Wait()
		if l := a.Streams.List().Get(); l.Phase != SignedOut || l.NextTry.IsZero() {
			t.Errorf("when the keys have expired: %+v", l)
		}

		err.Store(nil)
		a.Streams.Refresh()
		synctest.Wait()
		if l := a.Streams.List().Get(); l.Phase != Ready || l.Err != nil {
			t.Errorf("when the account answers again: %+v", l)
		}
	})
}

func TestStreamsFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var asked []time.Duration // how far back, for "old"
		acc := &fakeAccount{name: "a",
			streams: func(context.Context) ([]Stream, error) {
				return []Stream{{Name: "live", Retention: time.Hour}, {Name: "old", Retention: time.Hour}, {Name: "unkept"}, {Name: "broken", Retention: time.Hour}}, nil
			},
			last: func(stream string, since time.Time) (time.Time, bool, error) {
				switch stream {
				case "live":
					return time.Now(), true, nil
				case "old":
					asked = append(asked, time.Since(since).Round(time.Minute))
					at := start.Add(-30 * time.Minute)
					return at, !since.After(at), nil
				case "broken":
					return time.Time{}, false, errors.New("status 500")
				default:
					t.Errorf("stream %s keeps nothing and was asked for its newest fragment", stream)
					return time.Time{}, false, nil
				}
			}}
		a := running(t, Options{Accounts: []Account{acc}})
		time.Sleep(3*pollEvery + time.Second)
		synctest.Wait()
		rows := a.Streams.List().Get().Rows
		if !rows[0].Live || rows[0].Last.IsZero() {
			t.Errorf("a stream with new fragments: %+v, want live", rows[0])
		}
		if rows[1].Live || !rows[1].Last.Equal(start.Add(-30*time.Minute)) {
			t.Errorf("a stream that is silent for half an hour: %+v", rows[1])
		}
		if rows[2].Live || !rows[2].Last.IsZero() || rows[2].Err != nil {
			t.Errorf("a stream that keeps nothing: %+v", rows[2])
		}
		if rows[3].Err == nil {
			t.Error("an error of LastFragment does not reach its row")
		}
		if asked[0] != time.Minute || asked[1] != time.Hour || asked[2] != time.Minute {
			t.Errorf("looked back %v, want a minute, an hour, and a minute again once it was found", asked)
		}
	})
}

func TestStreamsAsksFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []Stream
		for i := range 3 * probes {
			all = append(all, Stream{Name: fmt.Sprint("s", i), Retention: time.Hour})
		}
		var now, most, total atomic.Int32
		acc := &fakeAccount{name: "a",
			streams: func(context.Context) ([]Stream, error) { return all, nil },
			last: func(string, time.Time) (time.Time, bool, error) {
				total.Add(1)
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(10 * time.Millisecond)
				now.Add(-1)
				return time.Now(), true, nil
			}}
		a := running(t, Options{Accounts: []Account{acc}})
		time.Sleep(time.Second)
		if total.Load() != probes || most.Load() > abreast {
			t.Errorf("one poll asked %d streams, %d at a time; want %d and at most %d", total.Load(), most.Load(), probes, abreast)
		}
		time.Sleep(2 * pollEvery)
		synctest.Wait()
		for _, r := range a.Streams.List().Get().Rows {
			if !r.Live {
				t.Fatalf("after three polls %s was not asked", r.Name)
			}
		}
	})
}

func TestChooseDropsLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fakeAccount{name: "slow", streams: func(ctx context.Context) ([]Stream, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(pollLimit - time.Second):
				return []Stream{{Name: "of-slow"}}, nil
			}
		}}
		quick := &fakeAccount{name: "quick", created: []Stream{{Name: "of-quick"}}}
		a := running(t, Options{Accounts: []Account{slow, quick}})
		synctest.Wait()
		a.Choose(quick)
		synctest.Wait()
		if l := a.Streams.List().Get(); l.Phase != Ready || l.Rows[0].Name != "of-quick" {
			t.Fatalf("after another account was chosen: %+v", l)
		}
		a.Streams.List().Watch(func(l List) {
			for _, r := range l.Rows {
				if r.Name != "of-quick" {
					t.Errorf("a row of the earlier account appeared: %s", r.Name)
				}
			}
		})
		time.Sleep(time.Minute)
	})
}

func TestCreateAndDelete(t *testing.T) {
	leak.Check(t)
	acc := &fakeAccount{name: "a"}
	a := running(t, Options{Accounts: []Account{acc}})
	if err := a.Streams.Create(t.Context(), "no name", 0); err == nil || !strings.Contains(err.Error(), "no name") {
		t.Errorf("creating a stream of an impossible name: %v", err)
	}
	if err := a.Streams.Create(t.Context(), "gate", time.Hour); err != nil {
		t.Fatal(err)
	}
	until(t, a.Streams.List(), func(l List) bool { return len(l.Rows) == 1 && l.Rows[0].Name == "gate" })

	if err := a.Recordings.Start("gate", camera("c")); err != nil {
		t.Fatal(err)
	}
	if err := a.Streams.Delete(t.Context(), "gate"); err == nil || strings.Count(err.Error(), "gate") != 1 || len(acc.deleted) != 0 {
		t.Errorf("deleting a stream that is recorded into: %v, %v; want it refused and named once", err, acc.deleted)
	}
	a.Recordings.Stop("gate")
	until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 0 })
	if err := a.Streams.Delete(t.Context(), "gate"); err != nil || len(acc.deleted) != 1 {
		t.Errorf("deleting: %v, %v", err, acc.deleted)
	}
}

func TestNoAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := running(t, Options{})
		synctest.Wait()
		if l := a.Streams.List().Get(); l.Phase != Denied || l.Err == nil {
			t.Errorf("without an account: %+v", l)
		}
		if err := a.Streams.Create(t.Context(), "gate", 0); err == nil {
			t.Error("a stream was created without an account")
		}
		if err := a.Recordings.Start("gate", camera("c")); err == nil {
			t.Error("a recording began without an account")
		}
		a.Watch.Select("gate")
		if a.Watch.Now().Get().Player != nil {
			t.Error("a stream is watched without an account")
		}
	})
}
