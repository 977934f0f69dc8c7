package upload

import "time"

const (
	stuckAfter = 5 * time.Second // without a Read
	staleAfter = 5 * time.Second // without an acknowledgement, beside the fragment's length
	watchEvery = time.Second
	maxDelay   = time.Minute
)

// watchOver looks after the connection while something is to happen: it is to be read from, or something is to be acknowledged. The mutex
// is held.
func (c *connection) watchOver() {
	c.watching = true
	if c.watch == nil {
		c.watch = time.AfterFunc(watchEvery, c.inspect)
	} else {
		c.watch.Reset(watchEvery)
	}
}

// inspect gives the connection up when it is dead. Sockets do not tell: one end may be gone for hours without the other
// knowing. Neither is a service alive that takes everything and persists nothing.
func (c *connection) inspect() {
	u := c.u
	u.mu.Lock()
	defer u.mu.Unlock()
	c.watching = false
	if c.closed {
		return
	}
	now := time.Now()
	switch {
	case c.stuck(now):
		c.cancel(errStuck)
	case c.stale(now):
		u.ackDelay = min(max(2*u.ackDelay, staleAfter), maxDelay)
		c.cancel(errStale)
	case !c.reading || len(c.flights) > 0:
		c.watchOver()
	}
}

// stuck reports whether nobody reads.
func (c *connection) stuck(now time.Time) bool {
	switch {
	case c.opened.IsZero():
		return now.Sub(c.made) > c.u.openingPatience()
	case c.ended:
		return len(c.flights) == 0 && now.Sub(c.endedAt) > c.u.patience(0)
	}
	return !c.reading && now.Sub(c.taken) > stuckAfter
}

// openingPatience is how long a connection may take to be made. An attempt that was made while the network was away may hang for long after it is back, so
// most are given up early; each fourth is for networks on which nothing is fast.
func (u *Uploader) openingPatience() time.Duration {
	switch u.trouble.failures % 4 {
	case 0:
		return 5 * time.Second
	case 3:
		return 8 * time.Second
	}
	return 2 * time.Second
}

// stale reports whether an acknowledgement is overdue.
func (c *connection) stale(now time.Time) bool {
	for _, fl := range c.flights {
		patience := c.u.patience(fl.f.Length())
		settled := fl.settling || fl.received && c.u.retention == unknown
		switch {
		case !fl.arrived && now.Sub(fl.began) > patience, !fl.sent.IsZero() && !settled && now.Sub(fl.sent) > patience:
			return true
		}
	}
	return false
}

// patience is how late an acknowledgement may be. On a slow line with deep buffers they come late: what was learned of that counts.
func (u *Uploader) patience(length time.Duration) time.Duration {
	return staleAfter + length + 2*u.ackDelay
}

// learnDelay notes how long after its last byte a fragment was acknowledged. What was learned fades.
func (u *Uploader) learnDelay(fl *flight, now time.Time) {
	var d time.Duration
	if !fl.sent.IsZero() {
		d = now.Sub(fl.sent)
	}
	u.ackDelay = min(max(d, u.ackDelay*9/10), maxDelay)
}
