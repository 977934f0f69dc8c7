package kvs

import (
	"context"
	"errors"
	"sync"
)

// group runs goroutines that end when it is closed.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

var errClosedArchive = errors.New("the archive was closed here")

func newGroup() *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancelCause(context.Background())
	return g
}

// start runs fn unless the group is closed. fn's context ends with the group.
func (g *group) start(fn func(context.Context)) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.running.Go(func() { fn(g.ctx) })
	return true
}

// close ends everything, and waits.
func (g *group) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.cancel(errClosedArchive)
	g.running.Wait()
}

// calls lets everybody who wants the same at the same time wait for one call.
type calls[K comparable] struct {
	group *group
	mu    sync.Mutex
	now   map[K]*call
}

type call struct {
	done    chan struct{} // closed when err is there
	err     error
	waiting int
	ctx     context.Context
	cancel  context.CancelFunc
}

// do waits for the call of a key that is under way, or for a new one, which is cancelled when nobody waits for it any more.
func (c *calls[K]) do(ctx context.Context, k K, fn func(context.Context) error) error {
	c.mu.Lock()
	now := c.now[k]
	if now == nil {
		now = &call{done: make(chan struct{})}
		now.ctx, now.cancel = context.WithCancel(c.group.ctx)
		if !c.group.start(func(context.Context) { c.run(k, now, fn) }) {
			c.mu.Unlock()
			now.cancel()
			return errClosedArchive
		}
		if c.now == nil {
			c.now = make(map[K]*call)
		}
		c.now[k] = now
	}
	now.waiting++
	c.mu.Unlock()
	select {
	case <-now.done:
		return now.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.waiting--; now.waiting == 0 {
		now.cancel()
		c.forget(k, now)
	}
	return context.Cause(ctx)
}

// underWay reports whether there is a call of a key now.
func (c *calls[K]) underWay(k K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now[k] != nil
}

func (c *calls[K]) run(k K, now *call, fn func(context.Context) error) {
	now.err = fn(now.ctx)
	now.cancel()
	c.mu.Lock()
	c.forget(k, now)
	c.mu.Unlock()
	close(now.done)
}

// forget takes a call out, unless another has taken its place.
func (c *calls[K]) forget(k K, now *call) {
	if c.now[k] == now {
		delete(c.now, k)
	}
}
