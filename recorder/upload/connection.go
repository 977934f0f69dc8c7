package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"kinora/mkv"
	"kinora/recorder/spool"
)

const (
	chunk   = 16 << 10               // that a Read gives at most: on a slow line it shows soon whether bytes are taken
	share   = 4 << 10                // that the backlog gets each pace although the live edge is late
	pace    = 500 * time.Millisecond // likewise
	late    = 300 * time.Millisecond // that the live edge may be behind before the backlog makes way
	silence = 20 * time.Second       // without a frame, after which a connection ends; the service ends it at 30 s
)

var (
	errStopped = errors.New("the upload was stopped")
	errPaused  = errors.New("the upload was paused")
	errSilent  = errors.New("nothing more was recorded of a fragment that was being sent; it is sent again when it goes on")
)

// endOfFragment makes the service finish the last fragment without waiting for another.
var endOfFragment = mkv.AppendTags(nil, mkv.Tag{Name: mkv.EndOfFragment})

// connection is the Matroska of one Put. Its fields are guarded by the uploader's mutex, but for those above the line.
type connection struct {
	u      *Uploader
	lane   *lane
	ctx    context.Context
	cancel context.CancelCauseFunc
	begin  *spool.Fragment // the first one; under way from the beginning
	headID uint64
	alone  bool  // nothing but the first fragment is sent
	alarm  alarm // of Read

	literal []byte          // to be sent before anything else
	at      *spool.Fragment // that is being read; nil between fragments
	offset  int64           // of its body
	release func()          // of at
	last    *spool.Fragment // begun last
	edge    *spool.Fragment // the live lane's before, and whether it was to go on behind that
	resume  bool
	flights []*flight // in the order in which they are sent

	made     time.Time
	opened   time.Time // of the first Read; zero before
	taken    time.Time // when the last Read returned
	reading  bool      // inside a Read
	ended    bool      // io.EOF follows the literal, or was given
	endedAt  time.Time
	closed   bool
	err      error // why Read gives up
	acked    bool  // something was acknowledged
	progress bool  // something was received or persisted
	settled  bool  // something was persisted
	received time.Time
	verdict  *verdict
	watch    *time.Timer
	watching bool
}

// newConnection returns a connection that begins with f. The mutex is held.
func (u *Uploader) newConnection(ctx context.Context, l *lane, f *spool.Fragment) *connection {
	c := &connection{u: u, lane: l, begin: f, headID: f.HeadID(), made: time.Now()}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	m := u.mark(f)
	m.conn, c.alone = c, m.alone
	l.conn = c
	l.puts++
	if l.live {
		c.edge, c.resume = u.edge, u.resume
		u.edge, u.resume = f, false
	}
	u.connections++
	c.watchOver()
	u.more.Broadcast()
	return c
}

// put uploads all that the connection gives.
func (c *connection) put() error {
	defer c.cancel(nil)
	head, err := c.begin.Head()
	if err != nil {
		return c.u.unreadable(c.begin, err)
	}
	c.u.set(func() { c.literal = head })
	err = c.u.o.Put.Put(c.ctx, c, c.acknowledge)
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	return err
}

// localError is trouble on this computer.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

// unreadable makes the error that ends a connection when a fragment could not be read. One whose file is damaged, or was removed by somebody,
// is put aside: it would stand in front of all others for ever.
func (u *Uploader) unreadable(f *spool.Fragment, err error) error {
	damaged := errors.Is(err, spool.ErrGone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EIO)
	if !damaged || !f.Complete() || f.Stage() >= spool.Persisted {
		return &localError{err}
	}
	u.complain(f, f.Reject(fmt.Sprintf("The file cannot be read on this disk: %v.", err)))
	u.set(func() { u.rejected++ })
	return &localError{fmt.Errorf("%w: %w", spool.ErrGone, err)}
}

// Read returns what there is, at least one byte, and waits for it if need be.
func (c *connection) Read(p []byte) (int, error) {
	limit := c.u.o.Limit
	size := chunk
	if limit != nil {
		size = max(1, min(size, limit.Burst()))
	}
	n, err := c.read(p[:min(len(p), size)])
	if err == nil && limit != nil {
		err = limit.WaitN(c.ctx, n)
	}
	c.handedOut(n)
	return n, err
}

func (c *connection) read(p []byte) (int, error) {
	u := c.u
	u.mu.Lock()
	defer u.mu.Unlock()
	c.reading = true
	if c.opened.IsZero() {
		c.opened = time.Now()
	}
	patience := time.Now().Add(silence)
	for {
		switch {
		case c.closed:
			return 0, io.ErrClosedPipe
		case c.err != nil:
			return 0, c.err
		case len(c.literal) > 0:
			n := copy(p, c.literal)
			c.literal = c.literal[n:]
			return n, nil
		case c.ended:
			return 0, io.EOF
		case c.at == nil:
			if !c.advance(patience) {
				c.alarm.wait(u, patience)
			}
			continue
		}
		complete := c.at.Complete()
		if c.at.Size() <= c.offset {
			if complete {
				c.finish()
			} else if c.silent(patience) {
				c.err = errSilent
			} else {
				c.alarm.wait(u, patience)
			}
			continue
		}
		if c.makesWay() {
			if due := c.taken.Add(pace); time.Now().Before(due) {
				c.alarm.wait(u, due)
				continue
			}
			p = p[:min(len(p), share)]
		}
		if n, err := c.fill(p); n > 0 || err != nil {
			return n, err
		}
	}
}

// makesWay reports whether the backlog leaves the line to the live edge: while that is late, and until the service has something of it, so that
// its first frames do not queue behind the backlog's.
func (c *connection) makesWay() bool {
	live := c.u.live.conn
	return !c.lane.live && live != nil && (!live.acked || c.u.lag() > late)
}

// silent reports whether no frame came for too long.
func (c *connection) silent(patience time.Time) bool { return !time.Now().Before(patience) }

// fill reads from the fragment's file, without the mutex. It may give nothing.
func (c *connection) fill(p []byte) (int, error) {
	f, offset := c.at, c.offset
	c.u.mu.Unlock()
	n, err := f.ReadAt(p, offset)
	if n == 0 && err != nil && err != io.EOF {
		err = c.u.unreadable(f, err)
	}
	c.u.mu.Lock()
	if c.at != f {
		return 0, nil // it was refused meanwhile
	}
	if n > 0 {
		c.offset += int64(n)
		c.place()
		return n, nil
	}
	if err != nil && err != io.EOF {
		c.err = err
		return 0, err
	}
	return 0, nil
}

// place notes how far the live edge has come.
func (c *connection) place() {
	if c.lane.live == (c.u.order == LiveFirst) {
		at := c.at.Time().Add(time.Duration(float64(c.at.Length()) * float64(c.offset) / float64(max(1, c.at.Size()))))
		if at.After(c.u.position) || c.offset == 0 {
			c.u.position = at
		}
	}
}

// handedOut notes that a Read has returned.
func (c *connection) handedOut(n int) {
	u := c.u
	u.mu.Lock()
	defer u.mu.Unlock()
	c.reading, c.taken = false, time.Now()
	u.meter.add(c.taken, n)
	if !c.watching && !c.closed {
		c.watchOver()
	}
}

// take begins a fragment.
func (c *connection) take(f *spool.Fragment) {
	c.at, c.offset, c.last, c.release = f, 0, f, f.Hold()
	c.u.mark(f).conn = c
	c.flights = append(c.flights, &flight{f: f, began: time.Now()})
	if c.lane.live {
		c.u.edge = f
	}
	c.place()
}

// finish is done with a fragment: all of it is on its way.
func (c *connection) finish() {
	fl := c.flights[len(c.flights)-1]
	fl.sent = time.Now()
	c.u.tell(fl.f, spool.Sent)
	early := fl.early == c.offset && c.offset > 0
	c.letGo()
	if early {
		c.u.tell(fl.f, spool.Persisted)
		c.drop(fl)
	}
}

func (c *connection) letGo() {
	if c.at != nil {
		c.at = nil
		c.release()
	}
}

// end makes io.EOF follow, and lets the lane go on.
func (c *connection) end() {
	c.ended, c.endedAt = true, time.Now()
	if c.last != nil && !endsItself(c.last) {
		c.literal = endOfFragment
	}
	if c.lane.conn == c {
		c.lane.conn = nil
		c.u.resume = c.u.resume || c.lane.live
	}
	c.u.more.Broadcast()
}

// endsItself reports whether a fragment's own tags end it. Those of one that was cut short by a crash do not.
func endsItself(f *spool.Fragment) bool {
	var tail [256]byte
	n, err := f.ReadAt(tail[:], max(0, f.Size()-int64(len(tail))))
	return err != nil || bytes.Contains(tail[:n], []byte(mkv.EndOfFragment)) // one that is gone was persisted
}

// Close ends a Read that is waiting.
func (c *connection) Close() error {
	c.u.set(func() { c.closed = true })
	return nil
}

// hurry gives the connection a moment to end in order, unless the pause is over before. The mutex is held.
func (c *connection) hurry() {
	time.AfterFunc(grace, func() {
		c.u.mu.Lock()
		defer c.u.mu.Unlock()
		if c.u.pause != "" {
			c.cancel(errPaused)
		}
	})
}
