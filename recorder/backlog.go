package recorder

import (
	"context"
	"slices"
	"sync"
	"time"
)

// fragment is one Cluster, encoded once: capture appends to it, connections read from it.
type fragment struct {
	session  *session
	number   int    // counts up over the whole recording
	timecode int64  // milliseconds since 1970
	data     []byte // nil when it had to make room after it was sent
	start    time.Duration
	end      time.Duration // greatest PTS so far; the next one's start once complete
	complete bool          // capture is done with it
	sent     bool          // a connection has taken all of it
	received bool          // acknowledged so far
}

func (f *fragment) length() time.Duration { return f.end - f.start }

// backlog holds the fragments that are not safe yet, oldest first. Its methods may be called from any goroutine.
type backlog struct {
	limit    int
	level    AckLevel
	lifetime time.Duration // of a connection

	mu        sync.Mutex
	more      sync.Cond // something to send, the end, or a connection closed
	list      []*fragment
	current   *fragment   // the one that capture writes; nil between fragments. It is in list unless it was refused
	conn      *connection // the one that reads; nil between connections
	ended     bool        // nothing will be added
	size      int         // capacity of all data
	numbers   int
	captured  time.Duration // of complete fragments
	sent      time.Duration
	persisted time.Duration
	dropped   int
	skipped   int
	bitrate   float64

	firstReceived time.Time // when the first Received came, zero before
	everPersisted bool
}

// learning is how long the first Persisted may take until the stream is taken for one that keeps nothing.
const learning = 10 * time.Second

func newBacklog(o Options) *backlog {
	b := &backlog{limit: o.Memory, level: o.AckLevel, lifetime: o.MaxConnection}
	b.more.L = &b.mu
	return b
}

// begin adds an empty fragment, which the next writes go to.
func (b *backlog) begin(s *session, timecode int64, start time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	room := 0
	if n := len(b.list); n > 0 {
		room = len(b.list[n-1].data) * 5 / 4
	}
	b.current = &fragment{session: s, number: b.numbers, timecode: timecode, start: start, end: start, data: make([]byte, 0, room)}
	b.numbers++
	b.list = append(b.list, b.current)
	b.size += room
}

// Write appends to the current fragment, and never fails.
func (b *backlog) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.current
	if f == nil || f.data == nil {
		return len(p), nil // refused meanwhile
	}
	before := cap(f.data)
	f.data = append(f.data, p...)
	b.size += cap(f.data) - before
	b.makeRoom()
	b.more.Broadcast()
	return len(p), nil
}

// open returns the size and beginning of the current fragment, and whether there is one that is still open.
func (b *backlog) open() (size int, start time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil || b.current.complete {
		return 0, 0, false
	}
	return len(b.current.data), b.current.start, true
}

// reached notes how far the current fragment goes.
func (b *backlog) reached(pts time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.current.end = max(b.current.end, pts)
}

// complete ends the current fragment.
func (b *backlog) complete() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seal()
}

func (b *backlog) seal() {
	f := b.current
	if f == nil || f.complete {
		return
	}
	f.complete = true
	b.captured += f.length()
	if s := f.length().Seconds(); s > 0 {
		b.bitrate = 8 * float64(len(f.data)) / s
	}
	b.more.Broadcast()
}

func (b *backlog) skip() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.skipped++
}

// end says that nothing will be added.
func (b *backlog) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seal()
	b.ended = true
	b.more.Broadcast()
}

// wait blocks until there is something to send. It returns false when there never will be, or when ctx ends.
func (b *backlog) wait(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, b.wake)
	defer stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.list) == 0 && !b.ended && ctx.Err() == nil {
		b.more.Wait()
	}
	return len(b.list) > 0 && ctx.Err() == nil
}

// wake makes whoever waits look again.
func (b *backlog) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.more.Broadcast()
}

// makeRoom drops the oldest fragments while there are too many bytes: those that a connection is inside of and that
// capture writes are spared. One that was sent may yet be acknowledged: only its bytes go.
func (b *backlog) makeRoom() {
	for i := 0; b.size > b.limit && i < len(b.list); {
		f := b.list[i]
		switch {
		case f == b.current, b.conn != nil && f == b.conn.at, f.data == nil:
			i++
		case b.conn != nil && f.session == b.conn.session && f.number < b.conn.reached:
			b.release(f)
			i++
		default:
			b.dropped++
			b.remove(f)
		}
	}
}

// release frees a fragment's bytes.
func (b *backlog) release(f *fragment) {
	b.size -= cap(f.data)
	f.data = nil
}

// remove takes a fragment off the list.
func (b *backlog) remove(f *fragment) {
	b.release(f)
	b.list = slices.DeleteFunc(b.list, func(x *fragment) bool { return x == f })
}

// acknowledged notes what the service has of a fragment, and forgets it when that is enough.
func (b *backlog) acknowledged(c *connection, a Ack) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.find(c, a.Timecode)
	switch a.Type {
	case Received:
		c.progress = true
		if b.firstReceived.IsZero() {
			b.firstReceived = time.Now()
		}
		if f != nil {
			f.received = true
		}
		if b.level == UntilReceived || b.level == Learn && !b.everPersisted && time.Since(b.firstReceived) >= learning {
			b.settle(c)
		}
	case Persisted:
		c.progress = true
		b.everPersisted = true
		if f != nil {
			b.safe(f)
		}
	}
}

// settle takes what was received on a connection for safe.
func (b *backlog) settle(c *connection) {
	for _, f := range slices.Clone(b.list) {
		if f.received && f.session == c.session {
			b.safe(f)
		}
	}
}

func (b *backlog) safe(f *fragment) {
	b.persisted += f.length()
	if !f.sent {
		b.sent += f.length()
	}
	b.remove(f)
}

// refused drops the fragment that the service does not take: the one of that timecode, or else the first that it has
// not received. It reports whether there was one.
func (b *backlog) refused(c *connection, timecode int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.find(c, timecode)
	for i := 0; f == nil && i < len(b.list); i++ {
		if x := b.list[i]; !x.received && x.session == c.session && x.number <= c.reached {
			f = x
		}
	}
	if f == nil {
		return false
	}
	b.dropped++
	b.remove(f)
	return true
}

// find returns the fragment that a connection has begun to send under a timecode.
func (b *backlog) find(c *connection, timecode int64) *fragment {
	for _, f := range b.list {
		if f.timecode == timecode && f.session == c.session && f.number <= c.reached {
			return f
		}
	}
	return nil
}

// disconnect ends a connection and reports whether the service had acknowledged anything on it. orderly means that
// the service has said all it had to say.
func (b *backlog) disconnect(c *connection, orderly bool) (progress bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if orderly && b.level == Learn && !b.everPersisted {
		b.settle(c)
	}
	b.conn = nil
	for _, f := range slices.Clone(b.list) {
		f.received = false
		if f.data == nil {
			b.dropped++
			b.remove(f)
		}
	}
	return c.progress
}

// left returns how much is not safe.
func (b *backlog) left() (fragments int, length time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.list {
		length += f.length()
	}
	return len(b.list), length
}

func (b *backlog) state() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := State{Captured: b.captured, Sent: b.sent, Persisted: b.persisted, Dropped: b.dropped, Skipped: b.skipped, Bitrate: b.bitrate}
	for _, f := range b.list {
		s.Backlog += len(f.data)
	}
	if f := b.current; f != nil && !f.complete {
		s.Captured += f.length()
	}
	if b.conn != nil && b.conn.at != nil && !b.conn.at.sent && len(b.conn.at.data) > 0 {
		f := b.conn.at
		s.Sent += time.Duration(float64(f.length()) * float64(b.conn.offset) / float64(len(f.data)))
	}
	return s
}
