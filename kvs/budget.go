package kvs

import (
	"context"
	"errors"
	"slices"
	"time"
)

// How long sessions last. There is no call that ends one: what was begun has its place until it expires.
const (
	liveSession    = time.Hour       // is renewed without a seam, and used again by who watches next
	storedSession  = 5 * time.Minute // the shortest that there is
	beforeItExpire = 5 * time.Second // a session is not used any more
)

// lease is the place of one session among those of a stream that may be open at the same time.
type lease struct{ until time.Time }

// hold waits for a place for a session that lasts for some time. By the service's documentation an eleventh session of a stream closes
// the oldest, whoever uses that; those of HLS and of DASH count for themselves. What is aside does not wait.
func (g *gates) hold(ctx context.Context, op, stream string, lasts time.Duration, why purpose) (*lease, error) {
	since := time.Now()
	for q := g.quotas[op]; ; {
		g.mu.Lock()
		now := time.Now()
		mine := &lease{now.Add(lasts)}
		if q.open == 0 {
			g.mu.Unlock()
			return mine, nil
		}
		one := g.gate(gateKey{op, stream})
		if one.open == nil {
			one.open = make([]*lease, q.open)
		}
		free, first := -1, time.Time{}
		for i := leaves[why]; i < q.open && free < 0; i++ {
			switch held := one.open[i]; {
			case held == nil || !held.until.After(now):
				free = i
			case first.IsZero() || held.until.Before(first):
				first = held.until
			}
		}
		if free >= 0 {
			one.open[free] = mine
			g.mu.Unlock()
			return mine, nil
		}
		if why == aside {
			g.mu.Unlock()
			return nil, errNoPlace
		}
		if one.given == nil {
			one.given = make(chan struct{})
		}
		if err := g.delay(ctx, op, stream, one, since, first, one.given); err != nil {
			return nil, err
		}
	}
}

// errNoPlace is what is aside is told.
var errNoPlace = errors.New("all sessions that the service allows for this are open; each ends five minutes after it began")

// extend notes when a session really expires.
func (g *gates) extend(l *lease, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.until = until
}

// give gives a place back at once: there is no such session, or the service has closed it.
func (g *gates) give(op, stream string, l *lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.until = time.Time{}
	if one := g.known[gateKey{op, stream}]; one != nil && one.given != nil {
		close(one.given)
		one.given = nil
	}
}

// leased reports whether a session may be open. g.mu is held.
func (one *gate) leased(now time.Time) bool {
	return slices.ContainsFunc(one.open, func(l *lease) bool { return l != nil && l.until.After(now) })
}
