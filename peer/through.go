package peer

import (
	"errors"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
)

// through sends at once: a master's frames are sent as they come. What is sent again has a number of its own, by which no stream
// is known, and goes the way of the first.
type through struct {
	mu    sync.RWMutex
	to    map[uint32]interceptor.RTPWriter
	first interceptor.RTPWriter
}

var errNoStream = errors.New("nothing is sent yet")

func (t *through) AddStream(ssrc uint32, w interceptor.RTPWriter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to == nil {
		t.to = make(map[uint32]interceptor.RTPWriter)
		t.first = w
	}
	t.to[ssrc] = w
}

func (t *through) Write(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
	t.mu.RLock()
	w, ok := t.to[h.SSRC]
	if !ok {
		w = t.first
	}
	t.mu.RUnlock()
	if w == nil {
		return 0, errNoStream
	}
	return w.Write(h, payload, a)
}

func (t *through) SetTargetBitrate(int) {}
func (t *through) Close() error         { return nil }
