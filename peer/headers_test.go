package peer

import (
	"sync"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
)

// What is written into a packet's header on its way is not in the packet when it is sent again, also at the same time.
func TestHeadersAreTheirOwn(t *testing.T) {
	var seen sync.Map // number in the header -> whether it was seen
	w := new(headers).BindLocalStream(nil, interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
		if len(h.Extensions) != 1 || h.SequenceNumber != 7 {
			t.Errorf("the header is %+v", h)
		}
		if err := h.SetExtension(2, payload); err != nil {
			t.Error(err)
		}
		if got := h.GetExtension(2); len(got) != 1 || got[0] != payload[0] {
			t.Errorf("the header of packet %v has %v", payload, got)
		}
		seen.Store(payload[0], true)
		return len(payload), nil
	}))
	kept := rtp.Header{SequenceNumber: 7}
	if err := kept.SetExtension(1, []byte{1}); err != nil {
		t.Fatal(err)
	}
	const senders = 20
	var group sync.WaitGroup
	for i := range senders {
		group.Go(func() {
			if _, err := w.Write(&kept, []byte{byte(i)}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(kept.Extensions) != 1 || kept.GetExtension(2) != nil {
		t.Errorf("the header that was kept is %+v", kept)
	}
	for i := range senders {
		if _, ok := seen.Load(byte(i)); !ok {
			t.Errorf("packet %d was not sent", i)
		}
	}
}
