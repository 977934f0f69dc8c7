package hostile

import (
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"golang.org/x/time/rate"
)

func init() {
	toxics.Register("line", new(line))
	toxics.Register("freeze", new(freeze))
	toxics.Register("falsify", new(falsify))
}

// piece is how much goes through a line at once.
const piece = 4 << 10

// line lets so many bytes a second through in one direction, all connections together, as an uplink does. Toxiproxy's own bandwidth
// is one for each connection.
type line struct {
	Rate int `json:"rate"` // bytes a second

	once  sync.Once
	limit *rate.Limiter
}

func (l *line) Pipe(stub *toxics.ToxicStub) {
	l.once.Do(func() { l.limit = rate.NewLimiter(rate.Limit(l.Rate), 2*piece) })
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
			for len(c.Data) > 0 {
				n := min(piece, len(c.Data))
				next := &stream.StreamChunk{Data: c.Data[:n], Timestamp: c.Timestamp}
				timer := time.NewTimer(l.limit.ReserveN(time.Now(), n).Delay())
				select {
				case <-timer.C:
				case <-stub.Interrupt:
					timer.Stop()
					flush(stub, c)
					return
				}
				c.Data = c.Data[n:]
				select {
				case stub.Output <- next:
				case <-stub.Interrupt:
					flush(stub, next)
					flush(stub, c)
					return
				}
			}
		}
	}
}

// freeze lets nothing through and tells nobody, like a radio link that is gone. When it is removed, what waited goes on.
type freeze struct{}

func (*freeze) Pipe(stub *toxics.ToxicStub) { <-stub.Interrupt }

// falsify flips a bit of one byte in each piece of so many.
type falsify struct {
	Every int `json:"every"`

	mu sync.Mutex
	n  int
}

func (f *falsify) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
			f.mu.Lock()
			f.n += len(c.Data)
			if f.n >= f.Every && len(c.Data) > 0 {
				f.n = 0
				c.Data[len(c.Data)/2] ^= 0x10
			}
			f.mu.Unlock()
			select {
			case stub.Output <- c:
			case <-stub.Interrupt:
				flush(stub, c)
				return
			}
		}
	}
}

// flush hands on what a toxic holds while it is removed: a network loses nothing that TCP has taken. A side that takes nothing any
// more does not get it.
func flush(stub *toxics.ToxicStub, c *stream.StreamChunk) {
	if len(c.Data) > 0 {
		_ = stub.WriteOutput(c, time.Second) // fails when nobody reads, and then nobody misses it
	}
}
