package peer

import (
	"time"

	"github.com/pion/rtp"
)

const (
	ringSize  = 1024                   // packets that can wait behind one that is missing
	mtu       = 1600                   // bytes of a packet, at most
	leastWait = 5 * time.Millisecond   // before a missing packet is asked for: it may only come late
	mostWait  = 40 * time.Millisecond  // likewise, the most
	mostTries = 10                     // requests for one packet
	strangers = 8                      // packets far from all others after which the sender is believed to have begun anew
	leastHope = 200 * time.Millisecond // until a missing packet is given up
	mostHope  = 600 * time.Millisecond
)

// slot is one packet in the ring. Its memory is used again and again.
type slot struct {
	full    bool
	seq     uint16
	time    uint32
	marker  bool
	arrived time.Time
	buf     []byte
	payload []byte // within buf

	// While the packet is missing:
	missed time.Time // when that was noticed; zero: it is not missing
	again  time.Time // when to ask for it
	tries  int
}

// jitter puts packets in order, knows which are missing and when to ask for them again. It has no goroutine and no clock of its
// own: everything that depends on time is told it.
type jitter struct {
	resend bool          // the sender sends again what is asked for
	hope   time.Duration // how long a missing packet is waited for; 0: by the round trip
	rtt    time.Duration
	opens  func(payload []byte) bool // whether a key frame begins with a packet; nil: nobody knows
	torn   bool                      // nothing but a key frame can be used

	ring    [ringSize]slot
	spare   []byte // the packet that is read next goes here
	started bool
	next    uint16 // the packet that is wanted
	newest  uint16
	wait    time.Duration // before the first request
	strange int
	leapt   bool // it began anew, and nobody was told yet

	received, lost, recovered, requested, late uint64
	bytes                                      uint64
}

func newJitter(resend bool, hope time.Duration) *jitter {
	return &jitter{resend: resend, hope: hope, spare: make([]byte, mtu), wait: leastWait}
}

// patience is how long a missing packet is waited for: some round trips, in which it can be asked for several times.
func (j *jitter) patience() time.Duration {
	if j.hope > 0 {
		return j.hope
	}
	return min(mostHope, max(leastHope, 6*j.rtt))
}

// doubt is how long a missing packet is waited for before a key frame, if there is one behind it, is taken in its place, or asked for.
func (j *jitter) doubt() time.Duration { return max(leastHope, j.patience()/2) }

// stuck reports whether a packet has been missing for so long.
func (j *jitter) stuck(now time.Time) bool {
	if !j.started || int16(j.newest-j.next) < 0 {
		return false
	}
	s := &j.ring[j.next%ringSize]
	return !s.full && now.Sub(s.missed) >= j.doubt()
}

// between is the time between two requests for a packet: half a round trip, since the request may be lost as well as the answer, and a
// packet that comes twice costs less than waiting.
func (j *jitter) between() time.Duration {
	return max(20*time.Millisecond, j.rtt/2+10*time.Millisecond)
}

// buffer is where the next packet is to be read into.
func (j *jitter) buffer() []byte { return j.spare }

// put takes the first n bytes of the buffer as a packet. What is no RTP, comes twice or too late is passed over.
func (j *jitter) put(n int, now time.Time) {
	var h rtp.Header
	size, err := h.Unmarshal(j.spare[:n])
	if err != nil {
		return
	}
	payload := j.spare[size:n]
	if h.Padding && len(payload) > 0 {
		payload = payload[:max(0, len(payload)-int(payload[len(payload)-1]))]
	}
	if !j.started {
		j.started, j.next, j.newest = true, h.SequenceNumber, h.SequenceNumber-1
	}
	ahead := int(int16(h.SequenceNumber - j.next))
	if ahead < -ringSize || ahead >= ringSize {
		if j.strange++; j.strange < strangers {
			return
		}
		j.restart(h.SequenceNumber)
		ahead = 0
	}
	j.strange = 0
	if ahead < 0 {
		j.late++
		return
	}
	s := &j.ring[h.SequenceNumber%ringSize]
	if s.full {
		return
	}
	j.received++
	j.bytes += uint64(n)
	j.arrive(s, now)
	j.miss(h.SequenceNumber, now)
	s.full, s.seq, s.time, s.marker, s.arrived = true, h.SequenceNumber, h.Timestamp, h.Marker, now
	s.buf, j.spare = j.spare, s.buf
	s.payload = payload
	if j.spare == nil {
		j.spare = make([]byte, mtu)
	}
}

// arrive takes note of a packet that was missing: one that nobody asked for shows how far packets overtake each other.
func (j *jitter) arrive(s *slot, now time.Time) {
	if s.missed.IsZero() {
		return
	}
	if s.tries > 0 {
		j.recovered++
	} else {
		j.wait = min(mostWait, max(j.wait, now.Sub(s.missed)*5/4))
	}
	s.missed, s.tries = time.Time{}, 0
}

// miss marks the packets between the newest one and seq.
func (j *jitter) miss(seq uint16, now time.Time) {
	for int16(seq-j.newest) > 0 {
		j.newest++
		if j.newest != seq {
			s := &j.ring[j.newest%ringSize]
			s.missed, s.again, s.tries = now, now.Add(j.wait), 0
			j.wait -= (j.wait - leastWait) / 64
		}
	}
}

// restart forgets everything and goes on at seq.
func (j *jitter) restart(seq uint16) {
	for i := range j.ring {
		j.ring[i].full, j.ring[i].missed, j.ring[i].tries = false, time.Time{}, 0
	}
	j.next, j.newest = seq, seq-1
	j.lost++
	j.leapt = true
}

// take returns the next packet, nil when it is not there yet. gap says that packets in front of it were given up. The packet is
// valid until the next put.
func (j *jitter) take(now time.Time) (p *slot, gap bool) {
	gap, j.leapt = j.leapt, false
	for j.started && int16(j.newest-j.next) >= 0 {
		s := &j.ring[j.next%ringSize]
		if s.full {
			s.full = false
			j.next++
			return s, gap
		}
		if j.opens != nil && (j.torn || now.Sub(s.missed) >= j.doubt()) && j.leap() {
			gap = true
			continue
		}
		if now.Sub(s.missed) < j.patience() {
			return nil, gap
		}
		s.missed, s.tries = time.Time{}, 0
		j.next++
		j.lost++
		gap = true
	}
	return nil, gap
}

// leap goes on at the first key frame that is whole, if there is one.
func (j *jitter) leap() bool {
	from := j.next
	for seq := j.next; int16(j.newest-seq) >= 0; seq++ {
		s := &j.ring[seq%ringSize]
		switch before := &j.ring[(seq-1)%ringSize]; {
		case !s.full:
			from = j.next
			continue
		case j.opens(s.payload) && !(before.full && before.time == s.time):
			from = seq
		case from != j.next && j.ring[from%ringSize].time != s.time: // its end was not marked, or never came
			from = j.next
		}
		if from != j.next && s.marker {
			for ; j.next != from; j.next++ {
				s := &j.ring[j.next%ringSize]
				if !s.full {
					j.lost++
				}
				s.full, s.missed, s.tries = false, time.Time{}, 0
			}
			return true
		}
	}
	return false
}

// requests appends the packets that are to be asked for now, and notes that they are.
func (j *jitter) requests(dst []uint16, now time.Time) []uint16 {
	if !j.resend {
		return dst
	}
	for seq := j.next; j.started && int16(j.newest-seq) > 0; seq++ {
		s := &j.ring[seq%ringSize]
		if s.full || s.missed.IsZero() || s.tries >= mostTries || now.Before(s.again) {
			continue
		}
		s.tries++
		s.again = now.Add(j.between())
		j.requested++
		dst = append(dst, seq)
	}
	return dst
}

// due is when something has to be done without a packet; the zero time when nothing has.
func (j *jitter) due() time.Time {
	var at time.Time
	for seq := j.next; j.started && int16(j.newest-seq) > 0; seq++ {
		s := &j.ring[seq%ringSize]
		if s.full || s.missed.IsZero() {
			continue
		}
		first := s.missed.Add(j.patience())
		if j.resend && s.tries < mostTries && s.again.Before(first) {
			first = s.again
		}
		if at.IsZero() || first.Before(at) {
			at = first
		}
	}
	return at
}
