package kvs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

const (
	remembered = 30 * time.Second // that a fragment has a fault
	mostFaulty = 1000
)

// load is a fragment that is on its way.
type load struct {
	fragment media.Fragment
	done     chan struct{} // closed when recorded or err is there
	recorded *media.Recorded
	err      error
	waiting  int // calls of Load
	batch    *batch
}

// batch is what one call asks for.
type batch struct {
	loads  []*load
	ctx    context.Context
	cancel context.CancelFunc
	wish   context.Context // nil when no wish began it
	why    purpose
}

// loads is what an archive loads.
type loads struct {
	mu      sync.Mutex
	now     map[string]*load // by number
	wishes  []wish           // the newest last
	batches int              // of wishes, under way
	dropped int              // fragments of wishes that were too much
	faults  map[string]fault
	prefix  string // of keys in the cache; empty before the stream was asked for
	private bool   // the stream's ARN cannot be had: nothing goes to the disk
}

// fault is what was wrong with a fragment the last time.
type fault struct {
	err   error
	until time.Time
}

// Load returns what is in a fragment: from the cache, from a call that is under way for whomever, or by a call of its own.
func (a *Archive) Load(ctx context.Context, f media.Fragment) (*media.Recorded, error) {
	if err := a.identify(ctx); err != nil {
		return nil, err
	}
	a.later.load()
	if r := a.cache.inMemory(a.key(f.Number)); r != nil {
		return r, nil
	}
	l, err := a.join(f, purposeOf(ctx))
	if err != nil {
		return nil, err
	}
	select {
	case <-l.done:
		return l.recorded, l.err
	case <-ctx.Done():
		a.leave(l)
		return nil, context.Cause(ctx)
	}
}

// identify finds out under which name the stream's fragments are cached.
func (a *Archive) identify(ctx context.Context) error {
	l := &a.loads
	l.mu.Lock()
	known := l.prefix != ""
	l.mu.Unlock()
	if known {
		return nil
	}
	return a.identities.do(ctx, struct{}{}, func(ctx context.Context) error {
		s, err := a.client.Describe(ctx, a.stream)
		var e *Error
		if err != nil && !(errors.As(err, &e) && Classify(err) == GiveUp && e.Code != "ResourceNotFoundException") {
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.prefix != "" {
			return nil
		}
		l.prefix, l.private = fmt.Sprintf("%s\x00%s\x00%d\x00", a.account, s.ARN, a.clock), false
		if err != nil {
			l.prefix, l.private = fmt.Sprintf("%p\x00", a), true
		}
		return nil
	})
}

// prepare asks for what the first Load needs, while a fragment is looked up. What fails is asked for again by Load.
func (a *Archive) prepare() {
	a.group.start(func(ctx context.Context) {
		if err := a.identify(ctx); err != nil && ctx.Err() == nil {
			a.log.Debug("what the cache calls the stream is not known yet", "err", err)
		}
	})
}

// key is what a fragment is cached under. Sessions give less of it, without its tags and data.
func (a *Archive) key(number string) string {
	if a.bySessions() {
		return a.loads.prefix + "session\x00" + number
	}
	return a.loads.prefix + number
}

// join returns the load of a fragment, which is begun if it was not, or if that may have to wait for more than this one.
func (a *Archive) join(f media.Fragment, why purpose) (*load, error) {
	l := &a.loads
	l.mu.Lock()
	defer l.mu.Unlock()
	if was, ok := l.faults[f.Number]; ok {
		if time.Now().Before(was.until) {
			return nil, was.err
		}
		delete(l.faults, f.Number)
	}
	now := l.now[f.Number]
	if now == nil || now.batch.why > why {
		b := a.newBatch([]media.Fragment{f}, nil, why)
		if !a.group.start(func(context.Context) { a.run(b) }) {
			a.abandon(b)
			return nil, errClosedArchive
		}
		now = b.loads[0]
	}
	now.waiting++
	return now, nil
}

// leave ends a wait. What nobody waits or wishes for any more is broken off.
func (a *Archive) leave(l *load) {
	a.loads.mu.Lock()
	defer a.loads.mu.Unlock()
	l.waiting--
	a.review(l.batch)
}

// review breaks off a batch that nobody wants.
func (a *Archive) review(b *batch) {
	if b.wish != nil && b.wish.Err() == nil || slices.ContainsFunc(b.loads, func(l *load) bool { return l.waiting > 0 }) {
		return
	}
	a.abandon(b)
}

// abandon lets whoever wants a batch's fragments ask for them anew.
func (a *Archive) abandon(b *batch) {
	b.cancel()
	for _, l := range b.loads {
		a.loads.forget(l)
	}
}

// forget takes a load out, unless another has taken its place.
func (l *loads) forget(old *load) {
	if l.now[old.fragment.Number] == old {
		delete(l.now, old.fragment.Number)
	}
}

func (a *Archive) newBatch(fragments []media.Fragment, wish context.Context, why purpose) *batch {
	b := &batch{wish: wish, why: why}
	b.ctx, b.cancel = context.WithCancel(with(a.group.ctx, why))
	for _, f := range fragments {
		l := &load{fragment: f, done: make(chan struct{}), batch: b}
		b.loads = append(b.loads, l)
		a.loads.now[f.Number] = l
	}
	return b
}

// run gets all of a batch, from the disk and then from the service, and keeps it.
func (a *Archive) run(b *batch) {
	defer b.cancel()
	waiting := make(map[string]*load, len(b.loads))
	var missing []media.Fragment
	for _, l := range b.loads {
		if r := a.onDisk(l.fragment); r != nil {
			a.marks.learn(r)
			a.settle(l, r, nil)
			continue
		}
		waiting[l.fragment.Number] = l
		missing = append(missing, l.fragment)
	}
	var fresh []*media.Recorded
	err := a.read(b.ctx, missing, roomOf, func(number string, r *media.Recorded, err error) error {
		if r != nil {
			a.cache.remember(a.key(number), r)
			a.marks.learn(r)
			fresh = append(fresh, r)
		}
		a.settle(waiting[number], r, err)
		delete(waiting, number)
		return nil
	})
	for _, l := range waiting {
		a.settle(l, nil, err)
	}
	if b.wish == nil {
		a.keepLater(fresh)
	} else {
		a.store(fresh)
	}
}

func (a *Archive) onDisk(f media.Fragment) *media.Recorded {
	if a.loads.private {
		return nil
	}
	return a.cache.onDisk(a.key(f.Number))
}

func (a *Archive) store(fresh []*media.Recorded) {
	for _, r := range fresh {
		if a.loads.private {
			return
		}
		if err := a.cache.store(a.key(r.Number), r); err != nil {
			a.log.Warn("fragments are not kept on this disk", "err", err)
			return
		}
	}
}

// settle hands a load's result to whoever waits. A fragment that will not come is not asked for again at once; where it is gone, more
// may be, which the index learns.
func (a *Archive) settle(l *load, r *media.Recorded, err error) {
	l.recorded, l.err = r, err
	all := &a.loads
	all.mu.Lock()
	all.forget(l)
	if errors.Is(err, media.ErrGone) || errors.Is(err, media.ErrDamaged) {
		if len(all.faults) >= mostFaulty {
			clear(all.faults)
		}
		all.faults[l.fragment.Number] = fault{err, time.Now().Add(remembered)}
	}
	all.mu.Unlock()
	if errors.Is(err, media.ErrGone) {
		a.doubt()
	}
	close(l.done)
}
