// Package port lets one TCP port speak HTTP, HTTPS, and STUN and TURN with and without TLS.
//
// The first byte of a connection says which it is, and for TLS the first byte inside: letters begin a request of HTTP, a message of
// STUN begins with two zero bits. So there is one address for people to know and one port to open.
package port

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of connections that have not said yet what they are.
const (
	firstByteTime = 20 * time.Second
	maxUndecided  = 1024 // the oldest goes
)

// Port sorts the connections of a listener. Run it; its listeners give out what it sorted.
type Port struct {
	listener net.Listener
	config   *tls.Config
	log      *slog.Logger
	http     *queue
	stun     *queue
	closed   chan struct{}
	close    sync.Once

	mu        sync.Mutex
	undecided list.List // of net.Conn, the oldest first
}

// New makes a Port of a listener, which it owns.
func New(listener net.Listener, config *tls.Config, log *slog.Logger) *Port {
	p := &Port{listener: listener, config: config, log: log, closed: make(chan struct{})}
	p.http, p.stun = newQueue(p), newQueue(p)
	return p
}

// HTTP gives out connections that speak HTTP, with or without TLS. Closing it leaves the rest of the port open.
func (p *Port) HTTP() net.Listener { return p.http }

// STUN gives out connections that speak STUN, with or without TLS.
func (p *Port) STUN() net.Listener { return p.stun }

// Close closes the listener and what waits to be sorted. Connections that were given out stay. It never fails.
func (p *Port) Close() error {
	p.close.Do(func() {
		close(p.closed)
		_ = p.listener.Close() // nothing is lost by it
		p.mu.Lock()
		defer p.mu.Unlock()
		for e := p.undecided.Front(); e != nil; e = e.Next() {
			_ = e.Value.(net.Conn).Close() // likewise
		}
	})
	return nil
}

// Run accepts and sorts until Close. Errors of Accept (too many open files) are waited out.
func (p *Port) Run() error {
	var work sync.WaitGroup
	defer work.Wait()
	pause := time.Duration(0)
	for {
		conn, err := p.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			p.log.Warn("a connection could not be accepted", "error", err)
			select {
			case <-time.After(pause):
			case <-p.closed:
			}
			continue
		}
		pause = 0
		e := p.remember(conn)
		work.Go(func() {
			sorted, to, err := p.sort(conn)
			p.forget(e)
			if err != nil {
				_ = conn.Close() // it was not understood
				return
			}
			to.put(sorted)
		})
	}
}

func (p *Port) remember(conn net.Conn) *list.Element {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.undecided.Len() >= maxUndecided {
		_ = p.undecided.Front().Value.(net.Conn).Close() // its sorting fails and forgets it
	}
	e := p.undecided.PushBack(conn)
	select {
	case <-p.closed:
		_ = conn.Close() // it came as the port closed
	default:
	}
	return e
}

func (p *Port) forget(e *list.Element) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.undecided.Remove(e)
}

// recordOfTLS is the first byte of a handshake.
const recordOfTLS = 0x16

func (p *Port) sort(conn net.Conn) (net.Conn, *queue, error) {
	if err := conn.SetDeadline(time.Now().Add(firstByteTime)); err != nil {
		return nil, nil, err
	}
	c, err := peek(conn)
	if err != nil {
		return nil, nil, err
	}
	if c.first == recordOfTLS {
		secure := tls.Server(c, p.config)
		if c, err = peek(secure); err != nil { // shakes hands first
			return nil, nil, err
		}
		state := secure.ConnectionState()
		c.state = &state
	}
	to := p.http
	if c.first < 4 {
		to = p.stun
	}
	return c, to, conn.SetDeadline(time.Time{})
}

// peeked is a connection whose first byte was looked at.
type peeked struct {
	net.Conn
	first byte
	taken bool
	state *tls.ConnectionState // nil: without TLS
}

func peek(conn net.Conn) (*peeked, error) {
	var b [1]byte
	if _, err := conn.Read(b[:]); err != nil {
		return nil, err
	}
	return &peeked{Conn: conn, first: b[0]}, nil
}

func (c *peeked) Read(b []byte) (int, error) {
	if c.taken || len(b) == 0 {
		return c.Conn.Read(b)
	}
	c.taken = true
	b[0] = c.first
	return 1, nil
}

type stateKey struct{}

// Context is an http.Server's ConnContext: it keeps what Handler needs.
func Context(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := conn.(*peeked); ok && c.state != nil {
		return context.WithValue(ctx, stateKey{}, c.state)
	}
	return ctx
}

// Handler sets Request.TLS, which net/http does for connections of its own alone.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if state, ok := r.Context().Value(stateKey{}).(*tls.ConnectionState); ok {
			r.TLS = state
		}
		next.ServeHTTP(w, r)
	})
}

// queue is a net.Listener whose connections come from a Port.
type queue struct {
	port   *Port
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newQueue(p *Port) *queue {
	return &queue{port: p, conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (q *queue) put(conn net.Conn) {
	select {
	case q.conns <- conn:
	case <-q.closed:
		_ = conn.Close() // nobody takes it any more
	case <-q.port.closed:
		_ = conn.Close() // likewise
	}
}

func (q *queue) Accept() (net.Conn, error) {
	select {
	case conn := <-q.conns:
		return conn, nil
	case <-q.closed:
	case <-q.port.closed:
	}
	return nil, net.ErrClosed
}

func (q *queue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}

func (q *queue) Addr() net.Addr { return q.port.listener.Addr() }
