package recorder

import (
	"io"
	"slices"
	"time"

	"kinora/mkv"
)

// silence is how long a connection waits for a frame before it ends its fragment and itself. The service closes a
// connection that sends nothing for 30 s.
const silence = 20 * time.Second

// endOfFragment makes the service finish the last fragment without waiting for another.
var endOfFragment = mkv.AppendTags(nil, mkv.Tag{Name: mkv.EndOfFragment})

// connection is the Matroska of one Put: the head of its session, then every fragment of that session that is not safe
// yet, in order, each as far as it was captured. It ends, with END_OF_FRAGMENT, at the end of the recording, where
// another session begins, when it is old, and when nothing is captured for a while. All fields are guarded by the
// backlog's mutex.
type connection struct {
	backlog *backlog
	began   time.Time

	session  *session // nil before the first fragment
	at       *fragment
	offset   int    // of at.data
	reached  int    // number of the last fragment that was begun, -1 before
	literal  []byte // to be sent before anything else
	last     bool   // after literal comes io.EOF
	closed   bool
	progress bool // something was acknowledged
	alarm    *time.Timer
}

func (b *backlog) connect() *connection {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conn = &connection{backlog: b, began: time.Now(), reached: -1}
	return b.conn
}

// Read returns what there is, at least one byte, and waits for it if need be.
func (c *connection) Read(p []byte) (int, error) {
	b := c.backlog
	b.mu.Lock()
	defer b.mu.Unlock()
	var patience time.Time
	for {
		switch {
		case c.closed:
			return 0, io.ErrClosedPipe
		case len(c.literal) > 0:
			n := copy(p, c.literal)
			c.literal = c.literal[n:]
			return n, nil
		case c.last:
			return 0, io.EOF
		case c.at != nil && c.offset < len(c.at.data):
			n := copy(p, c.at.data[c.offset:])
			c.offset += n
			return n, nil
		case c.at != nil && c.at.complete:
			c.finish()
			continue
		case c.at == nil && c.next():
			continue
		case c.at == nil && b.ended, !patience.IsZero() && !time.Now().Before(patience):
			b.seal()
			c.end()
			continue
		}
		if patience.IsZero() {
			patience = time.Now().Add(silence)
			c.wakeAfter(silence)
			defer c.alarm.Stop()
		}
		b.more.Wait()
	}
}

// wakeAfter sets the alarm that ends a wait. There is one for the connection's whole life, since a Read waits for every
// frame.
func (c *connection) wakeAfter(d time.Duration) {
	if c.alarm == nil {
		c.alarm = time.AfterFunc(d, c.backlog.wake)
	} else {
		c.alarm.Reset(d)
	}
}

// finish is done with a fragment.
func (c *connection) finish() {
	c.done()
	if time.Since(c.began) >= c.backlog.lifetime {
		c.end()
	}
}

// done counts the fragment as sent.
func (c *connection) done() {
	if c.at != nil && !c.at.sent {
		c.at.sent = true
		c.backlog.sent += c.at.length()
	}
	c.at = nil
}

// next goes to the next fragment if there is one, or ends the connection if that belongs to another session.
func (c *connection) next() bool {
	list := c.backlog.list
	i := slices.IndexFunc(list, func(f *fragment) bool { return f.number > c.reached && f.data != nil })
	if i < 0 {
		return false
	}
	f := list[i]
	switch c.session {
	case f.session:
	case nil:
		c.session, c.literal = f.session, f.session.head
	default:
		c.end()
		return true
	}
	c.at, c.offset, c.reached = f, 0, f.number
	return true
}

// end makes io.EOF follow.
func (c *connection) end() {
	c.done()
	if c.session != nil {
		c.literal = endOfFragment
	}
	c.last = true
}

// Close ends a Read that is waiting.
func (c *connection) Close() error {
	c.backlog.mu.Lock()
	defer c.backlog.mu.Unlock()
	c.closed = true
	c.backlog.more.Broadcast()
	return nil
}
