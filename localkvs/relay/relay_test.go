package relay

import (
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"kinora/internal/leak"
)

const channel = "arn:aws:kinesisvideo:us-east-1:000000000000:channel/door/1"

type stand struct {
	*testing.T
	server  *Server
	address string
}

func newStand(t *testing.T, o Options) *stand {
	t.Helper()
	leak.Check(t)
	for range 20 { // the number that is free by UDP may not be so by TCP
		var err error
		if o.UDP, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		if o.TCP, err = net.Listen("tcp", o.UDP.LocalAddr().String()); err == nil {
			break
		}
		_ = o.UDP.Close() // another is tried
	}
	if o.TCP == nil {
		t.Fatal("no port is free by UDP and by TCP")
	}
	o.Key = []byte("a key of thirty-two bytes, or so")
	server, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &stand{T: t, server: server, address: o.UDP.LocalAddr().String()}
}

// client is a TURN client with credentials that were made at some time, by UDP or by TCP.
func (s *stand) client(at time.Time, network string) *turn.Client {
	s.Helper()
	var conn net.PacketConn
	if network == "tcp" {
		c, err := net.Dial("tcp", s.address)
		if err != nil {
			s.Fatal(err)
		}
		conn = turn.NewSTUNConn(c)
	} else {
		var err error
		if conn, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			s.Fatal(err)
		}
	}
	username, password := s.server.Credentials(channel, at)
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: s.address, TURNServerAddr: s.address, Conn: conn, Username: username, Password: password, RTO: time.Second})
	if err != nil {
		s.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		c.Close()
		_ = conn.Close() // it may be closed
	})
	return c
}

func (s *stand) relay(network string) net.PacketConn {
	s.Helper()
	conn, err := s.client(time.Now(), network).Allocate()
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() }) // the server may be gone
	return conn
}

func (s *stand) send(from net.PacketConn, text string, to net.Addr) {
	s.Helper()
	if _, err := from.WriteTo([]byte(text), to); err != nil {
		s.Fatal(err)
	}
}

// opener makes a relay's permission; whether it passes itself is a matter of timing.
const opener = "lets one in"

func (s *stand) want(at net.PacketConn, text string) net.Addr {
	s.Helper()
	if err := at.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.Fatal(err)
	}
	b := make([]byte, 1500)
	n, from, err := at.ReadFrom(b)
	if err == nil && string(b[:n]) == opener {
		n, from, err = at.ReadFrom(b)
	}
	if err != nil || string(b[:n]) != text {
		s.Fatalf("got %q, %v; want %q", b[:n], err, text)
	}
	return from
}

func bindingMessage(t *testing.T, kind stun.MessageType, id [12]byte) string {
	t.Helper()
	m, err := stun.Build(kind, stun.NewTransactionIDSetter(id))
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Raw)
}

// Two peers that reach nothing but the server talk over it, by UDP and by TCP.
func TestRelaysReachEachOther(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		s := newStand(t, Options{})
		one, two := s.relay(network), s.relay("udp")
		s.send(two, opener, one.LocalAddr())
		s.send(one, "hello", two.LocalAddr())
		from := s.want(two, "hello")
		s.send(two, "hello yourself", from)
		s.want(one, "hello yourself")
		if got := s.server.Stats(); got.Allocations != 2 || got.Bytes == 0 {
			t.Errorf("%s: counted %+v", network, got)
		}
	}
}

// A service that knows nothing of ICE gets nothing but questions of STUN; a peer that answers one gets the rest.
func TestOtherServicesAreOutOfReach(t *testing.T) {
	s := newStand(t, Options{})
	relay := s.relay("udp")
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	id := [12]byte{1, 2, 3}
	question, answer := bindingMessage(t, stun.BindingRequest, id), bindingMessage(t, stun.BindingSuccess, id)
	s.send(relay, "GET / HTTP/1.0", peer.LocalAddr())
	s.send(relay, bindingMessage(t, stun.NewType(stun.MethodAllocate, stun.ClassRequest), id), peer.LocalAddr())
	s.send(relay, question, peer.LocalAddr())
	from := s.want(peer, question) // and nothing before it
	s.send(peer, "not asked for", from)
	s.send(peer, bindingMessage(t, stun.BindingSuccess, [12]byte{9}), from) // answers nothing, and passes as STUN
	s.want(relay, bindingMessage(t, stun.BindingSuccess, [12]byte{9}))
	s.send(relay, "still nothing", peer.LocalAddr())
	s.send(relay, question, peer.LocalAddr())
	s.want(peer, question)
	s.send(peer, answer, from)
	s.want(relay, answer)
	s.send(relay, "media", peer.LocalAddr())
	s.want(peer, "media")
	s.send(peer, "media back", from)
	s.want(relay, "media back")
	if got := s.server.Stats(); got.Barred != 4 {
		t.Errorf("%d packets were barred, want 4", got.Barred)
	}
}

// The server would answer a relay's question itself.
func TestServerIsOutOfReach(t *testing.T) {
	s := newStand(t, Options{})
	relay := s.relay("udp")
	own, err := net.ResolveUDPAddr("udp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	s.send(relay, bindingMessage(t, stun.BindingRequest, [12]byte{1}), own)
	other := s.relay("udp")
	s.send(other, opener, relay.LocalAddr())
	s.send(relay, "after that", other.LocalAddr())
	s.want(other, "after that")
	if got := s.server.Stats(); got.Barred != 1 {
		t.Errorf("%d packets were barred, want 1", got.Barred)
	}
}

func TestOpenRelay(t *testing.T) {
	s := newStand(t, Options{Open: true})
	relay := s.relay("udp")
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	s.send(relay, "anything", peer.LocalAddr())
	s.send(peer, "back", s.want(peer, "anything"))
	s.want(relay, "back")
}

func TestCredentials(t *testing.T) {
	s := newStand(t, Options{Allocations: 2})
	if _, err := s.client(time.Now().Add(-Life-time.Second), "udp").Allocate(); err == nil {
		t.Error("expired credentials get a relay")
	}
	username, password := s.server.Credentials(channel, time.Now())
	if other := (&Server{o: Options{Key: []byte("another key")}}); other.password(username) == password {
		t.Error("a password does not depend on the key")
	}
	for _, bad := range []string{"", "x", ":", "1:?", strconv.FormatInt(time.Now().Unix()+100, 10) + ":bm9ib2R5"} {
		if _, _, ok := s.server.authenticate(&turn.RequestAttributes{Username: bad, Method: stun.MethodAllocate}); ok {
			t.Errorf("the username %q is accepted", bad)
		}
	}
	if _, _, ok := s.server.authenticate(&turn.RequestAttributes{Username: strings.Replace(username, username[:10], "1000000000", 1), Method: stun.MethodRefresh}); !ok {
		t.Error("a relay cannot outlive the credentials that it was begun with")
	}
	s.relay("udp")
	s.relay("udp")
	if _, err := s.client(time.Now(), "udp").Allocate(); err == nil {
		t.Error("a channel gets more relays than it may have")
	}
}

// Nobody is reached at addresses of no single peer.
func TestForbiddenPeers(t *testing.T) {
	s := newStand(t, Options{})
	c := s.client(time.Now(), "udp")
	relay, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	for _, peer := range []net.IP{net.IPv4(224, 0, 0, 251), net.IPv4zero, net.IPv4bcast} {
		if err := c.CreatePermission(&net.UDPAddr{IP: peer, Port: 5353}); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("%v: %v, want 403", peer, err)
		}
	}
	if err := c.CreatePermission(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9}); err != nil {
		t.Error(err)
	}
}

// A server that lends no relays answers STUN.
func TestNoRelays(t *testing.T) {
	s := newStand(t, Options{None: true})
	c := s.client(time.Now(), "udp")
	if _, err := c.SendBindingRequest(); err != nil {
		t.Error(err)
	}
	if _, err := c.Allocate(); err == nil || s.server.Lends() {
		t.Errorf("it lends a relay: %v", err)
	}
}

func TestPortsOfRelays(t *testing.T) {
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	s := newStand(t, Options{MinPort: port, MaxPort: port})
	if err := free.Close(); err != nil { // the relay takes it
		t.Fatal(err)
	}
	if got := netip.MustParseAddrPort(s.relay("udp").LocalAddr().String()).Port(); got != port {
		t.Errorf("the relay has port %d, want %d", got, port)
	}
	if _, err := s.client(time.Now(), "udp").Allocate(); err == nil {
		t.Error("a second relay is outside the range")
	}
	if _, err := New(Options{MinPort: 9, MaxPort: 8}); err == nil {
		t.Error("9 to 8 is a range")
	}
}

func TestBandwidth(t *testing.T) {
	s := newStand(t, Options{Bandwidth: 8 * 1000})
	one, two := s.relay("udp"), s.relay("udp")
	s.send(two, opener, one.LocalAddr())
	for range 100 {
		s.send(one, strings.Repeat("x", 1000), two.LocalAddr())
	}
	s.want(two, strings.Repeat("x", 1000))
	deadline := time.Now().Add(20 * time.Second)
	for s.server.Stats().Throttled == 0 && time.Now().Before(deadline) {
		s.send(one, strings.Repeat("x", 1000), two.LocalAddr())
	}
	if s.server.Stats().Throttled == 0 {
		t.Error("nothing was throttled")
	}
}

// coturn's client, which shares no code with the server.
func TestTurnutils(t *testing.T) {
	program, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Skip("coturn is not installed (Debian: apt-get install coturn)")
	}
	for _, transport := range [][]string{nil, {"-t"}} {
		s := newStand(t, Options{})
		username, password := s.server.Credentials(channel, time.Now())
		host, port, _ := net.SplitHostPort(s.address)
		args := append([]string{"-y", "-c", "-m", "2", "-n", "20", "-l", "200", "-u", username, "-w", password, "-p", port}, transport...)
		out, err := exec.Command(program, append(args, host)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Total lost packets 0 ") {
			t.Errorf("turnutils_uclient %v: %v\n%s", transport, err, out)
		}
	}
}
