package relay

import (
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// ask sends a request to begin a relay, and returns what its answer says; code is 0 when it succeeds.
func (s *stand) ask(conn net.Conn, username, password, nonce string) (code stun.ErrorCode, next string) {
	s.Helper()
	request, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest),
		stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}},
		stun.NewUsername(username), stun.NewRealm("kinora"), stun.NewNonce(nonce), stun.NewLongTermIntegrity(username, "kinora", password), stun.Fingerprint)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := conn.Write(request.Raw); err != nil {
		s.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.Fatal(err)
	}
	b := make([]byte, 1500)
	n, err := conn.Read(b)
	if err != nil {
		s.Fatal(err)
	}
	answer := &stun.Message{Raw: b[:n]}
	if err := answer.Decode(); err != nil {
		s.Fatal(err)
	}
	var e stun.ErrorCodeAttribute
	if e.GetFrom(answer) == nil {
		code = e.Code
	} else if answer.Type.Class != stun.ClassSuccessResponse {
		s.Errorf("the answer is %v", answer)
	}
	var fresh stun.Nonce
	if fresh.GetFrom(answer) == nil {
		next = fresh.String()
	}
	return code, next
}

// A nonce that this server has not made, or made for too long ago, begins nothing, whoever uses it; who has wrong credentials, or old ones, is told
// that others are wanted, as RFC 8489 says.
func TestWrongCredentials(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			s := newStand(t, Options{})
			conn, err := net.Dial(network, s.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			username, password := s.server.Credentials(channel, time.Now())
			code, nonce := s.ask(conn, username, password, "0123456789abcdef0123456789abcdef")
			if code != stun.CodeStaleNonce || nonce == "" {
				t.Errorf("a foreign nonce is answered by %d with nonce %q, want 438 and a good one", code, nonce)
			}
			old, oldPassword := s.server.Credentials(channel, time.Now().Add(-Life-time.Second))
			for _, wrong := range [][2]string{{username, "wrong"}, {"nobody", password}, {old, oldPassword}} {
				if code, nonce = s.ask(conn, wrong[0], wrong[1], nonce); code != stun.CodeUnauthorized || nonce == "" {
					t.Errorf("%q is answered by %d with nonce %q, want 401 and a good one", wrong, code, nonce)
				}
			}
			if code, _ := s.ask(conn, username, password, nonce); code != 0 {
				t.Errorf("the server's own nonce is answered by %d", code)
			}
		})
	}
}
