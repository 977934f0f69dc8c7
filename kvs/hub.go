package kvs

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kinora/media"
)

// What is kept of the newest key frame on, for whoever joins.
const (
	joinBytes   = 8 << 20
	joinPackets = 1500
)

// Hub lets everybody who wants a stream live share one read of it: tiles, previews and exports cost the account and the network once,
// and the service's limit of readers is for other programs. It holds nothing while nobody reads.
type Hub struct {
	open func(stream string) media.Opener

	mu      sync.Mutex
	lines   map[string]*line
	openers map[string]media.Opener // one for each stream, since it knows where to go on after a failure
}

// NewHub returns a hub over [Client.Live], or any other function of that kind.
func NewHub(open func(stream string) media.Opener) *Hub {
	return &Hub{open: open, lines: make(map[string]*line), openers: make(map[string]media.Opener)}
}

// Live returns an opener of what the stream shows now. The first source that is opened opens the stream, in the way in which
// [Client.Live] says; the others join it, at its newest key frame. Each has a queue of its own: one that is read too slowly goes on at
// a key frame, with a packet that is marked Discontinuity. An error ends all of them. The last that is closed closes the stream.
func (h *Hub) Live(stream string) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		l, n := h.join(stream)
		select {
		case <-l.opened:
		case <-ctx.Done():
			n.Close()
			return nil, context.Cause(ctx)
		}
		if l.failed != nil {
			n.Close()
			return nil, l.failed
		}
		n.stop = context.AfterFunc(ctx, func() { n.interrupt(context.Cause(ctx), true) })
		return n, nil
	}
}

// Readers returns how many sources share the read of a stream now.
func (h *Hub) Readers(stream string) int {
	h.mu.Lock()
	l := h.lines[stream]
	h.mu.Unlock()
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.listeners)
}

// join returns a new listener of the stream's line, which is opened if it is not.
func (h *Hub) join(stream string) (*line, *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.lines[stream]; l != nil {
		if n := l.add(); n != nil {
			return l, n
		}
	}
	open := h.openers[stream]
	if open == nil {
		open = h.open(stream)
		h.openers[stream] = open
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &line{cancel: cancel, opened: make(chan struct{}), done: make(chan struct{})}
	h.lines[stream] = l
	n := l.add()
	go func() {
		defer close(l.done)
		l.run(ctx, open)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.lines[stream] == l {
			delete(h.lines, stream)
		}
	}()
	return l, n
}

// line is one read of a stream.
type line struct {
	cancel context.CancelFunc
	opened chan struct{} // closed when it is known what there is, or why there is nothing
	tracks []media.Track // at first
	epoch  time.Time
	served time.Time // as of server, at first
	failed error
	newest atomic.Pointer[media.Recorded]
	done   chan struct{} // closed when all has ended

	mu        sync.Mutex
	listeners []*listener
	over      bool // takes no listener any more
	recent    []heard
	bytes     int // of recent
}

// run opens the stream and gives what it reads to the listeners, until it fails or the last of them has gone.
func (l *line) run(ctx context.Context, open media.Opener) {
	defer l.cancel()
	source, err := open(ctx)
	if err != nil {
		l.failed = err
		l.end(err)
		close(l.opened)
		return
	}
	defer source.Close()
	tracks := source.Tracks()
	serving, _ := source.(server)
	fragmented, _ := source.(media.Fragmented)
	served := servedBy(serving)
	l.tracks, l.epoch, l.served = tracks, source.Epoch(), served
	close(l.opened)
	for {
		p, err := source.Read()
		if err != nil {
			l.end(err)
			return
		}
		if p.Discontinuity {
			tracks = source.Tracks()
			served = servedBy(serving)
		}
		if fragmented != nil {
			l.newest.Store(fragmented.Newest())
		}
		l.push(heard{p, tracks, served})
	}
}

// add returns a listener that begins with the newest key frame, or nil when the line is over.
func (l *line) add() *listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	n := &listener{line: l, lost: true}
	n.more.L = &n.mu
	for _, p := range l.recent {
		n.push(p)
	}
	l.listeners = append(l.listeners, n)
	return n
}

// push never waits for a listener.
func (l *line) push(p heard) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.starts() {
		l.drop()
	}
	if p.starts() || len(l.recent) > 0 {
		l.recent = append(l.recent, p)
		l.bytes += len(p.packet.Data)
	}
	if l.bytes > joinBytes || len(l.recent) > joinPackets {
		l.drop()
	}
	for _, n := range l.listeners {
		n.push(p)
	}
}

// drop forgets what was kept for new listeners.
func (l *line) drop() {
	clear(l.recent)
	l.recent, l.bytes = l.recent[:0], 0
}

// end lets all listeners come to their end.
func (l *line) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	l.drop()
	for _, n := range l.listeners {
		n.interrupt(err, false)
	}
}

// leave takes a listener away. With the last one the line ends, which is waited for.
func (l *line) leave(n *listener) {
	l.mu.Lock()
	for i := range l.listeners {
		if l.listeners[i] == n {
			l.listeners = append(l.listeners[:i], l.listeners[i+1:]...)
			break
		}
	}
	last := len(l.listeners) == 0
	l.over = l.over || last
	l.mu.Unlock()
	if !last {
		return
	}
	l.cancel()
	<-l.done
}
