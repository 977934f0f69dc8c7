package player

import (
	"context"
	"sync"
	"time"

	"kinora/media"
)

const (
	reelBytes = 32 << 20 // that are read ahead at most, but always one fragment
	reelCalls = 4        // fragments that are asked for at the same time
	reelMost  = 16       // fragments that are read ahead
)

// reel reads fragments ahead of need, one after the other in one direction.
type reel struct {
	forward bool
	depth   int

	out    chan *reading // in order
	next   *reading      // the first one that was not used yet, once it has left out
	used   chan struct{} // capacity 1: there is room again
	calls  chan struct{} // as many as there are calls
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu    sync.Mutex
	bytes int64 // of fragments that were not used yet
	held  int   // how many that are
}

// reading is a fragment that is being read. Without a Number it is the reason why there is none.
type reading struct {
	media.Fragment
	done chan struct{} // closed when the rest is known
	rec  *media.Recorded
	err  error
}

// newReel begins to read: from a fragment on when with is set, otherwise from the one behind it, in its direction. stop
// ends it.
func newReel(ctx context.Context, a media.Archive, from media.Fragment, with, forward bool, depth int) *reel {
	ctx, cancel := context.WithCancel(ctx)
	r := &reel{forward: forward, depth: depth, cancel: cancel,
		out: make(chan *reading, reelMost), used: make(chan struct{}, 1), calls: make(chan struct{}, reelCalls)}
	r.group.Go(func() {
		if with {
			r.read(ctx, a, from)
		}
		r.run(ctx, a, from)
	})
	return r
}

// stop ends everything and waits for it.
func (r *reel) stop() {
	r.cancel()
	r.group.Wait()
}

// take uses the reading in next.
func (r *reel) take() *reading {
	n := r.next
	r.next = nil
	r.mu.Lock()
	r.bytes -= n.Size
	r.held--
	r.mu.Unlock()
	select {
	case r.used <- struct{}{}:
	default:
	}
	return n
}

// readAhead is how many fragments of a length are read ahead at a speed: a second of watching, and one more.
func readAhead(rate float64, length time.Duration) int {
	ahead := time.Duration(max(rate, -rate) * float64(time.Second))
	return max(2, min(reelMost, 1+int(ahead/max(length, 100*time.Millisecond))))
}

func (r *reel) run(ctx context.Context, a media.Archive, at media.Fragment) {
	cache, _ := a.(media.Prefetcher)
	for {
		batch, err := r.walk(ctx, a, at)
		if cache != nil && len(batch) > 1 {
			cache.Prefetch(ctx, batch...)
		}
		for _, f := range batch {
			if !r.read(ctx, a, f) {
				return
			}
			at = f
		}
		if err != nil {
			if r.room(ctx, 0) {
				r.out <- failed(err)
			}
			return
		}
	}
}

// failed is the end of a reel.
func failed(err error) *reading {
	n := &reading{err: err, done: make(chan struct{})}
	close(n.done)
	return n
}

// read begins to read a fragment once there is room; false: ctx has ended.
func (r *reel) read(ctx context.Context, a media.Archive, f media.Fragment) bool {
	if !r.room(ctx, f.Size) {
		return false
	}
	n := &reading{Fragment: f, done: make(chan struct{})}
	r.out <- n
	r.calls <- struct{}{}
	r.group.Go(func() {
		n.rec, n.err = a.Load(ctx, f)
		close(n.done)
		<-r.calls
	})
	return true
}

// walk looks up the fragments to read next.
func (r *reel) walk(ctx context.Context, a media.Archive, at media.Fragment) (batch []media.Fragment, err error) {
	for range max(1, r.depth/2) {
		at, err = a.Next(ctx, at, r.forward)
		if err != nil {
			return batch, err
		}
		batch = append(batch, at)
	}
	return batch, nil
}

// room waits until one more fragment may be read; false: ctx has ended.
func (r *reel) room(ctx context.Context, size int64) bool {
	for {
		r.mu.Lock()
		if r.held == 0 || r.held < r.depth && r.bytes+size <= reelBytes {
			r.held++
			r.bytes += size
			r.mu.Unlock()
			return ctx.Err() == nil
		}
		r.mu.Unlock()
		select {
		case <-r.used:
		case <-ctx.Done():
			return false
		}
	}
}
