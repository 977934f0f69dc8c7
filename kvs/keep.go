package kvs

import (
	"context"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

// mostLater is how many bytes of fragments wait to be kept on the disk.
const mostLater = 32 << 20

// later is what was loaded for somebody who waited, and is to be kept on the disk as well, one fragment at a time while nobody loads
// any: until a picture is seen, and while a pointer drags through the archive, the processors are for the decoder. Of more than there
// is room for the oldest are not kept.
type later struct {
	mu      sync.Mutex
	list    []*media.Recorded // the oldest first
	bytes   int64
	dropped int
	running bool
	loaded  time.Time // when somebody last loaded
}

// load takes note that somebody loads now.
func (l *later) load() {
	l.mu.Lock()
	l.loaded = time.Now()
	l.mu.Unlock()
}

// add takes fragments, and tells whether somebody is needed to keep them.
func (l *later) add(fresh []*media.Recorded) (begin bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loaded = time.Now()
	for _, r := range fresh {
		l.list = append(l.list, r)
		l.bytes += r.Size
	}
	drop := 0
	for ; l.bytes > mostLater && drop < len(l.list)-1; drop++ {
		l.bytes -= l.list[drop].Size
	}
	l.list = slices.Delete(l.list, 0, drop)
	l.dropped += drop
	begin = len(l.list) > 0 && !l.running
	l.running = l.running || begin
	return begin
}

// next takes the oldest fragment; nil, for whoever keeps them to end, when there is none.
func (l *later) next() *media.Recorded {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == 0 {
		l.running = false
		return nil
	}
	r := l.list[0]
	l.list = slices.Delete(l.list, 0, 1)
	l.bytes -= r.Size
	return r
}

// rest waits until nobody has loaded for a while, or ctx ends.
func (l *later) rest(ctx context.Context) {
	for ctx.Err() == nil {
		l.mu.Lock()
		since := time.Since(l.loaded)
		l.mu.Unlock()
		if since >= leisureTime {
			return
		}
		timer := time.NewTimer(leisureTime - since)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// keepLater keeps fragments on the disk when there is time for that; at the latest when the archive is closed.
func (a *Archive) keepLater(fresh []*media.Recorded) {
	if !a.later.add(fresh) {
		return
	}
	keep := func(ctx context.Context) {
		for a.later.rest(ctx); ; a.later.rest(ctx) {
			r := a.later.next()
			if r == nil {
				return
			}
			a.store([]*media.Recorded{r})
		}
	}
	if !a.group.start(keep) {
		keep(a.group.ctx) // the archive is being closed, and waits for its caller
	}
}
