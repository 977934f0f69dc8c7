package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"kinora/internal/leak"
)

// service is the other end: each connection that comes in is handed to the test.
type service struct {
	*httptest.Server
	t      *testing.T
	conns  chan *websocket.Conn
	refuse func(w http.ResponseWriter) bool
	done   chan struct{}
}

func newService(t *testing.T) *service {
	leak.Check(t)
	s := &service{t: t, conns: make(chan *websocket.Conn, 16), done: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.refuse != nil && s.refuse(w) {
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		s.conns <- conn
		<-s.done // the connection lives as long as its handler
		conn.CloseNow()
	}))
	t.Cleanup(func() { close(s.done); s.Close() })
	return s
}

// start runs a channel on the service, until the test is over.
func (s *service) start(o Options, tune func(*times)) *Channel {
	if o.Address == nil {
		o.Address = func(context.Context, bool) (string, error) {
			return strings.Replace(s.URL, "http", "ws", 1) + "/?X-Amz-Signature=secret", nil
		}
	}
	client := &http.Client{Transport: &http.Transport{}}
	o.Client = client
	c := New(o)
	c.times.pause = time.Millisecond
	if tune != nil {
		tune(&c.times)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		receive(s.t, ended)
		client.CloseIdleConnections()
	})
	return c
}

func (s *service) accept() *websocket.Conn { s.t.Helper(); return receive(s.t, s.conns) }

func (s *service) say(conn *websocket.Conn, message string) {
	s.t.Helper()
	if err := conn.Write(s.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) hear(conn *websocket.Conn) *Request {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	_, frame, err := conn.Read(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := ParseRequest(frame)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came within 30 s")
		panic("unreachable")
	}
}

// until waits for a state.
func until(t *testing.T, c *Channel, want func(State) bool) State {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		changed := c.Changed()
		if s := c.State(); want(s) {
			return s
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the state stays %+v", c.State())
		}
	}
}

const offer = `{"senderClientId":"viewer-1","messageType":"SDP_OFFER","messagePayload":"e30="}`

func TestMessagesGoBothWays(t *testing.T) {
	s := newService(t)
	c := s.start(Options{}, nil)
	conn := s.accept()
	if err := c.Send(t.Context(), &Request{Action: Answer, Recipient: "viewer-1", Payload: "e30="}); err != nil {
		t.Fatal(err)
	}
	if r := s.hear(conn); r.Action != Answer || r.Recipient != "viewer-1" || r.Correlate == "" {
		t.Errorf("sent %+v, want the answer with a correlation ID", r)
	}
	s.say(conn, "")
	s.say(conn, "what is this")
	s.say(conn, offer)
	if in := receive(t, c.Events()); in.Type != Offer || in.Sender != "viewer-1" {
		t.Errorf("received %+v, want the offer", in)
	}
}

func TestRefusalSaysWhatItIsAbout(t *testing.T) {
	s := newService(t)
	c := s.start(Options{}, nil)
	conn := s.accept()
	for _, to := range []string{"viewer-1", "viewer-2"} {
		if err := c.Send(t.Context(), &Request{Action: Answer, Recipient: to}); err != nil {
			t.Fatal(err)
		}
	}
	refused := s.hear(conn)
	s.hear(conn)
	for _, id := range []string{refused.Correlate, "strange"} {
		status, err := json.Marshal(Event{Type: StatusResponse, Status: &Status{Correlate: id, Code: "404", ErrorType: "ResourceNotFoundException"}})
		if err != nil {
			t.Fatal(err)
		}
		s.say(conn, string(status))
	}
	if in := receive(t, c.Events()); in.About == nil || in.About.Recipient != "viewer-1" {
		t.Errorf("the refusal is about %+v, want the message to viewer-1", in.About)
	}
	if in := receive(t, c.Events()); in.About != nil {
		t.Errorf("a refusal of nothing is about %+v", in.About)
	}
}

// What is sent while there is no connection goes out by the next one.
func TestLostConnectionIsMadeAgain(t *testing.T) {
	s := newService(t)
	c := s.start(Options{}, nil)
	s.accept().CloseNow()
	until(t, c, func(s State) bool { return s.Err != nil || s.Connected })
	conn := s.accept()
	if err := c.Send(t.Context(), &Request{Action: Candidate, Payload: "e30="}); err != nil {
		t.Fatal(err)
	}
	if r := s.hear(conn); r.Action != Candidate {
		t.Errorf("sent %+v, want the candidate", r)
	}
}

// The new connection is there before the old one closes, and TURN servers are asked for anew when it is said.
func TestGoAwayIsFollowed(t *testing.T) {
	for _, message := range []Type{GoAway, ReconnectICEServer} {
		t.Run(string(message), func(t *testing.T) {
			s := newService(t)
			asked := 0
			servers := NewServers(func(context.Context) ([]ICEServer, error) { asked++; return nil, nil })
			c := s.start(Options{Servers: servers}, nil)
			old := s.accept()
			if _, err := servers.Get(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.say(old, fmt.Sprintf(`{"messageType":%q}`, message))
			s.accept()
			if in := receive(t, c.Events()); in.Type != message {
				t.Errorf("received %+v", in)
			}
			if _, _, err := old.Read(t.Context()); err == nil {
				t.Error("the old connection goes on")
			}
			if _, err := servers.Get(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := map[Type]int{GoAway: 1, ReconnectICEServer: 2}[message]; asked != want {
				t.Errorf("TURN servers were asked for %d times, want %d", asked, want)
			}
		})
	}
}

func TestSilentServiceIsLeft(t *testing.T) {
	s := newService(t)
	c := s.start(Options{}, func(t *times) { t.ping, t.pong = time.Millisecond, 50*time.Millisecond })
	s.accept() // and never read from: no pong is written
	s.accept()
	until(t, c, func(s State) bool { return s.Connected })
}

func TestRefusedConnection(t *testing.T) {
	s := newService(t)
	s.refuse = func(w http.ResponseWriter) bool {
		w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message":"not you"}`)
		return true
	}
	var again []bool
	c := New(Options{
		Address: func(_ context.Context, a bool) (string, error) {
			again = append(again, a)
			return strings.Replace(s.URL, "http", "ws", 1) + "/?X-Amz-Signature=secret", nil
		},
		Client: s.Client(),
		Retry:  func(error) bool { return len(again) < 3 },
	})
	c.times.pause = time.Millisecond
	err := c.Run(t.Context())
	var refused *ConnectError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || refused.Code != "AccessDeniedException" || refused.Message != "not you" {
		t.Errorf("error %v, want the service's words", err)
	}
	if fmt.Sprint(again) != "[false true true]" {
		t.Errorf("addresses were asked for with %v, want a fresh look after a failure", again)
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	leak.Check(t)
	for _, address := range []string{"ws://127.0.0.1:1/?X-Amz-Signature=secret", "ws://%zz?X-Amz-Signature=secret"} {
		c := New(Options{
			Address: func(context.Context, bool) (string, error) { return address, nil },
			Retry:   func(error) bool { return false },
		})
		if err := c.Run(t.Context()); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("error %v, want one without the address", err)
		}
	}
}

// A peer that is flooded keeps what came first and counts the rest.
func TestQueueIsBounded(t *testing.T) {
	s := newService(t)
	c := s.start(Options{}, nil)
	conn := s.accept()
	sent := 0
	for deadline := time.Now().Add(30 * time.Second); c.State().Dropped == 0; sent++ {
		s.say(conn, offer)
		if time.Now().After(deadline) {
			t.Fatalf("none of %d messages was dropped", sent)
		}
	}
	if len(c.Events()) != queued || sent < queued {
		t.Errorf("%d of %d messages are kept, want %d", len(c.Events()), sent, queued)
	}
}

func TestPausesGrow(t *testing.T) {
	times := New(Options{}).times
	for attempt, most := range map[int]time.Duration{1: times.pause, 3: 4 * times.pause, 100: times.longest} {
		if d := times.before(attempt); d < most/2 || d > most {
			t.Errorf("pause before attempt %d is %v, want between %v and %v", attempt, d, most/2, most)
		}
	}
}
