package relay

import (
	"net"
	"sync"

	"github.com/pion/stun/v4"
)

// refusals makes of the 400 with which package turn answers wrong credentials the answer of RFC 8489, section 9.2.4: 401 with a realm and a nonce, by
// which a client knows that it wants others. Its methods may be called from any goroutine.
type refusals struct {
	mu    sync.Mutex
	wrong map[string]struct{} // clients whose request, which is answered next, had wrong credentials
	nonce stun.Nonce          // the newest that was given out
}

const realm = "kinora"

// note says that a client's request has wrong credentials.
func (r *refusals) note(client net.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wrong == nil {
		r.wrong = make(map[string]struct{})
	}
	r.wrong[client.String()] = struct{}{}
}

// answer returns what is sent to a client in place of b, which is mostly b itself.
func (r *refusals) answer(b []byte, client net.Addr) []byte {
	if len(b) < 20 || b[0]&0xC1 != 0x01 || b[1]&0x10 == 0 { // no error of STUN's
		return b
	}
	m := stun.Message{Raw: append([]byte(nil), b...)}
	if m.Decode() != nil {
		return b
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var code stun.ErrorCodeAttribute
	_ = r.nonce.GetFrom(&m) // most have none
	_, wrong := r.wrong[client.String()]
	if !wrong {
		return b
	}
	delete(r.wrong, client.String())
	if code.GetFrom(&m) != nil || code.Code != stun.CodeBadRequest {
		return b
	}
	refusal, err := stun.Build(&stun.Message{TransactionID: m.TransactionID}, m.Type, stun.CodeUnauthorized, stun.NewRealm(realm), r.nonce)
	if err != nil {
		return b
	}
	return refusal.Raw
}

// packets are what clients send and get by UDP.
type packets struct {
	net.PacketConn
	refusals *refusals
}

func (p packets) WriteTo(b []byte, to net.Addr) (int, error) {
	if _, err := p.PacketConn.WriteTo(p.refusals.answer(b, to), to); err != nil {
		return 0, err
	}
	return len(b), nil
}
