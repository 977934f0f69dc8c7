package kvs

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// AsAWS lets a client keep to the quotas of the real service, wherever its own is.
func (c *Client) AsAWS() { c.gates.quotas = awsQuotas }

// A stream has so many sessions, each until it expires. What is live always has a place left, and a survey leaves some to what is looked at.
func TestPlacesOfSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gates{quotas: awsQuotas}
		began := time.Now()
		hold := func(op string, why purpose) *lease {
			t.Helper()
			l, err := g.hold(t.Context(), op, "cam", storedSession, why)
			check(t, err)
			return l
		}
		refuse := func(why purpose) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := g.hold(ctx, opHLS, "cam", storedSession, why); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("purpose %d has a place: %v", why, err)
			}
		}
		for range 2 {
			hold(opHLS, aside)
		}
		if _, err := g.hold(t.Context(), opHLS, "cam", storedSession, aside); !errors.Is(err, errNoPlace) {
			t.Errorf("a third place for what is aside: %v", err)
		}
		hold(opHLS, forSurvey)
		refuse(forSurvey)
		first := hold(opHLS, forCopy)
		refuse(forCopy)
		for range 2 {
			hold(opHLS, forMedia)
		}
		refuse(forMedia)
		for range 2 {
			hold(opHLS, forLive)
		}
		refuse(forLive)
		for range 6 {
			hold(opDASH, forMedia) // have their own
		}
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("what has a place waited: %v", took)
		}
		done := make(chan *lease)
		go func() { done <- hold(opHLS, forMedia) }()
		synctest.Wait()
		w, ok := g.waiting("cam")
		if want := began.Add(storedSession); !ok || w.Op != opHLS || !w.Until.Equal(want) {
			t.Errorf("%+v waits, %v; want until %v", w, ok, want)
		}
		g.give(opHLS, "cam", first) // closed before its time
		<-done
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("a place that was given back is taken after %v", took)
		}
		go func() { done <- hold(opHLS, forMedia) }()
		<-done
		if took := time.Since(began); took != storedSession {
			t.Errorf("the next place is free after %v, want %v", took, storedSession)
		}
		if _, ok := g.waiting("cam"); ok {
			t.Error("somebody waits in the end")
		}
	})
}

// What is known of a stream's sessions is not forgotten while they are open.
func TestPlacesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gates{quotas: awsQuotas}
		_, err := g.hold(t.Context(), opHLS, "cam", storedSession, forMedia)
		check(t, err)
		g.tidy()
		if len(g.known) != 1 {
			t.Error("a session that is open was forgotten")
		}
		time.Sleep(storedSession)
		g.tidy()
		if len(g.known) != 0 {
			t.Error("a session that has expired is remembered")
		}
	})
}
