// Package hub passes the messages of signaling channels between a channel's master and its viewers.
//
// Everybody has a WebSocket, which [Hub.Serve] reads until it ends. A message for somebody who is not connected waits for the
// channel's time to live. A message that was written counts as delivered when a later ping is answered: when a socket turns out to be
// dead, or is replaced by a new one of the same client, what went into it unanswered goes out again.
//
// A client that sends more than its share is refused message by message, and disconnected when it does not stop. All queues are
// bounded; what does not fit is refused to its sender.
package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kinora/signaling"
)

// Limits are the quotas of signaling. Zero fields take the value in the comment.
type Limits struct {
	Viewers        int           // of a channel, at once; 10
	Connects       int           // of each role of a channel, a second, with ten at once; 3, and as many as come when it is negative
	Descriptions   int           // offers and answers of a connection, a second, with twice as many at once; 5
	Candidates     int           // of a connection, a second, with five times as many at once: browsers find many together; 20
	ConnectionTime time.Duration // then the connection is closed; 1 hour
	Grace          time.Duration // from GO_AWAY to that; 1 minute
	Ping           time.Duration // between pings, and for each to be answered; 10 seconds
}

func (l Limits) withDefaults() Limits {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	defTime := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	def(&l.Viewers, 10)
	def(&l.Connects, 3)
	def(&l.Descriptions, 5)
	def(&l.Candidates, 20)
	defTime(&l.ConnectionTime, time.Hour)
	defTime(&l.Grace, time.Minute)
	defTime(&l.Ping, 10*time.Second)
	return l
}

const connectsAtOnce = 10

func (l Limits) connects() *rate.Limiter {
	if l.Connects < 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(l.Connects), max(connectsAtOnce, l.Connects))
}

// What a connection can be refused with. They are sentences for clients.
var (
	ErrViewers  = errors.New("the channel has as many viewers as it may have")
	ErrConnects = errors.New("the channel is connected to too often; wait a second")
	ErrClosed   = errors.New("the service is stopping")
)

// Hub is all signaling channels of a service while it runs. Its methods may be called from any goroutine.
type Hub struct {
	limits Limits
	log    *slog.Logger

	mu       sync.Mutex
	closed   bool
	work     sync.WaitGroup
	channels map[string]*channel
	stats    Stats
}

// Stats count what went through a hub.
type Stats struct {
	Connections int    // now
	Delivered   uint64 // messages handed to a connection
	Waited      uint64 // messages that had to wait for their recipient
	Expired     uint64 // of these, those that waited in vain
	Refused     uint64 // messages that were refused to their sender
}

// New makes a hub.
func New(limits Limits, log *slog.Logger) *Hub {
	return &Hub{limits: limits.withDefaults(), log: log, channels: make(map[string]*channel)}
}

// Stats returns the counts so far.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats
}

// channel is a channel that somebody has connected to. The hub's lock guards it.
type channel struct {
	peers   map[string]*peer         // by client ID; that of the master is empty
	asking  map[string]chan<- string // who waits for one answer, by client ID; see Ask
	waiting map[string][]message     // by recipient
	connect map[bool]*rate.Limiter   // by whether it is the master
	sweeper *time.Timer              // nil when nothing waits
}

// message is on its way to somebody.
type message struct {
	text    []byte
	kind    signaling.Type
	payload string
	sender  string
	expires time.Time
}

// Bounds of what waits in a channel, in messages.
const (
	maxWaitingOfSender = 100
	maxWaiting         = 2000
)

func (h *Hub) channel(arn string) *channel {
	c := h.channels[arn]
	if c == nil {
		c = &channel{peers: make(map[string]*peer), asking: make(map[string]chan<- string), waiting: make(map[string][]message),
			connect: map[bool]*rate.Limiter{true: h.limits.connects(), false: h.limits.connects()}}
		h.channels[arn] = c
	}
	return c
}

func (c *channel) viewers() int {
	n := 0
	for id, p := range c.peers {
		if id != "" && !p.member {
			n++
		}
	}
	return n
}

// Admit says whether a client may connect now, before its WebSocket is accepted.
func (h *Hub) Admit(s Seat) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channel(s.Channel)
	switch {
	case h.closed:
		return ErrClosed
	case !c.connect[s.Client == ""].Allow():
		return ErrConnects
	}
	return h.room(c, s)
}

// room says whether there is room for a client; one that is connected already is replaced.
func (h *Hub) room(c *channel, s Seat) error {
	if s.Client != "" && c.peers[s.Client] == nil && c.viewers() >= h.limits.Viewers {
		return ErrViewers
	}
	return nil
}

// attach puts a peer in its place. What waits for it, or was not delivered to the one that it replaces, is its first to send.
func (h *Hub) attach(p *peer) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channel(p.seat.Channel)
	if h.closed {
		return ErrClosed
	}
	if err := h.room(c, p.seat); err != nil && !p.member {
		return err
	}
	var first []message
	if old := c.peers[p.seat.Client]; old != nil {
		first = old.take(true)
		old.end(errReplaced)
	}
	first = append(first, c.waiting[p.seat.Client]...)
	delete(c.waiting, p.seat.Client)
	c.peers[p.seat.Client] = p
	h.work.Add(1)
	h.stats.Connections++
	for _, m := range first {
		switch {
		case !time.Now().Before(m.expires):
			h.stats.Expired++
		case p.push(m):
			h.stats.Delivered++
		default:
			h.stats.Expired++ // more than a connection may have waiting
		}
	}
	return nil
}

// detach takes a peer out. What it was not sent waits again; after a break also what it may not have got.
func (h *Hub) detach(p *peer, broke bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.work.Done()
	h.stats.Connections--
	c := h.channels[p.seat.Channel]
	if c == nil || c.peers[p.seat.Client] != p {
		return
	}
	delete(c.peers, p.seat.Client)
	for _, m := range p.take(broke) {
		if time.Now().Before(m.expires) {
			h.wait(p.seat.Channel, c, p.seat.Client, m)
		}
	}
}

// deliver hands a message to its recipient, or lets it wait. An error is a sentence for the sender.
func (h *Hub) deliver(arn, to string, m message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channels[arn]
	if c == nil {
		return errors.New("the channel was deleted")
	}
	if answer := c.asking[to]; answer != nil {
		if m.kind == signaling.Answer {
			answer <- m.payload // has room for one, and gets one
			delete(c.asking, to)
		}
		return nil
	}
	if p := c.peers[to]; p != nil {
		if p.push(m) {
			h.stats.Delivered++
			return nil
		}
		p.end(errStuck)
		return errors.New("the recipient does not take its messages; try again")
	}
	return h.wait(arn, c, to, m)
}

func (h *Hub) wait(arn string, c *channel, to string, m message) error {
	total, ofSender := 0, 0
	for _, list := range c.waiting {
		total += len(list)
		for i := range list {
			if list[i].sender == m.sender {
				ofSender++
			}
		}
	}
	if total >= maxWaiting || ofSender >= maxWaitingOfSender {
		return fmt.Errorf("%d messages wait for recipients that are not connected, which is the limit", ofSender)
	}
	h.stats.Waited++
	c.waiting[to] = append(c.waiting[to], m)
	if c.sweeper == nil {
		c.sweeper = time.AfterFunc(time.Until(m.expires), func() { h.sweep(arn) })
	}
	return nil
}

// sweep forgets what has waited too long.
func (h *Hub) sweep(arn string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channels[arn]
	if c == nil || h.closed {
		return
	}
	now, next := time.Now(), time.Time{}
	for to, list := range c.waiting {
		kept := list[:0]
		for _, m := range list {
			if !now.Before(m.expires) {
				h.stats.Expired++
				continue
			}
			kept = append(kept, m)
			if next.IsZero() || m.expires.Before(next) {
				next = m.expires
			}
		}
		if c.waiting[to] = kept; len(kept) == 0 {
			delete(c.waiting, to)
		}
	}
	c.sweeper = nil
	if !next.IsZero() {
		c.sweeper = time.AfterFunc(next.Sub(now), func() { h.sweep(arn) })
	}
}

// Drop disconnects everybody from a channel that is gone.
func (h *Hub) Drop(arn string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channels[arn]
	if c == nil {
		return
	}
	delete(h.channels, arn)
	if c.sweeper != nil {
		c.sweeper.Stop()
	}
	for _, p := range c.peers {
		p.end(errDeleted)
	}
}

// Announce sends everybody on a channel a message of the service's own, and returns how many they are.
func (h *Hub) Announce(arn string, kind signaling.Type) (clients int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channels[arn]
	if c == nil {
		return 0
	}
	for _, p := range c.peers {
		p.push(announcement(kind))
	}
	return len(c.peers)
}

func announcement(kind signaling.Type) message {
	return message{text: encode(signaling.Event{Type: kind}), kind: kind} // it does not wait: it has expired
}

// Close tells everybody to go, disconnects them and waits until they are gone.
func (h *Hub) Close() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		for _, c := range h.channels {
			for _, p := range c.peers {
				p.push(announcement(signaling.GoAway))
			}
			if c.sweeper != nil {
				c.sweeper.Stop()
			}
			for _, p := range c.peers {
				p.end(ErrClosed)
			}
		}
	}
	h.mu.Unlock()
	h.work.Wait()
}

func encode(e signaling.Event) []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic("hub: an event cannot be encoded: " + err.Error()) // it is strings and numbers
	}
	return text
}
