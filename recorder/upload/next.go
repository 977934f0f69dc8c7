package upload

import (
	"time"

	"kinora/recorder/spool"
)

// window is how many fragments of a connection may wait for their acknowledgements.
const window = 256

// advance goes to the next fragment, or ends the connection. It returns false when the connection has to wait. The mutex is held.
func (c *connection) advance(patience time.Time) bool {
	if c.last == nil {
		c.take(c.begin)
		return true
	}
	u := c.u
	if u.stopping || u.pause != "" || c.alone || c.silent(patience) || time.Since(c.made) >= u.o.MaxConnection {
		c.end()
		return true
	}
	if len(c.flights) >= window {
		return false
	}
	var f *spool.Fragment
	var wait bool
	if c.lane.live {
		f, wait = c.nextLive()
	} else {
		f, wait = c.nextInLine()
	}
	switch {
	case wait:
		return false
	case f == nil, !c.fits(f):
		c.end()
	default:
		c.take(f)
	}
	return true
}

// fits reports whether a fragment may follow on this connection.
func (c *connection) fits(f *spool.Fragment) bool {
	m := c.u.marks[f]
	return f.HeadID() == c.headID && f.Time().After(c.last.Time()) && (m == nil || !m.alone)
}

// nextLive returns what follows on the live lane; nil ends the connection unless it is to wait.
func (c *connection) nextLive() (f *spool.Fragment, wait bool) {
	u := c.u
	if u.order != LiveFirst {
		return nil, false
	}
	behind := u.lag()
	if u.takingTurns() && behind <= late && u.hasBacklog() {
		u.turn = backlogTurn
		return nil, false
	}
	f = u.freeAfter(c.last)
	if newest := u.o.Spool.Newest(u.o.Target); f != nil && behind > u.skipAfter() && !u.underWay(newest) {
		u.o.Log.Debug("uploading: the live edge is behind and skips to the newest fragment", "behind", behind)
		f = newest
	}
	return f, f == nil && c.last.Take().Open() || f != nil && u.doubtful(f)
}

// nextInLine returns what follows on the other lane, likewise.
func (c *connection) nextInLine() (f *spool.Fragment, wait bool) {
	u := c.u
	if u.takingTurns() && u.recordingLive() && (u.turn == liveTurn || time.Since(c.opened) >= u.burst()) {
		u.turn = liveTurn
		return nil, false
	}
	f, unclear := u.oldest()
	if f != nil && before(f, c.last) {
		return nil, false // something was left behind: the next connection begins with it
	}
	return f, unclear || f == nil && u.order == InOrder && c.last.Take().Open()
}

// burst is how long the backlog has the line when it takes turns with the live edge.
func (u *Uploader) burst() time.Duration {
	if u.edge == nil {
		return time.Second
	}
	return max(time.Second, u.edge.Length())
}

// lag is how much of what is being recorded was not handed out yet.
func (u *Uploader) lag() time.Duration {
	newest := u.o.Spool.Newest(u.o.Target)
	if newest == nil || !newest.Take().Open() {
		return 0
	}
	from := u.position
	if from.IsZero() {
		from = newest.Time()
	}
	return max(0, newest.Time().Add(newest.Length()).Sub(from))
}
