package signaling

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Servers are the TURN servers that the service lends for some minutes. They are asked for when they are needed first, and again
// before they expire.
type Servers struct {
	fetch func(context.Context) ([]ICEServer, error)
	calls singleflight.Group

	mu      sync.Mutex
	all     []ICEServer
	got     time.Time
	expire  time.Time     // zero: there are none
	changed chan struct{} // has something in it when they were got or forgotten
}

// NewServers returns servers that fetch gets from the service.
func NewServers(fetch func(context.Context) ([]ICEServer, error)) *Servers {
	return &Servers{fetch: fetch, changed: make(chan struct{}, 1)}
}

// stale is when servers are replaced: a minute before they expire, or after half of their time, whatever is later.
func (s *Servers) stale() time.Time {
	half := s.got.Add(s.expire.Sub(s.got) / 2)
	if minute := s.expire.Add(-time.Minute); minute.After(half) {
		return minute
	}
	return half
}

// Get returns servers that hold for a while. The slice is shared: nobody may change it. It is empty when the service lends none.
func (s *Servers) Get(ctx context.Context) ([]ICEServer, error) {
	s.mu.Lock()
	all, expire, stale := s.all, s.expire, s.stale()
	s.mu.Unlock()
	now := time.Now()
	if now.Before(stale) {
		return all, nil
	}
	got := s.calls.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		return s.renew(ctx)
	})
	select {
	case r := <-got:
		if r.Err == nil {
			return r.Val.([]ICEServer), nil
		}
		if now.Before(expire) {
			return all, nil
		}
		return nil, r.Err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *Servers) renew(ctx context.Context) ([]ICEServer, error) {
	asked := time.Now()
	all, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	lasting := 5 * time.Minute
	for _, one := range all {
		if ttl := time.Duration(one.TTL) * time.Second; ttl > 0 {
			lasting = min(lasting, ttl)
		}
	}
	s.set(all, asked, asked.Add(lasting))
	return all, nil
}

// Forget makes the next Get ask again.
func (s *Servers) Forget() { s.set(nil, time.Time{}, time.Time{}) }

func (s *Servers) set(all []ICEServer, got, expire time.Time) {
	s.mu.Lock()
	s.all, s.got, s.expire = all, got, expire
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// keep replaces the servers before they expire. Those that nobody has needed yet are not asked for.
func (s *Servers) keep(ctx context.Context) {
	for {
		s.mu.Lock()
		has, wait := !s.expire.IsZero(), time.Until(s.stale())
		s.mu.Unlock()
		timer := time.NewTimer(wait)
		if !has {
			timer.Stop()
		}
		select {
		case <-timer.C:
			if _, err := s.renew(ctx); err != nil {
				select {
				case <-time.After(5 * time.Second):
				case <-ctx.Done():
				}
			}
		case <-s.changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}
