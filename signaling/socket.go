package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// socket is one WebSocket to the service.
type socket struct {
	conn *websocket.Conn
	away chan struct{} // closed when the service wants another in its place
	done chan struct{} // closed when it is over; err says why
	err  error

	doubted chan struct{} // has something in it when the other side is to answer at once

	leave func() // closes away, once
	over  sync.Once
}

// ConnectError says why a WebSocket could not be opened. It holds no secret.
type ConnectError struct {
	Status        int    // of the HTTP answer; 0 when there was none
	Code, Message string // what the service said, or what happened on the way
	err           error
}

func (e *ConnectError) Error() string {
	switch {
	case e.Status == 0:
		return "connecting to the signaling channel failed: " + e.Message
	case e.Code == "":
		return fmt.Sprintf("connecting to the signaling channel failed with HTTP status %d: %s", e.Status, e.Message)
	}
	return fmt.Sprintf("connecting to the signaling channel failed: %s: %s", e.Code, e.Message)
}

// Unwrap returns the cause, whose text may hold secrets: ask it questions, do not print it.
func (e *ConnectError) Unwrap() error { return e.err }

// dial opens a WebSocket.
func (c *Channel) dial(ctx context.Context, again bool) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, c.times.dial)
	c.attempts(attempt{time.Now(), cancel})
	defer cancel()
	defer c.attempts(attempt{})
	address, err := c.o.Address(ctx, again)
	if err != nil {
		return nil, err
	}
	conn, answer, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPClient: c.o.Client, HTTPHeader: http.Header{"User-Agent": {"kinora"}}})
	if err != nil {
		return nil, connectError(answer, err)
	}
	conn.SetReadLimit(MaxMessage)
	s := &socket{conn: conn, away: make(chan struct{}), done: make(chan struct{}), doubted: make(chan struct{}, 1)}
	s.leave = sync.OnceFunc(func() { close(s.away) })
	return s, nil
}

func (c *Channel) attempts(a attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dialing = a
}

func connectError(answer *http.Response, err error) error {
	e := &ConnectError{err: err}
	if answer != nil && answer.StatusCode != http.StatusSwitchingProtocols {
		e.Status = answer.StatusCode
		var said struct {
			Type    string `json:"__type"`
			Message string
		}
		text, readErr := io.ReadAll(io.LimitReader(answer.Body, 4096))
		if readErr == nil && json.Unmarshal(text, &said) == nil {
			e.Code, e.Message = said.Type, said.Message
		}
		if code := answer.Header.Get("X-Amzn-ErrorType"); code != "" {
			e.Code = code
		}
		if e.Message == "" {
			e.Message = http.StatusText(e.Status)
		}
		return e
	}
	// The text of other errors has the address in it.
	var sent *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Message = "there was no answer in time"
	case errors.As(err, &sent):
		e.Message = sent.Err.Error()
	default:
		e.Message = "what answers is no WebSocket"
	}
	return e
}

// read passes on what comes, until the socket is over.
func (c *Channel) read(ctx context.Context, s *socket) {
	for {
		kind, frame, err := s.conn.Read(ctx)
		if err != nil {
			s.end(readError(err))
			return
		}
		if kind != websocket.MessageText || len(frame) == 0 {
			continue
		}
		event, err := ParseEvent(frame)
		if err != nil {
			c.o.Log.Debug("a signaling message is passed over", "err", err)
			continue
		}
		switch event.Type {
		case GoAway:
			s.leave()
		case ReconnectICEServer:
			if c.o.Servers != nil {
				c.o.Servers.Forget()
			}
			s.leave()
		}
		in := Inbound{Event: event}
		if event.Status != nil {
			in.About = c.sent.about(event.Status)
		}
		select {
		case c.events <- in:
		default:
			c.dropped.Add(1)
		}
	}
}

func readError(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return fmt.Errorf("the signaling service closed the connection: %v %.100q", closed.Code, closed.Reason)
	case errors.Is(err, io.EOF):
		return errors.New("the connection to the signaling channel was cut")
	}
	return fmt.Errorf("the connection to the signaling channel was lost: %w", err)
}

var errSilent = errors.New("the signaling service does not answer any more")

// watch finds out that the other side is gone without a word.
func (s *socket) watch(ctx context.Context, t times) {
	tick := time.NewTicker(t.ping)
	defer tick.Stop()
	for {
		patience := t.pong
		select {
		case <-tick.C:
		case <-s.doubted:
			patience = t.doubt
		case <-s.done:
			return
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		err := s.conn.Ping(ctx)
		cancel()
		if err != nil {
			s.end(errSilent)
			return
		}
	}
}

func (s *socket) write(ctx context.Context, frame []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := s.conn.Write(ctx, websocket.MessageText, frame)
	if err != nil {
		s.end(fmt.Errorf("the connection to the signaling channel was lost: %w", err))
	}
	return err
}

// end closes the connection at once: a good-bye would wait for a service that may be gone.
func (s *socket) end(err error) {
	s.over.Do(func() {
		s.err = err
		s.conn.CloseNow()
		close(s.done)
	})
}

func (s *socket) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
