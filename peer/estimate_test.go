package peer

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// road is a way of a certain width in simulated time. It reports as viewers do.
type road struct {
	bits   int           // that it carries a second; 0: any
	loss   float64       // by chance
	jitter time.Duration // at most, more or less
	stall  time.Duration // for which now and then nothing comes, then all at once
}

// drive sends as much as an estimator says, at most some bits a second, for a while. waited is how long packets queue up at the end.
func (r road) drive(e *estimator, at time.Time, most int, span time.Duration) (end time.Time, waited time.Duration) {
	const size, step = 1200, time.Millisecond
	random := rand.New(rand.NewPCG(1, 2))
	viewer := twcc.NewRecorder(1)
	type late struct {
		number uint16
		at     time.Time
	}
	var (
		number  uint16
		credit  float64
		free    = at // when the road is
		onRoad  []late
		begin   = at
		stalled time.Time
	)
	for end = at.Add(span); at.Before(end); at = at.Add(step) {
		for credit += float64(min(most, e.bits)) / 8 * step.Seconds(); credit >= size; credit -= size {
			number++
			e.note(number, size, at)
			if random.Float64() < r.loss {
				continue
			}
			if free.Before(at) {
				free = at
			}
			if r.bits > 0 {
				free = free.Add(time.Second * size * 8 / time.Duration(r.bits))
			}
			waited = free.Sub(at)
			there := free.Add(50*time.Millisecond + time.Duration(random.Float64()*2*float64(r.jitter)))
			if r.stall > 0 && random.IntN(100) == 0 && stalled.Before(there) {
				stalled = there.Add(r.stall)
			}
			if there.Before(stalled) {
				there = stalled
			}
			onRoad = append(onRoad, late{number, there})
		}
		left := onRoad[:0]
		for _, l := range onRoad {
			if l.at.After(at) {
				left = append(left, l)
			} else {
				viewer.Record(1, l.number, l.at.Sub(begin).Microseconds())
			}
		}
		onRoad = left
		if at.Sub(begin)%(100*time.Millisecond) == 0 {
			for _, p := range viewer.BuildFeedbackPacket() {
				e.report(p.(*rtcp.TransportLayerCC), at)
			}
		}
	}
	return end, waited
}

func TestEstimate(t *testing.T) {
	for name, c := range map[string]struct {
		road        road
		least, most int
		waits       time.Duration
	}{
		"wide":             {road{}, 3_000_000, 5_000_000, 0},
		"narrow":           {road{bits: 900_000}, 500_000, 1_100_000, 400 * time.Millisecond},
		"narrower":         {road{bits: 400_000, loss: 0.02}, leastBits, 500_000, 600 * time.Millisecond},
		"rough":            {road{loss: 0.05, jitter: 20 * time.Millisecond}, 2_500_000, 5_000_000, 0},
		"to a busy viewer": {road{jitter: 5 * time.Millisecond, stall: 150 * time.Millisecond}, 2_500_000, 8_000_000, 0},
		"hopeless":         {road{loss: 0.6}, leastBits, leastBits, 0},
	} {
		t.Run(name, func(t *testing.T) {
			at := time.Unix(1000, 0)
			told := firstBits
			e := newEstimator(at, func(bits int) { told = bits })
			_, waited := c.road.drive(e, at, 3_000_000, 60*time.Second)
			if e.bits < c.least || e.bits > c.most || e.bits != told {
				t.Errorf("%d bits a second (told: %d), want %d to %d", e.bits, told, c.least, c.most)
			}
			if waited > c.waits {
				t.Errorf("packets wait %v", waited)
			}
		})
	}
}

// A way that was away carries afterwards what it did before, and a longer one is no narrower. How far packets overtake each other is no loss.
func TestEstimateOutlivesACut(t *testing.T) {
	at := time.Unix(1000, 0)
	e := newEstimator(at, func(int) {})
	at, _ = road{}.drive(e, at, 3_000_000, 30*time.Second)
	before := e.bits
	for n := range uint16(2000) { // which nobody hears of
		e.note(40_000+n, 1200, at)
	}
	at = at.Add(10 * time.Second)
	for range 3 {
		at, _ = road{jitter: 40 * time.Millisecond}.drive(e, at, 3_000_000, 10*time.Second)
		if e.bits < before {
			t.Fatalf("%d bits a second before the cut, %d after it", before, e.bits)
		}
	}
}

// What a viewer says wrongly is passed over.
func TestEstimateOfNonsense(t *testing.T) {
	at := time.Unix(1000, 0)
	e := newEstimator(at, func(bits int) { t.Errorf("%d bits a second by nonsense", bits) })
	for n := range uint16(100) {
		e.note(n, 1200, at)
	}
	came := []*rtcp.RecvDelta{{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 250}}
	for _, f := range []*rtcp.TransportLayerCC{
		{},
		{PacketStatusCount: 1, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 8191}}, RecvDeltas: came},
		{PacketStatusCount: 50, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 50}}},
		{BaseSequenceNumber: 60_000, PacketStatusCount: 1, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 1}}, RecvDeltas: came},
		{PacketStatusCount: 3, PacketChunks: []rtcp.PacketStatusChunk{nil, &rtcp.StatusVectorChunk{SymbolList: []uint16{9, 9, 9}}}},
	} {
		e.report(f, at.Add(time.Millisecond))
	}
	if e.got > 1 || e.lost > 3 {
		t.Errorf("%d packets came and %d were lost, by nonsense", e.got, e.lost)
	}
}
