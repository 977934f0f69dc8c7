package hub

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"kinora/signaling"
)

const (
	arn = "arn:aws:kinesisvideo:us-east-1:000000000000:channel/door/1"
	ttl = 60 * time.Second
)

var discard = slog.New(slog.DiscardHandler)

// stand is a hub behind a web server, on connections in memory and in simulated time.
type stand struct {
	*testing.T
	hub   *Hub
	conns chan net.Conn
}

// onStand runs a test in a bubble of its own.
func onStand(t *testing.T, limits Limits, test func(*stand)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stand{T: t, hub: New(limits, discard), conns: make(chan net.Conn)}
		server := &http.Server{Handler: s}
		done := make(chan error, 1)
		l := &pipes{conns: s.conns, closed: make(chan struct{})}
		go func() { done <- server.Serve(l) }()
		t.Cleanup(func() {
			s.hub.Close()
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			<-done
		})
		test(s)
	})
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seat := Seat{Channel: arn, Client: r.URL.Query().Get("client"), TTL: func() time.Duration { return ttl }}
	if err := s.hub.Admit(seat); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err == nil {
		s.hub.Serve(seat, conn)
	}
}

// pipes is a listener in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// client is one end of a signaling connection. What it gets is read all the time unless it is deaf.
type client struct {
	*stand
	conn   *websocket.Conn
	events chan *signaling.Event
	ended  chan error
}

func (s *stand) try(id string) (*websocket.Conn, error) {
	ours, theirs := net.Pipe()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		s.conns <- theirs
		return ours, nil
	}}
	conn, _, err := websocket.Dial(s.Context(), "http://service/?client="+id, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err == nil {
		s.Cleanup(func() { _ = conn.CloseNow() }) // it may be closed
	}
	return conn, err
}

func (s *stand) connect(id string) *client {
	s.Helper()
	conn, err := s.try(id)
	if err != nil {
		s.Fatal(err)
	}
	c := &client{stand: s, conn: conn, events: make(chan *signaling.Event, 1000), ended: make(chan error, 1)}
	go func() {
		for {
			_, frame, err := conn.Read(context.Background())
			if err != nil {
				c.ended <- err
				return
			}
			e, err := signaling.ParseEvent(frame)
			if err != nil {
				s.Error(err)
				continue
			}
			c.events <- e
		}
	}()
	synctest.Wait()
	return c
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func (c *client) send(r signaling.Request) {
	c.Helper()
	frame, err := json.Marshal(r)
	if err != nil {
		c.Fatal(err)
	}
	if err := c.conn.Write(c.Context(), websocket.MessageText, frame); err != nil {
		c.Fatal(err)
	}
	synctest.Wait()
}

// offer sends a description.
func (c *client) offer(to, text string) {
	c.Helper()
	c.send(signaling.Request{Action: signaling.Offer, Recipient: to, Payload: encoded(text)})
}

// want takes the next event, which must be there already.
func (c *client) want(kind signaling.Type, sender, text string) *signaling.Event {
	c.Helper()
	select {
	case e := <-c.events:
		if e.Type != kind || e.Sender != sender || text != "" && e.Payload != encoded(text) {
			c.Fatalf("got %+v, want %s from %q with %q", e, kind, sender, text)
		}
		return e
	default:
		c.Fatalf("got nothing, want %s from %q", kind, sender)
		return nil
	}
}

func (c *client) wantNothing() {
	c.Helper()
	select {
	case e := <-c.events:
		c.Fatalf("got %+v, want nothing", e)
	default:
	}
}

// wantEnd waits until the service has closed the connection.
func (c *client) wantEnd(code websocket.StatusCode, reason error) {
	c.Helper()
	var closed websocket.CloseError
	if err := <-c.ended; !errors.As(err, &closed) || closed.Code != code || closed.Reason != reason.Error() {
		c.Errorf("the connection ended with %v, want %d: %v", err, code, reason)
	}
}
