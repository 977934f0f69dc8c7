package localkvs

import (
	"cmp"
	"slices"
	"sync"
)

// openSessions keeps a stream to the newest of its sessions: as the real service says of its own, one more than it may have closes the
// oldest, and those of HLS and of DASH count for themselves. It forgets all with the service's end; what is asked for then is open
// again, while there is room.
type openSessions struct {
	most int // of a stream; 0: any number, of which nothing is remembered

	mu   sync.Mutex
	open map[sessionsKey]*opened
}

type sessionsKey struct {
	streamARN string
	manifest  bool
}

type opened struct {
	list   []openSession // the oldest first
	closed int64         // when the newest that was closed began, ms
}

type openSession struct {
	id             tokenID
	began, expires int64 // ms
}

func newOpenSessions(most int) *openSessions {
	return &openSessions{most: most, open: make(map[sessionsKey]*opened)}
}

// admit reports whether a session is open, at a time in ms. One that it did not know begins.
func (o *openSessions) admit(p *playback, id tokenID, now int64) bool {
	if o.most == 0 {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	key := sessionsKey{p.ARN, p.Manifest}
	of := o.open[key]
	if of == nil {
		of = &opened{}
		o.open[key] = of
	}
	of.list = slices.DeleteFunc(of.list, func(s openSession) bool { return s.expires <= now })
	known := func(s openSession) bool { return s.id == id }
	if slices.ContainsFunc(of.list, known) {
		return true
	}
	if p.Began <= of.closed {
		return false
	}
	at, _ := slices.BinarySearchFunc(of.list, p.Began+1, func(s openSession, began int64) int { return cmp.Compare(s.began, began) })
	of.list = slices.Insert(of.list, at, openSession{id, p.Began, p.Expires})
	if len(of.list) > o.most {
		of.closed = of.list[0].began
		of.list = slices.Delete(of.list, 0, 1)
	}
	return slices.ContainsFunc(of.list, known)
}

// forget drops a stream that is deleted.
func (o *openSessions) forget(streamARN string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.open, sessionsKey{streamARN, false})
	delete(o.open, sessionsKey{streamARN, true})
}
