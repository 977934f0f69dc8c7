package localkvs

import (
	"slices"
	"sync"
	"time"

	"kinora/localkvs/archive"
	"kinora/mkv"
	"kinora/mp4"
)

// unstoredTime is how long a stream with retention 0 keeps its fragments, as the real service does.
const unstoredTime = 5 * time.Minute

// stallTime is how long readers follow a fragment that does not grow while a newer one is there: its producer has
// most likely lost its connection, and the newer fragment comes from the next one.
const stallTime = time.Second

type arrivalState uint8

const (
	arriving arrivalState = iota
	complete
	aborted // its upload broke off; the rest will not come
)

// arrival is a fragment that arrives now or arrived lately. Fields above the line are set before it is seen by
// others and do not change; those below are guarded by the feed's mutex. Slices only grow: a part once published
// keeps its bytes, so that readers hold it without a copy.
type arrival struct {
	number    archive.Number
	server    time.Time
	producer  time.Time
	timecode  uint64
	header    []byte // the MKV head of its upload, verbatim
	lead      []byte // Tags that stood in front of the cluster, verbatim
	take      string // with producer it names the fragment for ever; empty when nothing does
	backfill  bool   // it comes behind the live edge: readers that watch live leave it out
	knownSize bool   // the cluster declares its size, so half of it is of no use to a reader
	head      *mkv.Head
	config    int64 // of its tracks

	cluster []byte
	marks   []mark    // of its frames
	order   mp4.Order // of its pictures
	ordered bool      // order is known
	trail   []byte    // what stood behind the cluster, verbatim
	state   arrivalState
	repeat  bool      // a whole copy of it is there already; no reader gets this one
	stored  bool      // the archive has it too
	unkept  bool      // the archive will never have it: the stream has no retention
	touched time.Time // when the last bytes came
}

// feed is the live side of one stream: its newest fragments, in the order of their numbers, for readers that follow.
type feed struct {
	limits Limits

	mu                       sync.Mutex
	arrivals                 []*arrival
	changed                  chan struct{} // made when a reader waits, closed at the next change
	closed                   bool          // the stream was deleted
	edge                     edge
	meter                    meter
	puts, gets, lists, clips int            // connections
	starts                   []time.Time    // of the latest fragments, for the limit per second
	lost                     archive.Number // the newest fragment that was forgotten although no archive has it
	lastSize                 int            // of a cluster, to size the next one's buffer
	lastMarks                int            // likewise
	coded                    coded          // how the last whole fragment was
	turns                    uint64         // how often a fragment began, ended or was stored
	expiry                   *time.Timer    // trims when the oldest unstored fragment is too old, though no newer one comes
}

func newFeed(l Limits) *feed { return &feed{limits: l} }

// begin publishes a fragment that starts to arrive, unless a whole copy of it is there. The number is drawn under the
// feed's lock, so that readers never see a number after a higher one.
func (f *feed) begin(a *arrival, number func() archive.Number) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.number = number()
	a.touched = a.server
	a.repeat = a.repeat || slices.ContainsFunc(f.arrivals, func(b *arrival) bool { return b.state == complete && b.copies(a) })
	if a.isLive() {
		f.edge.begin(a.producer, a.server)
	}
	a.cluster = make([]byte, 0, f.lastSize+f.lastSize/8+4096)
	f.expect(a)
	f.arrivals = append(f.arrivals, a)
	f.turn()
}

// grow appends bytes of the cluster, which readers may send on at once. The frames in them are marked by where they begin there.
func (f *feed) grow(a *arrival, b []byte, now time.Time, frames ...mark) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.note(frames)
	a.cluster = append(a.cluster, b...)
	a.touched = now
	f.meter.add(now, len(b))
	if a.isLive() {
		f.edge.seen = now
	}
	f.broadcast()
}

// finish completes a fragment of a length. What the archive will not store (retention 0) stays for readers in memory alone.
// Copies of it that still arrive are repeats from here on. It reports whether those who watch live leave the fragment out.
func (f *feed) finish(a *arrival, trail []byte, length time.Duration, now time.Time) (backfill bool) {
	order := a.ownOrder()
	f.mu.Lock()
	defer f.mu.Unlock()
	a.trail = trail
	a.state = complete
	f.learn(a, order)
	a.touched = now
	f.lastSize = len(a.cluster)
	if a.isLive() {
		f.edge.length = length
	}
	for _, b := range f.arrivals {
		b.repeat = b.repeat || b.state == arriving && b.copies(a)
	}
	f.trim(now)
	f.turn()
	return !a.isLive()
}

// abort takes a fragment away from readers: no more of it will come, or it was a repeat, or it could not be stored and will come again.
func (f *feed) abort(a *arrival) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.state = aborted
	f.arrivals = slices.DeleteFunc(f.arrivals, func(b *arrival) bool { return a == b })
	f.turn()
}

// markStored notes that the archive has a fragment, so that memory may forget it. A piece of it, whose place it took there,
// goes.
func (f *feed) markStored(a *arrival, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.stored = true
	f.arrivals = slices.DeleteFunc(f.arrivals, func(b *arrival) bool { return b.stored && b.copies(a) })
	f.trim(now)
	f.turn()
}

// markUnkept notes that the archive will not have a fragment: nothing waits for it.
func (f *feed) markUnkept(a *arrival) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.unkept = true
	f.turn()
}

// trim forgets the oldest complete fragments beyond the limits. Those that wait for the archive are kept.
func (f *feed) trim(now time.Time) {
	var stored, unstored int64
	drop := make(map[*arrival]bool)
	var oldest *arrival // of the unstored ones that stay
	for _, a := range slices.Backward(f.arrivals) {
		switch size := a.size(); {
		case a.state != complete:
		case a.stored:
			stored += size
			drop[a] = stored > f.limits.LiveBytes || a.repeat
		default:
			unstored += size
			if unstored > f.limits.UnstoredBytes || now.Sub(a.touched) >= unstoredTime {
				drop[a] = true
				if a.number.Compare(f.lost) > 0 {
					f.lost = a.number
				}
			} else {
				oldest = a
			}
		}
	}
	f.arrivals = slices.DeleteFunc(f.arrivals, func(a *arrival) bool { return drop[a] })
	if oldest != nil {
		f.trimAgain(oldest.touched.Add(unstoredTime).Sub(now))
	}
}

// trimAgain has trim called once more after some time.
func (f *feed) trimAgain(in time.Duration) {
	if f.expiry != nil {
		f.expiry.Reset(in)
		return
	}
	f.expiry = time.AfterFunc(in, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.trim(time.Now())
	})
}

func (f *feed) broadcast() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// wait returns a channel that closes at the next change of the feed. Ask for it before looking at what is there.
func (f *feed) wait() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ended
	}
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

// ended is what wait returns of a closed feed: there is nothing more to wait for.
var ended = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// close ends everything that goes on with a deleted stream.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, a := range f.arrivals {
		if a.state == arriving {
			a.state = aborted
		}
	}
	f.arrivals = nil
	if f.expiry != nil {
		f.expiry.Stop()
	}
	f.turn()
}

func (f *feed) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// view is what a reader sees of a fragment at one moment.
type view struct {
	cluster, trail []byte
	state          arrivalState
	stalled        bool
	repeat         bool
}

// look sees how far a fragment has come. One that was forgotten since is still seen whole.
func (f *feed) look(a *arrival, now time.Time) view {
	f.mu.Lock()
	defer f.mu.Unlock()
	return view{cluster: a.cluster, trail: a.trail, state: a.state, stalled: f.stalled(a, now), repeat: a.repeat}
}

// stalled tells whether a fragment does not grow although a newer one is there. A live one waits for no backfill.
func (f *feed) stalled(a *arrival, now time.Time) bool {
	if a.state != arriving || now.Sub(a.touched) <= stallTime {
		return false
	}
	for _, b := range slices.Backward(f.arrivals) {
		if b == a {
			return false
		}
		if b.isLive() || a.backfill && !b.repeat {
			return true
		}
	}
	return false
}

// next finds the first fragment that a cursor accepts, without repeats and those that stalled.
func (f *feed) next(c cursor, now time.Time) (*arrival, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.arrivals {
		if !a.repeat && c.accepts(a) && !f.stalled(a, now) {
			return a, true
		}
	}
	return nil, false
}

func (c cursor) accepts(a *arrival) bool {
	switch {
	case c.now && a.backfill:
		return false
	case !c.bySince:
		return a.number.Compare(c.after) > 0
	case c.clock == archive.ProducerTime:
		return !a.producer.Before(c.since)
	default:
		return !a.server.Before(c.since)
	}
}

// lostSince tells whether a fragment after n was forgotten that no archive has.
func (f *feed) lostSince(n archive.Number) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost.Compare(n) > 0
}

// newest returns the highest number of the feed, and the newest live fragment when that still arrives.
func (f *feed) newest() (n archive.Number, live *arrival) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.arrivals) == 0 {
		return n, nil
	}
	n = f.arrivals[len(f.arrivals)-1].number
	for _, a := range slices.Backward(f.arrivals) {
		if a.isLive() {
			if a.state == arriving {
				live = a
			}
			break
		}
	}
	return n, live
}

// admit waits until the stream may start another fragment under the limit per second, or until stop closes. It reports
// whether the fragment, which has this producer time, is a backfill: these leave one place a second to what is live.
func (f *feed) admit(producer time.Time, stop <-chan struct{}) (backfill bool) {
	for {
		f.mu.Lock()
		now := time.Now()
		for len(f.starts) > 0 && now.Sub(f.starts[0]) >= time.Second {
			f.starts = f.starts[1:]
		}
		backfill = f.edge.isAhead(producer, now)
		limit := f.limits.FragmentsPerSecond
		if backfill && limit > 1 {
			limit--
		}
		if len(f.starts) < limit {
			f.starts = append(f.starts, now)
			f.mu.Unlock()
			return backfill
		}
		pause := time.NewTimer(time.Second - now.Sub(f.starts[len(f.starts)-limit]))
		f.mu.Unlock()
		select {
		case <-pause.C:
		case <-stop:
			pause.Stop()
			return backfill
		}
	}
}

// connect counts a connection up, unless the limit is reached; the returned function counts it down.
func (f *feed) connect(count *int, limit int) (release func(), ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *count >= limit {
		return nil, false
	}
	*count++
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		*count--
	}, true
}

// unsettled returns the smallest number among live fragments that will most likely be stored but are not yet. What has larger
// numbers waits for it, so that playlists, which only grow at their end, can have both.
func (f *feed) unsettled(now time.Time) (n archive.Number, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.arrivals {
		if a.isLive() && !a.stored && !a.unkept && !f.stalled(a, now) {
			return a.number, true
		}
	}
	return n, false
}
