package localkvs

import "time"

// edgeTime is how long, beyond the length of a fragment, a live edge counts after the last bytes of what is live. It
// outlasts the pause of a producer that sends fragment by fragment, and the moment in which one connects again.
const edgeTime = 5 * time.Second

// edge is where a stream is live, by its producers' clocks. A recorder that was offline sends what is live over one
// connection and its backlog over another: fragments that lie behind the edge by more than a fragment's length are
// backfill. They are stored, listed and read by number and time like all others, but who watches live is not thrown
// back into the past. A lone upload is live, however old its media are: without anything live the edge is forgotten,
// also for a producer whose clock was set back.
//
// The feed's mutex guards it.
type edge struct {
	producer time.Time     // where the newest live fragment starts
	length   time.Duration // of the last live fragment that was complete
	seen     time.Time     // when the last bytes of a live fragment came
}

func (e *edge) isOver(now time.Time) bool { return now.Sub(e.seen) > edgeTime+e.length }

// isAhead tells whether a fragment that begins now with this producer time is a backfill.
func (e *edge) isAhead(of, now time.Time) bool {
	return !e.isOver(now) && e.producer.Sub(of) > e.length
}

// begin moves the edge to a live fragment that begins now.
func (e *edge) begin(producer, now time.Time) {
	if e.isOver(now) || producer.After(e.producer) {
		e.producer = producer
	}
	e.seen = now
}

// isLive tells whether a fragment is for those who watch live.
func (a *arrival) isLive() bool { return !a.backfill && !a.repeat }

// copies tells whether two arrivals are the same fragment, sent twice.
func (a *arrival) copies(b *arrival) bool {
	return a != b && a.take != "" && a.take == b.take && a.producer.Equal(b.producer)
}
