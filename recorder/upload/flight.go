package upload

import (
	"errors"
	"slices"
	"time"

	"kinora/recorder/spool"
)

// flight is a fragment under way on a connection.
type flight struct {
	f        *spool.Fragment
	began    time.Time // when its first bytes were handed out
	sent     time.Time // when all was; zero before
	arrived  bool      // the service has begun to receive it
	received bool
	early    int64 // the offset at which it was acknowledged as persisted before it was known to be complete
	settling bool  // it is being removed from the spool
}

// retention says whether a stream keeps what it gets.
type retention int

const (
	unknown retention = iota
	keeps
	keepsNothing
)

// learning is how long fragments are received on a connection until a stream that persists nothing is taken for one
// that keeps nothing.
const learning = 10 * time.Second

// acknowledge is called by Put.
func (c *connection) acknowledge(a Ack) {
	u := c.u
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	fl := c.find(a.Timecode)
	if a.Type == Waiting {
		return
	}
	if a.Type == Error {
		c.refuse(fl, a)
		return
	}
	if fl == nil || a.Type != Buffering && !c.handedAll(fl) {
		u.strays++
		return
	}
	c.acked, fl.arrived, u.answers = true, true, true
	u.trouble.clear()
	switch a.Type {
	case Received:
		c.arrived(fl, now)
	case Persisted:
		c.progress = true
		u.retention, u.lastAck = keeps, now
		u.learnDelay(fl, now)
		c.settle(fl)
	}
	u.more.Broadcast()
}

// arrived notes that the service has a fragment in memory, which is all that a stream without retention has to say.
func (c *connection) arrived(fl *flight, now time.Time) {
	u := c.u
	c.progress, fl.received = true, true
	u.tell(fl.f, spool.Received)
	if c.received.IsZero() {
		c.received = now
	}
	if u.learns() && now.Sub(c.received) >= learning {
		u.retention = keepsNothing
	}
	if u.retention == keepsNothing {
		u.lastAck = now
		u.learnDelay(fl, now)
		c.settleReceived()
	}
}

// learns reports whether nobody has told whether the stream keeps what it gets.
func (u *Uploader) learns() bool { return u.retention == unknown && (u.o.Keeps == nil || u.untold) }

// settleReceived takes what was received for safe.
func (c *connection) settleReceived() {
	for _, fl := range slices.Clone(c.flights) {
		if fl.received {
			c.settle(fl)
		}
	}
}

// find returns the fragment that was sent on this connection under a timecode.
func (c *connection) find(timecode int64) *flight {
	for _, fl := range c.flights {
		if fl.f.Time().UnixMilli() == timecode {
			return fl
		}
	}
	return nil
}

// handedAll reports whether all that there is of a fragment was handed out.
func (c *connection) handedAll(fl *flight) bool {
	return !fl.sent.IsZero() || c.at == fl.f && c.offset > 0 && c.offset >= fl.f.Size()
}

// settle removes a persisted fragment from the spool. The mutex is held, and given up while the disk works; the fragment stays under way until
// that is done, so that nobody sends it again.
func (c *connection) settle(fl *flight) {
	if fl.settling {
		return
	}
	if !fl.f.Complete() {
		fl.early = c.offset // finish goes on
		return
	}
	if c.at == fl.f {
		c.finishNow(fl)
	}
	fl.settling, c.settled = true, true
	c.u.over()
	c.u.mu.Unlock()
	err := fl.f.Advance(spool.Persisted)
	c.u.mu.Lock()
	c.u.complain(fl.f, err)
	c.drop(fl)
}

// finishNow is finish before the next Read.
func (c *connection) finishNow(fl *flight) {
	fl.sent = time.Now()
	c.letGo()
}

// drop takes a fragment off the connection.
func (c *connection) drop(fl *flight) {
	c.flights = slices.DeleteFunc(c.flights, func(x *flight) bool { return x == fl })
	delete(c.u.marks, fl.f)
	c.u.more.Broadcast()
}

// tell tells the spool how far the service is.
func (u *Uploader) tell(f *spool.Fragment, to spool.Stage) { u.complain(f, f.Advance(to)) }

func (u *Uploader) complain(f *spool.Fragment, err error) {
	if err != nil && !errors.Is(err, spool.ErrGone) {
		u.o.Log.Warn("uploading: the spool", "take", f.Take().ID(), "fragment", f.Number(), "err", err)
	}
}

// disconnect ends a connection: what was under way goes back in line.
func (u *Uploader) disconnect(c *connection, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	c.closed = true
	if c.watch != nil {
		c.watch.Stop()
	}
	if err == nil && c.ended && c.verdict == nil && u.learns() && !c.received.IsZero() {
		u.retention, u.lastAck = keepsNothing, time.Now()
	}
	if u.retention == keepsNothing {
		c.settleReceived()
	}
	c.letGo()
	u.judge(c, err)
	if c.last == nil { // it was never read from
		u.mark(c.begin).conn = nil
	}
	for _, fl := range c.flights {
		u.putBack(fl)
	}
	c.flights = nil
	if c.lane.conn == c {
		c.lane.conn = nil
		if c.lane.live {
			u.resume = false
			if c.last == nil {
				u.edge, u.resume = c.edge, c.resume
			}
		}
		u.turn = liveTurn
	}
	c.lane.puts--
	u.sweep()
	u.more.Broadcast()
}

// putBack puts a fragment back in line. The service may have one that was sent to its end.
func (u *Uploader) putBack(fl *flight) {
	m := u.mark(fl.f)
	m.conn = nil
	whole := !fl.sent.IsZero()
	if whole && u.o.Stored != nil {
		m.doubt, m.since = true, time.Now()
		if u.stopping {
			return // the stage tells the next life that it is in doubt
		}
	}
	u.tell(fl.f, spool.Stored)
}

// sweep forgets marks that say nothing, and those of fragments that have left the spool.
func (u *Uploader) sweep() {
	for f, m := range u.marks {
		if m.conn == nil && (!m.doubt && !m.alone || f.Stage() >= spool.Persisted) {
			delete(u.marks, f)
		}
	}
}
