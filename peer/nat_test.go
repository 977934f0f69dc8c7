package peer

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/vnet"
	"github.com/pion/turn/v5"

	"kinora/signaling"
)

// world is a network in memory with a STUN and TURN server, to which houses are connected.
type world struct {
	testing.TB
	router *vnet.Router
	houses int
}

const serverAddress = "1.2.3.4"

// making is held while a router or a computer is made: their hardware addresses are counted without a lock.
var making sync.Mutex

func newWorld(t testing.TB) *world {
	w := &world{TB: t}
	router := w.newRouter(vnet.RouterConfig{CIDR: "0.0.0.0/0"})
	w.router = router
	host := w.host(router, serverAddress)
	// What is in the world is made before it begins to turn: see start.
	t.Cleanup(func() {
		if err := router.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn, err := host.ListenPacket("udp4", serverAddress+":3478")
	if err != nil {
		t.Fatal(err)
	}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "kinora",
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP(serverAddress), Address: "0.0.0.0", Net: host}}},
		LoggerFactory: silent,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) newRouter(c vnet.RouterConfig) *vnet.Router {
	making.Lock()
	defer making.Unlock()
	c.LoggerFactory = silent
	router, err := vnet.NewRouter(&c)
	if err != nil {
		w.Fatal(err)
	}
	return router
}

// host is a computer on a router.
func (w *world) host(router *vnet.Router, address string) *vnet.Net {
	config := &vnet.NetConfig{}
	if address != "" {
		config.StaticIPs = []string{address}
	}
	making.Lock()
	host, err := vnet.NewNet(config)
	making.Unlock()
	if err == nil {
		err = router.AddNet(host)
	}
	if err != nil {
		w.Fatal(err)
	}
	return host
}

// house is a computer behind a NAT of a kind.
func (w *world) house(kind vnet.NATType) *vnet.Net {
	w.houses++
	router := w.newRouter(vnet.RouterConfig{CIDR: fmt.Sprintf("192.168.%d.0/24", w.houses), StaticIPs: []string{fmt.Sprintf("27.1.1.%d", w.houses)}, NATType: &kind})
	if err := w.router.AddRouter(router); err != nil {
		w.Fatal(err)
	}
	return w.host(router, "")
}

func (w *world) start() {
	if err := w.router.Start(); err != nil {
		w.Fatal(err)
	}
}

// options are those of a peer in a house.
func options(e *end, host transport.Net) Options {
	return Options{Signaling: e, STUN: []string{"stun:" + serverAddress + ":3478"}, net: host, Servers: func(context.Context) ([]signaling.ICEServer, error) {
		return []signaling.ICEServer{{URIs: []string{"turn:" + serverAddress + ":3478?transport=udp"}, Username: "one", Password: "secret"}}, nil
	}}
}

const (
	anybody     = vnet.EndpointIndependent
	sameAddress = vnet.EndpointAddrDependent
	samePort    = vnet.EndpointAddrPortDependent
)

var nats = []struct {
	name string
	kind vnet.NATType
}{
	{"full cone", vnet.NATType{MappingBehavior: anybody, FilteringBehavior: anybody}},
	{"address", vnet.NATType{MappingBehavior: anybody, FilteringBehavior: sameAddress}},
	{"port", vnet.NATType{MappingBehavior: anybody, FilteringBehavior: samePort}},
	{"symmetric", vnet.NATType{MappingBehavior: samePort, FilteringBehavior: samePort}},
}

// Through every pair of NATs a call comes up: directly where that is possible, and else by TURN.
func TestNATs(t *testing.T) {
	for _, masters := range nats {
		for _, viewers := range nats {
			t.Run(masters.name+" to "+viewers.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				x := &exchange{}
				master, viewer := w.house(masters.kind), w.house(viewers.kind)
				w.start()
				startMaster(t, x, func(o *MasterOptions) { o.Options = options(x.join(""), master) })
				v := NewViewer(options(x.join("one"), viewer))
				background(t, func(ctx context.Context) { v.Run(ctx) })
				watch(t, v, 50)
				blind := func(a, b vnet.NATType) bool { return a.MappingBehavior == samePort && b.FilteringBehavior == samePort }
				want := blind(masters.kind, viewers.kind) || blind(viewers.kind, masters.kind)
				until(t, "the best way is used", func() bool { return v.Stats().Relayed == want })
			})
		}
	}
}
