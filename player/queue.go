package player

import (
	"sync"
	"sync/atomic"
	"time"

	"kinora/media"
)

// timeline is what holds for all packets between two discontinuities.
type timeline struct {
	track  media.Track
	epoch  time.Time // wall time of media time zero; zero when unknown
	serial int       // grows with each
}

// item is a packet in the queue.
type item struct {
	packet  *media.Packet
	arrived time.Time
	line    *timeline
	gap     bool // packets in front of it were dropped
}

// queue is a bounded ring of packets. When it is full the packets in front of its newest key frame are dropped, if
// that makes room; otherwise all of them, and what follows up to the next key frame. Drops are counted.
type queue struct {
	maxBytes int
	ready    chan struct{} // a hint that there is something to look at; capacity 1

	mu      sync.Mutex
	ring    []item
	head, n int
	bytes   int
	err     error // why it was closed
	needKey bool
	gap     bool // the next packet put follows dropped ones
	dropped *atomic.Uint64
}

func newQueue(packets, bytes int, dropped *atomic.Uint64) *queue {
	return &queue{maxBytes: bytes, dropped: dropped, ready: make(chan struct{}, 1), ring: make([]item, packets)}
}

// put adds a packet, or drops by the policy above. It never blocks.
func (q *queue) put(it item) {
	q.mu.Lock()
	if !q.fits(it) {
		q.skip()
	}
	if !q.fits(it) {
		q.drop(q.n)
		q.needKey = true
	}
	if q.needKey && !it.packet.Key {
		q.dropped.Add(1)
		q.gap = true
		q.mu.Unlock()
		return
	}
	q.needKey = false
	it.gap, q.gap = q.gap, false
	q.ring[(q.head+q.n)%len(q.ring)] = it
	q.n++
	q.bytes += len(it.packet.Data)
	q.mu.Unlock()
	q.signal()
}

// fits says whether there is room. A packet that is larger than the bound by itself gets an empty queue.
func (q *queue) fits(it item) bool {
	return q.n == 0 || q.n < len(q.ring) && q.bytes+len(it.packet.Data) <= q.maxBytes
}

// take removes the oldest packet. When there is none it returns false, and the error once the queue is closed.
func (q *queue) take() (it item, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return item{}, false, q.err
	}
	it = q.ring[q.head]
	q.remove()
	return it, true, nil
}

// close makes take return err once the queue is empty.
func (q *queue) close(err error) {
	q.mu.Lock()
	q.err = err
	q.mu.Unlock()
	q.signal()
}

// waiting says whether there is a packet to take.
func (q *queue) waiting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n > 0
}

// skipToKey drops what stands in front of the newest key frame, if there is one.
func (q *queue) skipToKey() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.skip()
}

func (q *queue) skip() {
	for i := q.n - 1; i > 0; i-- {
		if q.ring[(q.head+i)%len(q.ring)].packet.Key {
			q.drop(i)
			return
		}
	}
}

func (q *queue) drop(n int) {
	if n == 0 {
		return
	}
	for range n {
		q.remove()
	}
	q.dropped.Add(uint64(n))
	if q.n > 0 {
		q.ring[q.head].gap = true
	} else {
		q.gap = true
	}
}

func (q *queue) remove() {
	q.bytes -= len(q.ring[q.head].packet.Data)
	q.ring[q.head] = item{}
	q.head = (q.head + 1) % len(q.ring)
	q.n--
}

func (q *queue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}
