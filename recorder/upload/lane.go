package upload

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"kinora/recorder/spool"
)

// lane makes one connection after the other. All is guarded by the uploader's mutex.
type lane struct {
	live  bool
	conn  *connection // that is being read; nil: none
	puts  int         // that have not returned, with those of which only acknowledgements are awaited
	alarm alarm
}

// turn says whose connection is next when there is one at a time.
type turn bool

const (
	liveTurn    turn = false
	backlogTurn turn = true
)

const (
	maxPuts   = 2               // of a lane: one that is being read, one whose last acknowledgements are awaited
	crowdTime = 5 * time.Minute // that a refusal of a second connection is respected
	skipAfter = 6 * time.Second // that the live lane may be behind before it skips
)

// drive makes a lane's connections until the uploader stops, and waits for them.
func (u *Uploader) drive(ctx context.Context, l *lane) {
	var puts sync.WaitGroup
	defer puts.Wait()
	for {
		c := u.connect(ctx, l)
		if c == nil {
			return
		}
		puts.Go(func() { u.disconnect(c, c.put()) })
		u.handedOver(c)
	}
}

// handedOver waits until a connection has been read to its end, or is over.
func (u *Uploader) handedOver(c *connection) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c.lane.conn == c {
		u.more.Wait()
	}
}

// connect waits until a lane has something to send and may, and returns a connection for it; nil when the uploader stops.
func (u *Uploader) connect(ctx context.Context, l *lane) *connection {
	u.mu.Lock()
	defer u.mu.Unlock()
	for !u.stopping {
		var until time.Time
		if f := u.first(l); f != nil {
			if until = u.trouble.next; !time.Now().Before(until) {
				return u.newConnection(ctx, l, f)
			}
		}
		l.alarm.wait(u, until)
	}
	return nil
}

// first returns the fragment that a lane's next connection begins with; nil when it has none or has to wait.
func (u *Uploader) first(l *lane) *spool.Fragment {
	if u.pause != "" || l.conn != nil || l.puts >= maxPuts || !u.mayConnect(l) {
		return nil
	}
	if l.live {
		return u.firstLive()
	}
	f, _ := u.oldest()
	return f
}

// mayConnect reports whether the service allows one connection more.
func (u *Uploader) mayConnect(l *lane) bool {
	other := &u.live
	if l.live {
		other = &u.backlog
	}
	if !u.takingTurns() {
		return true
	}
	if other.conn != nil || time.Now().Before(u.crowded) && l.puts+other.puts > 0 {
		return false
	}
	if l.live {
		return u.turn == liveTurn || !u.hasBacklog()
	}
	return u.turn == backlogTurn || !u.recordingLive()
}

// takingTurns reports whether there is one connection at a time.
func (u *Uploader) takingTurns() bool { return u.o.Connections < 2 || time.Now().Before(u.crowded) }

// recordingLive reports whether there is a live edge that the live lane is to keep up with.
func (u *Uploader) recordingLive() bool {
	if u.order != LiveFirst {
		return false
	}
	newest := u.o.Spool.Newest(u.o.Target)
	return newest != nil && newest.Take().Open()
}

// firstLive returns where the live lane begins: behind what it sent last when that ended in order, and otherwise at the newest fragment.
func (u *Uploader) firstLive() *spool.Fragment {
	if !u.recordingLive() {
		return nil
	}
	f := u.o.Spool.Newest(u.o.Target)
	if u.resume && u.edge != nil && u.lag() <= u.skipAfter() {
		f = u.freeAfter(u.edge)
	}
	if f == nil || u.underWay(f) || u.doubtful(f) || u.edge != nil && before(f, u.edge) {
		return nil
	}
	return f
}

func (u *Uploader) skipAfter() time.Duration {
	if u.edge == nil {
		return skipAfter
	}
	return max(skipAfter, 2*u.edge.Length())
}

// freeAfter returns the first fragment behind f that is not under way.
func (u *Uploader) freeAfter(f *spool.Fragment) *spool.Fragment {
	for f = u.o.Spool.After(f); f != nil && u.underWay(f); f = u.o.Spool.After(f) {
	}
	return f
}

// oldest returns the first fragment that the backlog's lane may send. When it is not known yet whether the service has that, it returns nil and
// unclear.
func (u *Uploader) oldest() (f *spool.Fragment, unclear bool) {
	edge := u.live.conn != nil || u.recordingLive()
	newest := u.o.Spool.Newest(u.o.Target)
	for f := u.o.Spool.Oldest(u.o.Target); f != nil; f = u.o.Spool.After(f) {
		switch {
		case edge && (u.edge == nil || f == newest || before(u.edge, f)):
			return nil, false // the live lane's
		case u.underWay(f):
		case u.doubtful(f):
			return nil, true
		default:
			return f, false
		}
	}
	return nil, false
}

func (u *Uploader) hasBacklog() bool {
	f, _ := u.oldest()
	return f != nil
}

func (u *Uploader) underWay(f *spool.Fragment) bool {
	m := u.marks[f]
	return m != nil && m.conn != nil
}

// mark returns the fragment's mark, made if need be.
func (u *Uploader) mark(f *spool.Fragment) *mark {
	m := u.marks[f]
	if m == nil {
		m = &mark{}
		u.marks[f] = m
	}
	return m
}

// before reports whether a was recorded before b.
func before(a, b *spool.Fragment) bool {
	if a.Take() == b.Take() {
		return a.Number() < b.Number()
	}
	return strings.Compare(a.Take().ID(), b.Take().ID()) < 0
}

// tooMany reports whether the service allows no further connection to the stream.
func tooMany(err error) bool {
	var coded interface{ ErrorCode() string }
	return errors.As(err, &coded) && coded.ErrorCode() == "ConnectionLimitExceededException"
}

// alarm ends a wait on the uploader's condition. It belongs to one goroutine and is used again, since a connection waits
// for every frame.
type alarm struct{ timer *time.Timer }

// wait waits for a change, at most until a time; zero means for ever. The mutex is held.
func (a *alarm) wait(u *Uploader, until time.Time) {
	if until.IsZero() {
		u.more.Wait()
		return
	}
	d := time.Until(until)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, u.wake)
	} else {
		a.timer.Reset(d)
	}
	u.more.Wait()
	a.timer.Stop()
}
