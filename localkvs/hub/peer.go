package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"kinora/signaling"
)

// Seat says who connects to which channel.
type Seat struct {
	Channel string               // ARN
	Client  string               // of a viewer; empty: the master
	TTL     func() time.Duration // how long messages of this client wait for a recipient
}

// Why the service ends a connection. Clients read these in the closing frame.
var (
	errReplaced = errors.New("another connection of the same client has taken over")
	errStuck    = errors.New("messages were not taken")
	errSilent   = errors.New("a ping was not answered")
	errDeleted  = errors.New("the channel was deleted")
	errTime     = errors.New("the connection has lasted as long as it may")
	errFlood    = errors.New("too many messages")
)

func closeCode(cause error) websocket.StatusCode {
	switch cause {
	case errFlood, errStuck:
		return websocket.StatusPolicyViolation
	case ErrClosed, errDeleted, errTime:
		return websocket.StatusGoingAway
	}
	return websocket.StatusNormalClosure
}

// maxQueue is how many messages may be on their way to one client.
const maxQueue = 512

// closeTime is how long a client may take to agree to a close.
const closeTime = 2 * time.Second

// maxFrames is how many messages a second a connection may send for long, refused ones included, before it is cut; ten times as many at once.
const maxFrames = 50

// peer is a client's connection.
type peer struct {
	seat   Seat
	end    context.CancelCauseFunc // ends the connection, with the reason
	member bool                    // of the service itself: no viewer
	limits struct{ frames, descriptions, candidates *rate.Limiter }
	ready  chan struct{} // there is something in the queue
	wrote  chan struct{} // there is something that a ping may confirm

	mu          sync.Mutex
	queue       []message // to be written
	unconfirmed []message // written, and no ping answered since
	written     int       // messages ever
}

func newPeer(s Seat, l Limits, end context.CancelCauseFunc) *peer {
	p := &peer{seat: s, end: end, ready: make(chan struct{}, 1), wrote: make(chan struct{}, 1)}
	p.limits.frames = rate.NewLimiter(maxFrames, 10*maxFrames)
	p.limits.descriptions = rate.NewLimiter(rate.Limit(l.Descriptions), 2*l.Descriptions)
	p.limits.candidates = rate.NewLimiter(rate.Limit(l.Candidates), 5*l.Candidates)
	return p
}

// push queues a message, unless too many are on their way.
func (p *peer) push(m message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue)+len(p.unconfirmed) >= maxQueue {
		return false
	}
	p.queue = append(p.queue, m)
	notify(p.ready)
	return true
}

// take removes what was not sent and, when it may be lost, also what was sent and not confirmed.
func (p *peer) take(lost bool) (list []message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if lost {
		list = p.unconfirmed
	}
	list = append(list, p.queue...)
	p.queue, p.unconfirmed = nil, nil
	return list
}

func (p *peer) next() (message, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return message{}, false
	}
	m := p.queue[0]
	p.queue = p.queue[1:]
	p.unconfirmed = append(p.unconfirmed, m)
	p.written++
	return m, true
}

// confirm forgets what was written before a ping that was answered: all but what was written since.
func (p *peer) confirm(written int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := min(p.written-written, len(p.unconfirmed))
	p.unconfirmed = p.unconfirmed[len(p.unconfirmed)-since:]
}

func (p *peer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Serve carries a client's messages until its connection ends, and closes it. It blocks. The client must have been admitted.
func (h *Hub) Serve(s Seat, conn *websocket.Conn) {
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	p := newPeer(s, h.limits, end)
	if err := h.attach(p); err != nil {
		_ = conn.Close(websocket.StatusTryAgainLater, err.Error()) // the client may be gone
		return
	}
	var work sync.WaitGroup
	work.Go(func() { h.write(ctx, p, conn) })
	work.Go(func() { h.watch(ctx, p, conn) })
	work.Go(func() {
		<-ctx.Done()
		h.flush(p, conn)
		cause := context.Cause(ctx)
		impatient := time.AfterFunc(closeTime, func() { _ = conn.CloseNow() }) // it is broken
		defer impatient.Stop()
		_ = conn.Close(closeCode(cause), cause.Error()) // it may be broken
	})
	err := h.read(p, conn)
	end(err)
	broke := websocket.CloseStatus(err) == -1
	h.detach(p, broke)
	work.Wait()
	h.log.Debug("a signaling connection ended", "channel", s.Channel, "client", s.Client, "reason", context.Cause(ctx))
}

// read takes messages until the connection ends, which Close does. An error is never nil.
func (h *Hub) read(p *peer, conn *websocket.Conn) error {
	conn.SetReadLimit(signaling.MaxMessage)
	for {
		kind, frame, err := conn.Read(context.Background())
		if err != nil {
			return err
		}
		if !p.limits.frames.Allow() {
			p.end(errFlood)
			continue // until it is closed
		}
		if kind == websocket.MessageText && len(frame) > 0 {
			h.receive(p, frame)
		}
	}
}

// write sends what is queued.
func (h *Hub) write(ctx context.Context, p *peer, conn *websocket.Conn) {
	for {
		select {
		case <-p.ready:
		case <-ctx.Done():
			return
		}
		for {
			m, ok := p.next()
			if !ok {
				break
			}
			limit, cancel := context.WithTimeout(context.Background(), h.limits.Ping) // ending ctx must not tear the closing frame off
			err := conn.Write(limit, websocket.MessageText, m.text)
			cancel()
			if err != nil {
				p.end(errStuck)
				return
			}
		}
		notify(p.wrote)
	}
}

// flush sends the farewell of a service that stops.
func (h *Hub) flush(p *peer, conn *websocket.Conn) {
	limit, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	p.mu.Lock()
	queue := p.queue
	p.mu.Unlock()
	for _, m := range queue {
		if m.kind == signaling.GoAway {
			_ = conn.Write(limit, websocket.MessageText, m.text) // nobody is left to tell
		}
	}
}

// watch pings: after each batch of messages, to know that they have arrived, and in between, to find out who is gone. It ends the
// connection in time.
func (h *Hub) watch(ctx context.Context, p *peer, conn *websocket.Conn) {
	tick := time.NewTicker(h.limits.Ping)
	defer tick.Stop()
	leave := time.NewTimer(max(h.limits.ConnectionTime-h.limits.Grace, 0))
	defer leave.Stop()
	over := time.NewTimer(h.limits.ConnectionTime)
	defer over.Stop()
	for {
		select {
		case <-leave.C:
			p.push(announcement(signaling.GoAway))
			continue
		case <-over.C:
			p.end(errTime)
			return
		case <-ctx.Done():
			return
		case <-p.wrote:
		case <-tick.C:
		}
		written := p.count()
		limit, cancel := context.WithTimeout(context.Background(), h.limits.Ping)
		err := conn.Ping(limit)
		cancel()
		if err != nil {
			p.end(errSilent)
			return
		}
		p.confirm(written)
	}
}
