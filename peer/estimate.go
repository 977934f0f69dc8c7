package peer

import (
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
)

const (
	firstBits = 2_000_000  // a second, until something is known
	leastBits = 300_000    // a picture that moves needs them; a way that carries less is given them too
	mostBits  = 50_000_000 // likewise, the most

	period    = 250 * time.Millisecond // in which packets are judged together
	silence   = time.Second            // without a word, after which what was lost meanwhile is not counted: the way was away
	memorable = 15 * time.Second       // for how long, or twice that, the fastest packet is the measure of others
	waitsMost = 100 * time.Millisecond // longer than the fastest, while nothing queues up
	losesMost = 0.1                    // of the packets, before less is sent
	growth    = 0.15                   // a second, while nothing is lost
)

// estimator says what the way to a viewer carries. It is the interceptor that notes when packets go out, and is told by the viewer when they
// came.
//
// Packets queue up where even the one that waited least, in each of two periods in a row, waited long; a computer that is busy delays some of
// them, or all for a moment. Then a little less is sent than came through. Where more are lost than chance takes, less is sent, too.
type estimator struct {
	interceptor.NoOp
	changed func(bits int) // is told what the way carries, in order, and must not block
	began   time.Time

	mu   sync.Mutex
	sent [4096]departure // by their number
	bits int

	since     time.Time // when the period began
	got, lost int       // packets, in it
	bytes     int       // of those that came
	least     time.Duration
	measure   [2]time.Duration // the least before, in this memorable time and in the one before
	turned    time.Time        // to it
	before    int              // bits a second that came through in the period before
	waiting   int              // periods in a row in which packets queued up
	loss      float64          // of the packets, of late
	lessened  time.Time        // for loss
}

// departure is a packet on its way.
type departure struct {
	at     time.Duration // since the estimator began
	size   uint32
	number uint16
	state  state
}

type state uint8

const (
	unused state = iota
	underway
	missing
	arrived
)

const never = time.Duration(1<<63 - 1)

func newEstimator(now time.Time, changed func(bits int)) *estimator {
	e := &estimator{changed: changed, began: now, bits: firstBits}
	e.anew(now)
	return e
}

// NewInterceptor lets an estimator be its connection's interceptor.
func (e *estimator) NewInterceptor(string) (interceptor.Interceptor, error) { return e, nil }

// BindLocalStream notes what goes out.
func (e *estimator) BindLocalStream(s *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	for _, x := range s.RTPHeaderExtensions {
		if x.URI == sdp.TransportCCURI {
			return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
				var n rtp.TransportCCExtension
				if n.Unmarshal(h.GetExtension(uint8(x.ID))) == nil {
					e.note(n.TransportSequence, len(payload)+h.MarshalSize(), time.Now())
				}
				return w.Write(h, payload, a)
			})
		}
	}
	return w
}

func (e *estimator) note(number uint16, size int, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent[int(number)%len(e.sent)] = departure{now.Sub(e.began), uint32(size), number, underway}
}

// report takes what the viewer says of packets. What it says of packets that were not sent is passed over.
func (e *estimator) report(f *rtcp.TransportLayerCC, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	quiet := now.Sub(e.since) > silence
	if quiet {
		e.anew(now)
	}
	number, left, deltas := f.BaseSequenceNumber, f.PacketStatusCount, f.RecvDeltas
	at := time.Duration(f.ReferenceTime) * 64 * time.Millisecond
	status := func(symbol uint16) {
		if left == 0 {
			return
		}
		left--
		came := symbol == rtcp.TypeTCCPacketReceivedSmallDelta || symbol == rtcp.TypeTCCPacketReceivedLargeDelta
		if came && len(deltas) > 0 {
			at += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
			e.arrive(number, at)
		} else if !came && !quiet {
			e.miss(number)
		}
		number++
	}
	for _, c := range f.PacketChunks {
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			for range min(c.RunLength, left) {
				status(c.PacketStatusSymbol)
			}
		case *rtcp.StatusVectorChunk:
			for _, symbol := range c.SymbolList {
				status(symbol)
			}
		}
	}
	if now.Sub(e.since) >= period {
		e.judge(now)
	}
}

func (e *estimator) arrive(number uint16, at time.Duration) {
	d := &e.sent[int(number)%len(e.sent)]
	if d.number != number || d.state == unused || d.state == arrived {
		return
	}
	if d.state == missing { // it was only late, which may be known a period later
		e.lost--
	}
	d.state = arrived
	e.got++
	e.bytes += int(d.size)
	e.least = min(e.least, at-d.at)
}

func (e *estimator) miss(number uint16) {
	if d := &e.sent[int(number)%len(e.sent)]; d.number == number && d.state == underway {
		d.state = missing
		e.lost++
	}
}

// elsewhere takes note that packets go another way from now on, whose fastest packet is another.
func (e *estimator) elsewhere(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.anew(now)
}

// anew forgets how long packets take.
func (e *estimator) anew(now time.Time) {
	e.begin(now)
	e.waiting, e.before, e.turned, e.measure = 0, 0, now, [2]time.Duration{never, never}
}

// begin begins a period.
func (e *estimator) begin(now time.Time) {
	e.since, e.got, e.lost, e.bytes, e.least = now, 0, 0, 0, never
}

// judge ends a period.
func (e *estimator) judge(now time.Time) {
	if e.got == 0 && e.lost <= 0 {
		e.begin(now)
		return
	}
	span := now.Sub(e.since)
	came := int(float64(e.bytes*8) / span.Seconds())
	through := max(came, e.before)
	e.loss = max(0, e.loss+(float64(e.lost)/float64(e.got+max(0, e.lost))-e.loss)/4)
	if e.waited(now) > waitsMost {
		e.waiting++
	} else {
		e.waiting = 0
	}
	bits := e.bits
	switch {
	case e.waiting >= 2:
		bits = min(bits, through*17/20)
	case e.loss > losesMost && now.Sub(e.lessened) >= 4*period:
		bits, e.lessened = int(float64(bits)*(1-e.loss/2)), now
	case e.waiting == 0 && e.loss < losesMost:
		more := float64(bits) * (1 + growth*span.Seconds()*(1-e.loss/losesMost))
		bits = max(bits, min(int(more), through*3/2)) // what was never sent was never carried
	}
	bits = min(mostBits, max(leastBits, bits))
	e.before = came
	e.begin(now)
	if bits != e.bits {
		e.bits = bits
		e.changed(bits)
	}
}

// waited is how much longer than the fastest packet the period's fastest took.
func (e *estimator) waited(now time.Time) time.Duration {
	if now.Sub(e.turned) >= memorable {
		e.turned, e.measure[1], e.measure[0] = now, e.measure[0], never
	}
	if e.least == never {
		return 0
	}
	e.measure[0] = min(e.measure[0], e.least)
	return e.least - min(e.measure[0], e.measure[1])
}
