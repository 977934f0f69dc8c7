package peer

import (
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
)

// headers gives each packet that goes out a header of its own. The responder keeps packets to send them again, at the same time for each
// request, and what stands between it and the network writes numbers into their headers.
type headers struct{ interceptor.NoOp }

// NewInterceptor makes headers its own factory: it has no state.
func (h *headers) NewInterceptor(string) (interceptor.Interceptor, error) { return h, nil }

// header has room for what stands in it.
type header struct {
	rtp.Header
	room [4]rtp.Extension
}

var spareHeaders = sync.Pool{New: func() any { return new(header) }}

// BindLocalStream returns a writer in front of another one, which must not keep headers.
func (*headers) BindLocalStream(_ *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		own := spareHeaders.Get().(*header)
		defer spareHeaders.Put(own)
		own.Header = *h
		own.Extensions = append(own.room[:0], h.Extensions...)
		return w.Write(&own.Header, payload, a)
	})
}
