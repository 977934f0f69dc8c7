package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/turn/v5"

	"kinora/internal/leak"
	"kinora/localkvs/ca"
	"kinora/signaling"
)

// startTURN runs a TURN server on this computer, by UDP, TCP or TLS, and returns its URL and what ends it.
func startTURN(t *testing.T, protocol, address string, secure *tls.Config) (url string, stop func()) {
	addresses := &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}
	c := turn.ServerConfig{
		Realm: "kinora",
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), a.Username == "viewer"
		},
		LoggerFactory: silent,
	}
	var at net.Addr
	if protocol == "udp" {
		conn, err := net.ListenPacket("udp4", address)
		if err != nil {
			t.Fatal(err)
		}
		at = conn.LocalAddr()
		c.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: conn, RelayAddressGenerator: addresses}}
	} else {
		l, err := net.Listen("tcp4", address)
		if err != nil {
			t.Fatal(err)
		}
		at = l.Addr()
		if protocol == "tls" {
			l = tls.NewListener(l, secure)
		}
		c.ListenerConfigs = []turn.ListenerConfig{{Listener: l, RelayAddressGenerator: addresses}}
	}
	s, err := turn.NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { s.Close() })
	t.Cleanup(stop)
	if protocol == "tls" {
		return "turns:" + at.String() + "?transport=tcp", stop
	}
	return "turn:" + at.String() + "?transport=" + protocol, stop
}

// authority vouches for the TURN servers of a test.
func authority(t *testing.T) *ca.Authority {
	a, err := ca.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// With direct ways forbidden a call comes up by TURN.
func TestRelayedCall(t *testing.T) {
	for _, protocol := range []string{"udp", "tcp", "tls"} {
		t.Run(protocol, func(t *testing.T) {
			leak.Check(t)
			vouching := authority(t)
			url, _ := startTURN(t, protocol, "127.0.0.1:0", vouching.Config())
			servers := func(context.Context) ([]signaling.ICEServer, error) {
				return []signaling.ICEServer{{URIs: []string{url}, Username: "viewer", Password: "secret"}}, nil
			}
			x := &exchange{}
			m := startMaster(t, x, nil)
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(vouching.PEM())
			v := NewViewer(Options{Signaling: x.join("one"), Servers: servers, CA: roots, Relay: true})
			background(t, func(ctx context.Context) { v.Run(ctx) })
			watch(t, v, 50)
			until(t, "the way is said to be relayed", func() bool { return v.Stats().Relayed && m.Seats()[0].Relayed })
		})
	}
}

// A way that is lost is found again within the same call.
func TestLostWayIsFoundAgain(t *testing.T) {
	leak.Check(t)
	url, cut := startTURN(t, "udp", "127.0.0.1:0", nil)
	servers := func(context.Context) ([]signaling.ICEServer, error) {
		return []signaling.ICEServer{{URIs: []string{url}, Username: "viewer", Password: "secret"}}, nil
	}
	x := &exchange{}
	m := startMaster(t, x, nil)
	v := NewViewer(Options{Signaling: x.join("one"), Servers: servers, Relay: true})
	background(t, func(ctx context.Context) { v.Run(ctx) })
	watch(t, v, 50)
	since := m.Seats()[0].Since
	cut()
	until(t, "the loss is noticed", func() bool { return v.Stats().Restarts > 0 })
	before := v.Stats().Frames
	address, _, _ := strings.Cut(strings.TrimPrefix(url, "turn:"), "?")
	startTURN(t, "udp", address, nil)
	until(t, "pictures come again", func() bool { return v.Stats().Frames > before+50 })
	if seats := m.Seats(); len(seats) != 1 || !seats[0].Since.Equal(since) {
		t.Errorf("seats %+v, want the same call", seats)
	}
}

// When the service says that the TURN servers which it lent may go, others are taken within the call: a way by one of the old ones is looked for
// anew, so that these may go, and a direct one goes on as it is.
func TestOtherServersAreTaken(t *testing.T) {
	for name, relayed := range map[string]bool{"relayed": true, "direct": false} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			first, cut := startTURN(t, "udp", "127.0.0.1:0", nil)
			second, _ := startTURN(t, "udp", "127.0.0.1:0", nil)
			var asked atomic.Int32
			servers := func(context.Context) ([]signaling.ICEServer, error) {
				url := second
				if asked.Add(1) == 1 {
					url = first
				}
				return []signaling.ICEServer{{URIs: []string{url}, Username: "viewer", Password: "secret"}}, nil
			}
			x := &exchange{}
			m := startMaster(t, x, nil)
			e := x.join("one")
			v := NewViewer(Options{Signaling: e, Servers: servers, Relay: relayed, Loopback: true})
			background(t, func(ctx context.Context) { v.Run(ctx) })
			watch(t, v, 50)
			since := m.Seats()[0].Since
			e.events <- signaling.Inbound{Event: &signaling.Event{Type: signaling.ReconnectICEServer}}
			until(t, "others are taken", func() bool { return asked.Load() >= 2 && (v.Stats().Restarts > 0) == relayed })
			before := v.Stats().Frames
			until(t, "pictures go on", func() bool { return v.Stats().Frames > before+100 })
			cut()
			before = v.Stats().Frames
			until(t, "pictures go on without the old server", func() bool { return v.Stats().Frames > before+300 })
			if s := v.Stats(); s.Relayed != relayed {
				t.Errorf("the way is of another kind: %+v", s)
			}
			if seats := m.Seats(); len(seats) != 1 || !seats[0].Since.Equal(since) {
				t.Errorf("seats %+v, want the same call", seats)
			}
		})
	}
}
