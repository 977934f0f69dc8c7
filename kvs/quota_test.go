package kvs

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gates{quotas: awsQuotas}
		began := time.Now()
		for i := range 15 {
			check(t, g.pass(t.Context(), "ListFragments", "cam"))
			if want := time.Duration(max(i-4, 0)) * 200 * time.Millisecond; time.Since(began) != want {
				t.Errorf("call %d after %v, want %v", i+1, time.Since(began), want)
			}
		}
		check(t, g.pass(t.Context(), "ListFragments", "another")) // has its own
		if time.Since(began) != 2*time.Second {
			t.Errorf("another stream waited: %v", time.Since(began))
		}
		time.Sleep(10 * time.Second)
		for range 5 { // after a rest, but no more than that
			check(t, g.pass(t.Context(), "ListFragments", "cam"))
		}
		if time.Since(began) != 12*time.Second {
			t.Errorf("after a rest a call waited: %v", time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := g.pass(ctx, "ListFragments", "cam"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// A call that nobody wants any more takes no turn from others.
func TestRateOfWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gates{quotas: awsQuotas}
		for range 5 {
			check(t, g.pass(t.Context(), "ListFragments", "cam"))
		}
		began := time.Now()
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if err := g.pass(ctx, "ListFragments", "cam"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("%v after %v", err, time.Since(began))
			}
			cancel()
		}
		check(t, g.pass(t.Context(), "ListFragments", "cam"))
		if took := time.Since(began); took != 200*time.Millisecond {
			t.Errorf("the next call came after %v, want 200 ms", took)
		}
	})
}

func TestWaitingIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gates{quotas: awsQuotas}
		if w, ok := g.waiting("cam"); ok {
			t.Errorf("%+v waits", w)
		}
		check(t, g.pass(t.Context(), "GetClip", "cam"))
		wanted := time.Now()
		done := make(chan error, 1)
		go func() { done <- g.pass(t.Context(), "GetClip", "cam") }()
		synctest.Wait()
		w, ok := g.waiting("cam")
		if !ok || w.Op != "GetClip" || !w.Since.Equal(wanted) || w.Until.Sub(wanted) != time.Second {
			t.Errorf("%+v, %v", w, ok)
		}
		check(t, <-done)
		if w, ok := g.waiting("cam"); ok {
			t.Errorf("%+v waits", w)
		}
	})
}

func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gates{quotas: awsQuotas}
		var leave []func()
		for range 3 {
			l, err := g.enter(t.Context(), "GetMedia", "cam")
			check(t, err)
			leave = append(leave, l)
		}
		came := make(chan int, 3)
		for i := range 3 {
			ctx := t.Context()
			if i == 1 { // gives up
				short, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				ctx = short
			}
			go func() {
				l, err := g.enter(ctx, "GetMedia", "cam")
				if err != nil {
					came <- -1
					return
				}
				came <- i
				l()
			}()
			synctest.Wait()
		}
		if w, ok := g.waiting("cam"); !ok || w.Op != "GetMedia" || !w.Until.IsZero() {
			t.Errorf("%+v, %v", w, ok)
		}
		if got := <-came; got != -1 {
			t.Errorf("%d came into a full house", got)
		}
		leave[0]()
		leave[0]() // once is enough
		if got := <-came; got != 0 {
			t.Errorf("%d came first", got)
		}
		if got := <-came; got != 2 {
			t.Errorf("%d came next", got)
		}
		leave[1]()
		leave[2]()
		synctest.Wait()
		if n := g.known[gateKey{"GetMedia", "cam"}].taken; n != 0 {
			t.Errorf("%d places are taken in the end", n)
		}
	})
}

func TestGatesAreForgotten(t *testing.T) {
	g := &gates{quotas: awsQuotas}
	_, err := g.enter(t.Context(), "GetMedia", "busy")
	check(t, err)
	for i := range 3 * mostGates {
		check(t, g.pass(t.Context(), "GetClip", string(rune(i))))
	}
	if len(g.known) > mostGates || g.known[gateKey{"GetMedia", "busy"}] == nil {
		t.Errorf("%d are known", len(g.known))
	}
}

// What the service refuses for now is asked again, and not made a failure of.
func TestThrottled(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 1)
	refused := refusing(400, "ClientLimitExceededException", "too much")
	s.sequence("/listFragments", refused, refused, h.list)
	a := openArchive(t, c, ArchiveOptions{})
	if got := seconds(a.Find(testContext(t), shelfEpoch, true)); got != "0s" {
		t.Error(got)
	}
}
