package peer

import (
	"context"
	"net"
	"testing"

	"github.com/pion/turn/v5"

	"kinora/internal/leak"
	"kinora/signaling"
)

// startTURN runs a TURN server on this computer, by UDP and TCP, and returns its port.
func startTURN(t *testing.T, protocol string) (url string) {
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
		conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at = conn.LocalAddr()
		c.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: conn, RelayAddressGenerator: addresses}}
	} else {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at = l.Addr()
		c.ListenerConfigs = []turn.ListenerConfig{{Listener: l, RelayAddressGenerator: addresses}}
	}
	s, err := turn.NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return "turn:" + at.String() + "?transport=" + protocol
}

// With direct ways forbidden a call comes up by TURN.
func TestRelayedCall(t *testing.T) {
	for _, protocol := range []string{"udp", "tcp"} {
		t.Run(protocol, func(t *testing.T) {
			leak.Check(t)
			url := startTURN(t, protocol)
			servers := func(context.Context) ([]signaling.ICEServer, error) {
				return []signaling.ICEServer{{URIs: []string{url}, Username: "viewer", Password: "secret"}}, nil
			}
			x := &exchange{}
			m := startMaster(t, x, nil)
			v := NewViewer(Options{Signaling: x.join("one"), Servers: servers, Relay: true})
			background(t, func(ctx context.Context) { v.Run(ctx) })
			watch(t, v, 50)
			until(t, "the way is said to be relayed", func() bool { return v.Stats().Relayed && m.Seats()[0].Relayed })
		})
	}
}
