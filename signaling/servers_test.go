package signaling

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestServersAreRenewedBeforeTheyExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Duration
		began := time.Now()
		s := NewServers(func(context.Context) ([]ICEServer, error) {
			asked = append(asked, time.Since(began))
			return []ICEServer{{TTL: 300}}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.keep(ctx); close(done) }()
		time.Sleep(time.Hour)
		if len(asked) > 0 {
			t.Errorf("servers that nobody needs were asked for %d times", len(asked))
		}
		began = time.Now()
		for range 3 {
			if got, err := s.Get(ctx); err != nil || len(got) != 1 {
				t.Errorf("%v, %v", got, err)
			}
		}
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if len(asked) != 3 || asked[0] != 0 || asked[1] != 4*time.Minute || asked[2] != 8*time.Minute {
			t.Errorf("asked at %v, want a minute before each expires", asked)
		}
		s.Forget()
		if _, err := s.Get(ctx); err != nil || len(asked) != 4 {
			t.Errorf("forgotten servers were asked for %d times, %v", len(asked)-3, err)
		}
		cancel()
		<-done
	})
}

// While the service does not answer, the servers hold to their end.
func TestServersHoldToTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails error
		s := NewServers(func(context.Context) ([]ICEServer, error) { return []ICEServer{{TTL: 60}}, fails })
		if _, err := s.Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		fails = errors.New("away")
		time.Sleep(59 * time.Second)
		if got, err := s.Get(t.Context()); err != nil || len(got) != 1 {
			t.Errorf("after 59 s: %v, %v; want what holds still", got, err)
		}
		time.Sleep(2 * time.Second)
		if _, err := s.Get(t.Context()); !errors.Is(err, fails) {
			t.Errorf("after 61 s: %v, want %v", err, fails)
		}
	})
}
