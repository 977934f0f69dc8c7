package hostile

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"golang.org/x/time/rate"
)

func init() { toxics.Register("conditions", new(toxic)) }

// toxic puts the conditions of a number on a link. Toxiproxy makes it from its description.
type toxic struct {
	Of uint64 `json:"of"`
}

var (
	numbered sync.Map // uint64: *conditions, of proxies that are open
	numbers  atomic.Uint64
)

const (
	piece = 4 << 10 // bytes that go through at once
	waits = 8       // reads that wait on a link, as in the buffers of a network
)

// conditions are the faults of one direction, of all connections together.
type conditions struct {
	number uint64
	over   chan struct{} // closed with the proxy: nothing waits any more

	mu            sync.Mutex
	changed       chan struct{} // closed at the next change
	delay, jitter time.Duration
	line          *rate.Limiter // bytes; nil: no limit
	frozen        bool
	every         int // bytes, one of which is falsified; 0: none is
	passed        int // bytes since the last that was
}

func newConditions() *conditions {
	c := &conditions{number: numbers.Add(1), over: make(chan struct{}), changed: make(chan struct{})}
	numbered.Store(c.number, c)
	return c
}

// end is called once.
func (c *conditions) end() {
	numbered.Delete(c.number)
	close(c.over)
}

// change sets the faults, and lets go who waited for the old ones.
func (c *conditions) change(set func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *conditions) clear() {
	c.change(func() { c.delay, c.jitter, c.line, c.frozen, c.every = 0, 0, nil, false, 0 })
}

// GetBufferSize lets bytes be on their way while others are held back.
func (*toxic) GetBufferSize() int { return waits }

// Pipe hands on what comes until that ends. The outlet takes everything, so that sending never waits for ever.
func (t *toxic) Pipe(stub *toxics.ToxicStub) {
	defer stub.Close()
	of, ok := numbered.Load(t.Of)
	if !ok { // the proxy was closed before the link had begun
		for range stub.Input {
		}
		return
	}
	c := of.(*conditions)
	for chunk := range stub.Input {
		c.hold(chunk.Timestamp)
		for data := range slices.Chunk(chunk.Data, piece) {
			c.admit(len(data))
			c.falsify(data)
			stub.Output <- &stream.StreamChunk{Data: data, Timestamp: chunk.Timestamp}
		}
	}
	c.thaw() // the end of a connection is not seen through a frozen one either
}

// hold waits until what was sent at a time has been delayed.
func (c *conditions) hold(sent time.Time) {
	c.mu.Lock()
	delay, changed := c.delay, c.changed
	if c.jitter > 0 {
		delay += rand.N(2*c.jitter) - c.jitter
	}
	c.mu.Unlock()
	c.wait(time.Until(sent.Add(delay)), changed)
}

// admit waits until so many bytes may pass.
func (c *conditions) admit(bytes int) {
	c.thaw()
	c.mu.Lock()
	var d time.Duration
	if c.line != nil {
		d = c.line.ReserveN(time.Now(), bytes).Delay()
	}
	changed := c.changed
	c.mu.Unlock()
	c.wait(d, changed)
	c.thaw()
}

// thaw waits while all is frozen.
func (c *conditions) thaw() {
	for {
		c.mu.Lock()
		frozen, changed := c.frozen, c.changed
		c.mu.Unlock()
		if !frozen {
			return
		}
		select {
		case <-changed:
		case <-c.over:
			return
		}
	}
}

func (c *conditions) wait(d time.Duration, changed <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-c.over:
	}
}

// falsify flips a bit when it is time to.
func (c *conditions) falsify(data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.every == 0 {
		return
	}
	if c.passed += len(data); c.passed >= c.every {
		c.passed = 0
		data[len(data)/2] ^= 0x10
	}
}
