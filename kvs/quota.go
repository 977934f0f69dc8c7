package kvs

import (
	"context"
	"io"
	"sync"
	"time"
)

// quota is what a service allows of one call on one stream.
type quota struct {
	every  time.Duration // a call, on average; 0: any number
	burst  int           // calls that may be made at once after a rest
	atOnce int           // answers that may be read at the same time; 0: any number
	open   int           // sessions that may be open at the same time; 0: any number
}

// awsQuotas are those of https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html, and how many sessions may be open the
// documentation of the calls that begin them, less a margin for what other programs do: AWS counts for all of an account together.
var awsQuotas = map[string]quota{
	"GetMedia":                {every: time.Second / 5, burst: 5, atOnce: 3},
	"GetMediaForFragmentList": {atOnce: 5},
	"ListFragments":           {every: time.Second / 5, burst: 5},
	"GetClip":                 {every: time.Second, burst: 1},
	opHLS:                     {every: time.Second / 5, burst: 5, open: 8},
	opDASH:                    {every: time.Second / 5, burst: 5, open: 8},

	// of each session
	opMaster:   {every: time.Second / 5, burst: 5},
	opPlaylist: {every: time.Second / 5, burst: 5},
	opManifest: {every: time.Second / 5, burst: 5},
	opInit:     {every: time.Second / 5, burst: 5},
	opSegment:  {every: time.Second / 20, burst: 20},
}

// ownQuotas are those of Kinora's own service.
var ownQuotas = map[string]quota{
	"GetMedia":                {atOnce: 10},
	"GetMediaForFragmentList": {atOnce: 10},

	opMaster:   {every: time.Second / 10, burst: 10},
	opPlaylist: {every: time.Second / 10, burst: 10},
	opManifest: {every: time.Second / 10, burst: 10},
	opInit:     {every: time.Second / 10, burst: 10},
	opSegment:  {every: time.Second / 40, burst: 80},
}

// Waiting is a call that is not made yet, because the service allows no more of them now.
type Waiting struct {
	Op    string    // the service's name of the call, such as "ListFragments"
	Since time.Time // when it was wanted
	Until time.Time // when it will be made, if that is known
}

// Waiting returns the call on a stream that waits for a limit of the service for longest, and whether there is one.
func (c *Client) Waiting(stream string) (Waiting, bool) { return c.gates.waiting(stream) }

type gateKey struct{ op, stream string }

// gates keep the quotas: who comes too early or finds everything taken waits for his turn.
type gates struct {
	quotas map[string]quota

	mu    sync.Mutex
	known map[gateKey]*gate
	turns map[string][]*turn // all who wait, by stream and age
}

// gate is one call on one stream, or in one session. It is guarded by the mutex of its gates.
type gate struct {
	next  time.Time // when the bucket is full again
	taken int
	line  []*turn // who waits for another to leave, by age
	early int     // how many wait for a time
	open  []*lease
	given chan struct{} // closed when a lease is given back; nil while nobody waits for that
}

// turn is somebody who waits.
type turn struct {
	Waiting
	come chan struct{} // closed when a place is his
}

// mostGates bounds what is remembered of streams that are not called now.
const mostGates = 4096

func (g *gates) gate(k gateKey) *gate {
	one := g.known[k]
	if one == nil {
		if g.known == nil || len(g.known) >= mostGates {
			g.tidy()
		}
		one = &gate{}
		g.known[k] = one
	}
	return one
}

// tidy forgets gates at which nothing happens.
func (g *gates) tidy() {
	busy, now := make(map[gateKey]*gate), time.Now()
	for k, one := range g.known {
		if one.taken > 0 || len(one.line) > 0 || one.early > 0 || one.leased(now) {
			busy[k] = one
		}
	}
	g.known = busy
}

// pass waits until a call may be made. Its rate is kept; its place among those at the same time is [gates.enter]'s business.
func (g *gates) pass(ctx context.Context, op, stream string) error {
	return g.passOf(ctx, op, stream, func() *gate { return g.gate(gateKey{op, stream}) })
}

// passOf is pass through a gate, which is asked for while g.mu is held.
func (g *gates) passOf(ctx context.Context, op, stream string, gate func() *gate) error {
	q := g.quotas[op]
	if q.every == 0 {
		return nil
	}
	g.mu.Lock()
	one := gate()
	now := time.Now()
	if one.next.Before(now) {
		one.next = now
	}
	at := one.next.Add(-time.Duration(q.burst-1) * q.every)
	one.next = one.next.Add(q.every)
	if !at.After(now) {
		g.mu.Unlock()
		return nil
	}
	err := g.delay(ctx, op, stream, one, now, at, nil)
	if err != nil { // the call is not made: the next one may be sooner
		g.mu.Lock()
		defer g.mu.Unlock()
		one.next = one.next.Add(-q.every)
	}
	return err
}

// pause waits for as long as the service's refusal of a call deserves.
func (g *gates) pause(ctx context.Context, op, stream string, d time.Duration) error {
	return g.pauseOf(ctx, op, stream, d, func() *gate { return g.gate(gateKey{op, stream}) })
}

// pauseOf is pause at a gate, which is asked for while g.mu is held.
func (g *gates) pauseOf(ctx context.Context, op, stream string, d time.Duration, gate func() *gate) error {
	g.mu.Lock()
	now := time.Now()
	return g.delay(ctx, op, stream, gate(), now, now.Add(d), nil)
}

// delay waits until a time, or until sooner is closed, and lets everybody see that. g.mu is held, and is not afterwards.
func (g *gates) delay(ctx context.Context, op, stream string, one *gate, since, at time.Time, sooner <-chan struct{}) error {
	mine := &turn{Waiting: Waiting{op, since, at}}
	one.early++
	g.wait(stream, mine)
	g.mu.Unlock()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	var err error
	select {
	case <-timer.C:
	case <-sooner:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	one.early--
	g.waited(stream, mine)
	return err
}

// enter waits for a place among the answers that may be read at the same time. It is given back by leave, once.
func (g *gates) enter(ctx context.Context, op, stream string) (leave func(), err error) {
	q := g.quotas[op]
	if q.atOnce == 0 {
		return func() {}, nil
	}
	g.mu.Lock()
	one := g.gate(gateKey{op, stream})
	leave = sync.OnceFunc(func() { g.leave(one, stream) })
	if one.taken < q.atOnce {
		one.taken++
		g.mu.Unlock()
		return leave, nil
	}
	mine := &turn{Waiting: Waiting{Op: op, Since: time.Now()}, come: make(chan struct{})}
	one.line = append(one.line, mine)
	g.wait(stream, mine)
	g.mu.Unlock()
	select {
	case <-mine.come:
		return leave, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	before := len(one.line)
	one.line = without(one.line, mine)
	late := len(one.line) == before // the place was given at the same moment
	g.waited(stream, mine)
	g.mu.Unlock()
	if late {
		leave()
	}
	return nil, context.Cause(ctx)
}

// leave gives a place to the next in the line.
func (g *gates) leave(one *gate, stream string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(one.line) == 0 {
		one.taken--
		return
	}
	next := one.line[0]
	one.line = one.line[1:]
	g.waited(stream, next)
	close(next.come)
}

func without(line []*turn, one *turn) []*turn {
	for i := range line {
		if line[i] == one {
			return append(line[:i], line[i+1:]...)
		}
	}
	return line
}

// wait lets everybody see who waits for a stream. g.mu is held.
func (g *gates) wait(stream string, mine *turn) {
	if g.turns == nil {
		g.turns = make(map[string][]*turn)
	}
	g.turns[stream] = append(g.turns[stream], mine)
}

// waited is wait's opposite. g.mu is held.
func (g *gates) waited(stream string, mine *turn) {
	if g.turns[stream] = without(g.turns[stream], mine); len(g.turns[stream]) == 0 {
		delete(g.turns, stream)
	}
}

func (g *gates) waiting(stream string) (longest Waiting, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, one := range g.turns[stream] {
		if !ok || one.Since.Before(longest.Since) {
			longest, ok = one.Waiting, true
		}
	}
	return longest, ok
}

// placed is an answer that gives its place back when it is closed.
type placed struct {
	io.ReadCloser
	leave func()
}

func (p placed) Close() error {
	defer p.leave()
	return p.ReadCloser.Close()
}
