package ffmpeg

import (
	"math"
	"sync"
	"time"

	"kinora/media"
)

// How long a live packet waits for an earlier one of the other track. A device whose sound comes later than that is not
// waited for: its packets then follow out of order, none is lost.
const holdLimit = 60 * time.Millisecond

// Where nobody watches, order matters more than when: only a full queue gives it up.
const holdForever = time.Duration(math.MaxInt64)

// How many packets wait for Read. When they are that many the encoders wait too: a file is read more slowly, a device
// loses pictures by itself, a paced input takes a new base.
const queueLimit = 128

// interleaver joins the tracks' packets in decode order. put and end are called by the inputs' goroutines, take by the
// reader; none of them blocks. After each call that changes what others wait for, the channels tell.
type interleaver struct {
	arrived chan struct{} // a packet or an end came
	freed   chan struct{} // there is room again

	mu     sync.Mutex
	tracks map[int]*lane
	queued int
}

type lane struct {
	packets []held
	ended   bool
}

type held struct {
	*media.Packet
	since time.Time
}

func newInterleaver(tracks []media.Track) *interleaver {
	q := &interleaver{
		arrived: make(chan struct{}, 1),
		freed:   make(chan struct{}, 1),
		tracks:  make(map[int]*lane),
	}
	for _, t := range tracks {
		q.tracks[t.ID] = new(lane)
	}
	return q
}

// put adds a packet and reports whether there is room for another.
func (q *interleaver) put(p *media.Packet, now time.Time) (room bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.tracks[p.Track]
	l.packets = append(l.packets, held{p, now})
	q.queued++
	wake(q.arrived)
	return q.queued < queueLimit
}

func (q *interleaver) room() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queued < queueLimit
}

// end says that no more packets of a track come.
func (q *interleaver) end(track int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tracks[track].ended = true
	wake(q.arrived)
}

// take gives the next packet, which has waited at most hold for an earlier one; or how long to wait for it (zero: until
// arrived tells); or ended, when all tracks have ended and nothing is left.
func (q *interleaver) take(now time.Time, hold time.Duration) (p *media.Packet, wait time.Duration, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var next *lane
	ended, complete := true, true
	for _, l := range q.tracks {
		if len(l.packets) == 0 {
			ended = ended && l.ended
			complete = complete && l.ended
			continue
		}
		ended = false
		if next == nil || l.packets[0].DTS < next.packets[0].DTS {
			next = l
		}
	}
	if next == nil {
		return nil, 0, ended
	}
	if waited := now.Sub(next.packets[0].since); !complete && waited < hold && q.queued < queueLimit {
		return nil, hold - waited, false
	}
	p = next.packets[0].Packet
	next.packets[0] = held{}
	next.packets = next.packets[1:]
	q.queued--
	wake(q.freed)
	return p, 0, false
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
