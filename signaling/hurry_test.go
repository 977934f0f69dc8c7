package signaling

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// hurried accepts a connection that a channel makes because it is told to hurry.
func (s *service) hurried(c *Channel) *websocket.Conn {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		c.Hurry()
		select {
		case conn := <-s.conns:
			return conn
		case <-time.After(5 * time.Millisecond):
		}
	}
	s.t.Fatal("no connection was made within 30 s")
	return nil
}

// A connection that answers nothing is replaced at once, when the network is in doubt.
func TestDoubtedConnectionIsReplaced(t *testing.T) {
	s := newService(t)
	c := s.start(Options{}, func(t *times) { t.ping, t.doubt = time.Hour, 50*time.Millisecond })
	s.accept() // and never read from: no pong is written
	until(t, c, func(s State) bool { return s.Connected })
	since := c.State().Since
	s.hurried(c)
	until(t, c, func(s State) bool { return s.Connected && s.Since.After(since) })
}

// One that answers stays.
func TestDoubtedConnectionAnswers(t *testing.T) {
	s := newService(t)
	c := s.start(Options{}, func(t *times) { t.ping = time.Hour })
	conn := s.accept()
	until(t, c, func(s State) bool { return s.Connected })
	since := c.State().Since
	for range 3 {
		c.Hurry()
		if err := c.Send(t.Context(), &Request{Action: Candidate, Payload: "e30="}); err != nil {
			t.Fatal(err)
		}
		s.hear(conn) // and answers what is read before it
	}
	if now := c.State(); !now.Connected || !now.Since.Equal(since) {
		t.Errorf("the connection is another one: %+v, since %v", now, since)
	}
}

// The pause before the next attempt ends, and an attempt that hangs does too.
func TestAttemptsHurry(t *testing.T) {
	s := newService(t)
	s.refuse = func() func(http.ResponseWriter) bool {
		var n atomic.Int32
		return func(w http.ResponseWriter) bool {
			if n.Add(1) > 1 {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
	}()
	hangs := make(chan struct{})
	calls := 0
	c := s.start(Options{Address: func(ctx context.Context, _ bool) (string, error) {
		if calls++; calls == 2 {
			close(hangs)
			<-ctx.Done()
			return "", ctx.Err()
		}
		return strings.Replace(s.URL, "http", "ws", 1), nil
	}}, func(t *times) {
		t.pause, t.longest, t.dial, t.doubt = time.Hour, time.Hour, time.Hour, 20*time.Millisecond
	})
	until(t, c, func(s State) bool { return s.Attempts == 1 })
	c.Hurry()
	receive(t, hangs)
	s.hurried(c)
	until(t, c, func(s State) bool { return s.Connected })
}
