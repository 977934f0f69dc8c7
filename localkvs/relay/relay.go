// Package relay is the STUN and TURN server of the local service.
//
// Who has credentials, which hold for minutes (credentials.go), gets a relay address. What may pass over it is narrow on purpose
// (guard.go): a relay speaks ICE with whom it likes, and carries anything else only to who has answered that. So calls between any two
// peers work, also on one machine, while other services of this machine and its network cannot be reached over it.
package relay

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"golang.org/x/time/rate"
)

// Options configures a Server. TCP and Key are required; the server owns UDP and TCP.
type Options struct {
	UDP net.PacketConn // STUN and TURN by UDP; nil: there is none
	TCP net.Listener   // and by TCP, with or without TLS
	Key []byte         // that credentials are made with

	Address     netip.Addr // of relays, as peers reach them; 127.0.0.1 when it is none
	MinPort     uint16     // of relays; 0: any port
	MaxPort     uint16
	None        bool // STUN alone: nobody gets a relay
	Open        bool // carries anything to anybody, so that other services can be reached over it
	Allocations int  // of a channel, at once; 50
	Bandwidth   int  // of a relay in each direction, in bits a second; 20 million
}

// Server is a STUN and TURN server that runs until Close.
type Server struct {
	o    Options
	turn *turn.Server
	own  uint16 // the server's own port, by TCP and by UDP

	refusals refusals

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	users  map[string]int // allocations, by user
	relays map[netip.AddrPort]struct{}
	stats  Stats
}

// Stats count what went over a server.
type Stats struct {
	Allocations int    // now
	Bytes       uint64 // carried, both ways
	Barred      uint64 // packets to or from somebody that the guard does not let through
	Throttled   uint64 // packets beyond the bandwidth
}

// maxConns bounds the connections by TCP.
const maxConns = 1000

// New starts a server.
func New(o Options) (*Server, error) {
	if !o.Address.IsValid() {
		o.Address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	o.Allocations, o.Bandwidth = cmp.Or(o.Allocations, 50), cmp.Or(o.Bandwidth, 20_000_000)
	if o.MaxPort < o.MinPort || (o.MinPort == 0) != (o.MaxPort == 0) {
		return nil, fmt.Errorf("%d to %d is not a range of ports", o.MinPort, o.MaxPort)
	}
	s := &Server{o: o, conns: make(map[net.Conn]struct{}), users: make(map[string]int), relays: make(map[netip.AddrPort]struct{})}
	if address, ok := o.TCP.Addr().(*net.TCPAddr); ok {
		s.own = address.AddrPort().Port()
	}
	var byUDP []turn.PacketConnConfig
	if o.UDP != nil {
		byUDP = append(byUDP, turn.PacketConnConfig{PacketConn: packets{o.UDP, &s.refusals}, RelayAddressGenerator: addresses{s}, PermissionHandler: permitted})
	}
	var authenticate turn.AuthHandler // none: turn speaks STUN alone
	if !o.None {
		authenticate = func(r *turn.RequestAttributes) (user string, key []byte, ok bool) {
			if user, key, ok = s.authenticate(r); !ok {
				s.refusals.note(r.SrcAddr)
			}
			return user, key, ok
		}
	}
	var err error
	s.turn, err = turn.NewServer(turn.ServerConfig{
		Realm:             realm,
		AuthHandler:       authenticate,
		QuotaHandler:      func(user, _ string, _ net.Addr) bool { return s.mayAllocate(user) },
		PacketConnConfigs: byUDP,
		ListenerConfigs:   []turn.ListenerConfig{{Listener: listener{o.TCP, s}, RelayAddressGenerator: addresses{s}, PermissionHandler: permitted}},
		LoggerFactory:     &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
		EventHandler: turn.EventHandler{
			OnAuth: func(client, _ net.Addr, _, _, _, _ string, right bool) {
				if !right {
					s.refusals.note(client)
				}
			},
			OnAllocationCreated: func(_, _ net.Addr, _, user, _ string, _ net.Addr, _ int) { s.allocated(user, 1) },
			OnAllocationDeleted: func(_, _ net.Addr, _, user, _ string) { s.allocated(user, -1) },
		},
	})
	if err != nil {
		return nil, fmt.Errorf("the TURN server cannot start: %w", err)
	}
	return s, nil
}

// Lends says whether clients can get relays.
func (s *Server) Lends() bool { return !s.o.None }

// permitted says whether a relay may have a peer at an address. What may pass to one is the guard's to say.
func permitted(_ net.Addr, peer net.IP) bool {
	return !peer.IsMulticast() && !peer.IsUnspecified() && !peer.Equal(net.IPv4bcast)
}

// UDP says whether clients reach the server by UDP, too.
func (s *Server) UDP() bool { return s.o.UDP != nil }

// Close ends the server, its relays and its connections.
func (s *Server) Close() error {
	err := s.turn.Close()
	s.mu.Lock()
	conns := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close() // nothing is lost by it
	}
	return err
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

func (s *Server) mayAllocate(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users[user] < s.o.Allocations
}

func (s *Server) allocated(user string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Allocations += n
	if s.users[user] += n; s.users[user] <= 0 {
		delete(s.users, user)
	}
}

// listener keeps the connections that it gives out, to close them.
type listener struct {
	net.Listener
	server *Server
}

func (l listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		s := l.server
		s.mu.Lock()
		full := len(s.conns) >= maxConns
		c := &tracked{Conn: conn, server: s}
		if !full {
			s.conns[c] = struct{}{}
		}
		s.mu.Unlock()
		if !full {
			return c, nil
		}
		_ = conn.Close() // there are too many
	}
}

type tracked struct {
	net.Conn
	server *Server
}

func (c *tracked) Write(b []byte) (int, error) {
	if _, err := c.Conn.Write(c.server.refusals.answer(b, c.RemoteAddr())); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c *tracked) Close() error {
	c.server.mu.Lock()
	delete(c.server.conns, c)
	c.server.mu.Unlock()
	return c.Conn.Close()
}

// addresses opens relays.
type addresses struct{ server *Server }

// Validate is asked for by turn.
func (addresses) Validate() error { return nil }

var errUDPAlone = errors.New("relays are for UDP alone")

// AllocateListener refuses relays for TCP.
func (addresses) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errUDPAlone
}

// AllocateConn refuses relays for TCP.
func (addresses) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errUDPAlone }

// AllocatePacketConn opens a relay at the port that is asked for, or at a free one of the range.
func (a addresses) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	o := &a.server.o
	if (c.Network == "udp4") != o.Address.Is4() {
		return nil, nil, fmt.Errorf("relays have addresses like %s alone", o.Address)
	}
	const tries = 20
	var conn net.PacketConn
	err := error(nil)
	for range tries {
		port := c.RequestedPort
		if port == 0 && o.MinPort != 0 {
			port = int(o.MinPort) + rand.IntN(int(o.MaxPort-o.MinPort)+1)
		} else if port != 0 && o.MinPort != 0 && (port < int(o.MinPort) || port > int(o.MaxPort)) {
			return nil, nil, fmt.Errorf("port %d is outside the range", port)
		}
		if conn, err = net.ListenPacket(c.Network, net.JoinHostPort(o.Address.String(), strconv.Itoa(port))); err == nil {
			break
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("no port is free for a relay: %w", err)
	}
	address := conn.LocalAddr().(*net.UDPAddr)
	g := &guard{PacketConn: conn, server: a.server, address: address.AddrPort(), partners: make(map[netip.AddrPort]*partner)}
	bytes := o.Bandwidth / 8
	g.up, g.down = rate.NewLimiter(rate.Limit(bytes), max(bytes, 64<<10)), rate.NewLimiter(rate.Limit(bytes), max(bytes, 64<<10))
	a.server.mu.Lock()
	a.server.relays[g.address] = struct{}{}
	a.server.mu.Unlock()
	return g, address, nil
}
