package signaling

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Options of a [Channel]. Address is required; every other zero value works.
type Options struct {
	// Address returns the URL of the WebSocket, freshly signed; again says that the last one led nowhere. The URL is a secret: it
	// enters no error and no log.
	Address func(ctx context.Context, again bool) (string, error)
	Client  *http.Client // nil: the default one
	Servers *Servers     // kept fresh while Run runs; nil: nobody needs any
	// Retry says whether to connect again after err; false ends Run with it. Nil: always.
	Retry func(err error) bool
	Log   *slog.Logger // nil discards
}

// Inbound is a message that came from the service.
type Inbound struct {
	*Event
	About *Request // of a StatusResponse: what was not delivered; nil when that is not known any more
}

// Channel is a peer's connection to a signaling channel, which is made again whenever it is lost. Its methods may be called from
// any goroutine.
type Channel struct {
	o      Options
	times  times
	events chan Inbound
	sent   sent

	offers, candidates *rate.Limiter // what the service takes of one connection

	dropped atomic.Uint64
	hurried chan struct{} // ends the pause between two attempts

	mu      sync.Mutex
	now     *socket
	dialing attempt
	changed chan struct{} // closed and replaced when now or state changes
	state   State
}

// State is how a channel is at a moment.
type State struct {
	Connected bool
	Since     time.Time // of Connected being as it is
	Err       error     // why there is no connection; nil before the first attempt is over
	Attempts  int       // that failed in a row
	Dropped   uint64    // messages that came faster than they were taken from Events
}

// attempt is one to connect.
type attempt struct {
	since  time.Time
	cancel context.CancelFunc // nil: there is none now
}

// times are how long things take; tests have no time.
type times struct {
	pause, longest time.Duration // before connecting again: after the first failure, and after many
	dial           time.Duration // for one attempt
	ping, pong     time.Duration // between two pings, and until the answer
	good           time.Duration // that a connection lasts for the next failure to be the first
	doubt          time.Duration // for an attempt, and until a ping's answer, when the network is in doubt
}

const (
	queued = 256 // messages that wait for whoever takes them from Events; what comes when it is full is dropped and counted
	traced = 128 // messages of which it is known what a STATUS_RESPONSE is about
)

// New returns a channel that is not connected; Run connects it.
func New(o Options) *Channel {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Retry == nil {
		o.Retry = func(error) bool { return true }
	}
	return &Channel{
		o:          o,
		times:      times{pause: 250 * time.Millisecond, longest: 15 * time.Second, dial: 10 * time.Second, ping: 10 * time.Second, pong: 5 * time.Second, good: 10 * time.Second, doubt: 1500 * time.Millisecond},
		events:     make(chan Inbound, queued),
		offers:     rate.NewLimiter(5, 5),
		candidates: rate.NewLimiter(20, 20),
		hurried:    make(chan struct{}, 1),
		changed:    make(chan struct{}),
		state:      State{Since: time.Now()},
	}
}

// Events returns what comes from the other peers and from the service. It is never closed.
func (c *Channel) Events() <-chan Inbound { return c.events }

// State returns how the channel is now.
func (c *Channel) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state
	s.Dropped = c.dropped.Load()
	return s
}

// Changed returns a channel that is closed when the state changes next.
func (c *Channel) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// Hurry says that the network may have been away: a way between peers was lost, and signaling is needed to find another. A connection has to
// answer at once, or it is replaced; an attempt that hangs is begun anew, and one that waits for its time begins. It does not block, and may be
// called again and again, some times a second.
func (c *Channel) Hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.hurried
	switch {
	case c.dialing.cancel != nil && time.Since(c.dialing.since) < c.times.doubt:
		return
	case c.dialing.cancel != nil: // the next attempt follows at once
		c.dialing.cancel()
	case c.now != nil:
		told = c.now.doubted
	}
	select {
	case told <- struct{}{}:
	default:
	}
}

// Run keeps the connection until ctx ends (ctx's error) or Options.Retry says that an error is final. A connection that the
// service is about to close is replaced before it closes, so that no message is lost. Run waits for all that it started.
func (c *Channel) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	if c.o.Servers != nil {
		running.Go(func() { c.o.Servers.keep(ctx) })
	}
	defer c.lost(errEnded)
	var old *socket
	for attempt := 0; ; {
		began := time.Now()
		select {
		case <-c.hurried: // this is what was wanted
		default:
		}
		s, err := c.dial(ctx, attempt > 0)
		if err == nil {
			running.Go(func() { c.read(ctx, s) })
			running.Go(func() { s.watch(ctx, c.times) })
			c.connected(s)
			if old != nil {
				old.end(errEnded)
			}
			old = s
			select {
			case <-s.away:
				c.o.Log.Debug("the signaling service closes its connection soon")
			case <-s.done:
				c.lost(s.err)
				err = s.err
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			if old != nil {
				old.end(errEnded)
			}
			return ctx.Err()
		}
		if err == nil {
			attempt = 0
			continue
		}
		if time.Since(began) >= c.times.good {
			attempt = 0
		}
		attempt++
		c.failed(err, attempt)
		if !c.o.Retry(err) {
			if old != nil {
				old.end(errEnded)
			}
			return err
		}
		c.o.Log.Debug("signaling is not connected", "err", err, "attempt", attempt)
		select {
		case <-time.After(c.times.before(attempt)):
		case <-c.hurried:
		case <-ctx.Done():
		}
	}
}

var errEnded = errors.New("signaling was ended here")

// before is the pause before an attempt: doubling, its upper half at random, so that peers do not come all at once.
func (t times) before(attempt int) time.Duration {
	d := t.longest
	if attempt < 16 {
		d = min(t.longest, t.pause<<(attempt-1))
	}
	return d/2 + rand.N(d/2+1)
}

func (c *Channel) connected(s *socket) {
	c.change(func() { c.now, c.state = s, State{Connected: true, Since: time.Now()} })
}

func (c *Channel) lost(err error) {
	c.change(func() {
		if c.state.Connected {
			c.state.Since = time.Now()
		}
		c.now, c.state.Connected, c.state.Err = nil, false, err
	})
}

// failed takes note of an attempt. What is connected still, although the service said that it closes, stays so.
func (c *Channel) failed(err error, attempts int) {
	c.change(func() {
		c.state.Err, c.state.Attempts = err, attempts
		if c.now != nil && c.now.ended() {
			c.now, c.state.Connected, c.state.Since = nil, false, time.Now()
		}
	})
}

func (c *Channel) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

// Send gives a message to the service, as soon as there is a connection and the service's limits allow it, and returns when it is
// on its way, or with ctx's error. That it could not be delivered is said later, by an Inbound that is About it. The request
// belongs to the caller; one without a correlation ID is sent with a new one.
func (c *Channel) Send(ctx context.Context, r *Request) error {
	limit := c.offers
	if r.Action == Candidate {
		limit = c.candidates
	}
	if err := limit.Wait(ctx); err != nil {
		return context.Cause(ctx)
	}
	frame, err := c.sent.note(r)
	if err != nil {
		return err
	}
	for {
		c.mu.Lock()
		s, changed := c.now, c.changed
		c.mu.Unlock()
		if s != nil && s.write(ctx, frame) == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
