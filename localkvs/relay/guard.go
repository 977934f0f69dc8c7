package relay

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// guard is a relay's socket, and what may pass by it.
//
// To anybody: Binding requests and answers of STUN, by which ICE finds out whether a peer is there and wants to be called. Anything
// else: to who has answered such a request of this relay's, and to other relays of the server. From anybody: the same. Never: the
// server itself, which would answer.
type guard struct {
	net.PacketConn
	server   *Server
	address  netip.AddrPort
	up, down *rate.Limiter // bytes to peers and from them

	mu       sync.Mutex
	partners map[netip.AddrPort]*partner
}

// partner is a peer that a relay has asked by STUN.
type partner struct {
	asked  [][12]byte // transactions of the newest requests
	agreed bool       // one of them was answered
}

const (
	maxPartners = 64 // of a relay; a call has a handful
	maxAsked    = 32
)

// Types of STUN messages.
const (
	bindingRequest    = 0x0001
	bindingIndication = 0x0011
	bindingSuccess    = 0x0101
	bindingError      = 0x0111
	magicCookie       = 0x2112A442
)

// binding reads the type and transaction of a message of STUN's Binding method that is nothing but that.
func binding(b []byte) (kind uint16, transaction [12]byte, ok bool) {
	if len(b) < 20 || binary.BigEndian.Uint32(b[4:]) != magicCookie || int(binary.BigEndian.Uint16(b[2:])) != len(b)-20 {
		return 0, transaction, false
	}
	kind = binary.BigEndian.Uint16(b)
	copy(transaction[:], b[8:])
	switch kind {
	case bindingRequest, bindingIndication, bindingSuccess, bindingError:
		return kind, transaction, true
	}
	return 0, transaction, false
}

// WriteTo sends a client's packet to a peer, or drops it: UDP promises nothing.
func (g *guard) WriteTo(b []byte, to net.Addr) (int, error) {
	peer := addrPort(to)
	switch {
	case !g.letOut(b, peer):
		g.server.count(func(s *Stats) { s.Barred++ })
	case !g.up.AllowN(time.Now(), len(b)):
		g.server.count(func(s *Stats) { s.Throttled++ })
	default:
		g.server.count(func(s *Stats) { s.Bytes += uint64(len(b)) })
		return g.PacketConn.WriteTo(b, to)
	}
	return len(b), nil
}

func (g *guard) letOut(b []byte, peer netip.AddrPort) bool {
	if peer.Port() == g.server.own && (peer.Addr().IsLoopback() || peer.Addr() == g.address.Addr()) || peer.Addr().IsMulticast() {
		return false
	}
	if g.server.o.Open || g.server.isRelay(peer) {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.partners[peer]
	kind, transaction, ok := binding(b)
	if !ok {
		return p != nil && p.agreed
	}
	if kind != bindingRequest {
		return true
	}
	if p == nil {
		if len(g.partners) >= maxPartners && !g.forgetOne() {
			return false
		}
		p = new(partner)
		g.partners[peer] = p
	}
	if !p.agreed {
		p.asked = append(p.asked[max(0, len(p.asked)-maxAsked+1):], transaction)
	}
	return true
}

// forgetOne makes room by forgetting somebody who has not answered.
func (g *guard) forgetOne() bool {
	for peer, p := range g.partners {
		if !p.agreed {
			delete(g.partners, peer)
			return true
		}
	}
	return false
}

// ReadFrom receives the next packet that a client may have.
func (g *guard) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := g.PacketConn.ReadFrom(b)
		switch {
		case err != nil:
			return n, from, err
		case !g.letIn(b[:n], addrPort(from)):
			g.server.count(func(s *Stats) { s.Barred++ })
		case !g.down.AllowN(time.Now(), n):
			g.server.count(func(s *Stats) { s.Throttled++ })
		default:
			g.server.count(func(s *Stats) { s.Bytes += uint64(n) })
			return n, from, nil
		}
	}
}

func (g *guard) letIn(b []byte, peer netip.AddrPort) bool {
	if g.server.o.Open || g.server.isRelay(peer) {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.partners[peer]
	kind, transaction, ok := binding(b)
	if ok && kind == bindingSuccess && p != nil && !p.agreed && slices.Contains(p.asked, transaction) {
		p.agreed, p.asked = true, nil
	}
	return ok || p != nil && p.agreed
}

// Close ends the relay.
func (g *guard) Close() error {
	g.server.mu.Lock()
	delete(g.server.relays, g.address)
	g.server.mu.Unlock()
	return g.PacketConn.Close()
}

func (s *Server) isRelay(peer netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.relays[peer]
	return ok
}

func (s *Server) count(fn func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn(&s.stats)
}

func addrPort(a net.Addr) netip.AddrPort {
	udp, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := udp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
