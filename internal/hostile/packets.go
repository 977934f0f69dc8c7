package hostile

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Packets is a UDP relay in front of a server, between which and its clients packets are lost, late and overtake each other.
type Packets struct {
	conn   *net.UDPConn
	server *net.UDPAddr
	work   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	weather Weather
	random  *rand.Rand
	clients map[netip.AddrPort]*net.UDPConn
	lost    int
	passed  int
}

// Weather is what happens to packets, in each direction.
type Weather struct {
	Loss   float64 // of all packets, 0 to 1
	Delay  time.Duration
	Jitter time.Duration // more or less than Delay, at most
	Cut    bool          // nothing passes
}

// maxClients bounds who is served at the same time.
const maxClients = 256

// ListenPackets starts a relay on this machine, in good weather. Loss and jitter are decided by the seed.
func ListenPackets(server string, seed uint64) (*Packets, error) {
	to, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	p := &Packets{conn: conn, server: to, random: rand.New(rand.NewPCG(seed, 2)), clients: make(map[netip.AddrPort]*net.UDPConn)}
	p.work.Go(p.run)
	return p, nil
}

// Addr is where clients find the server.
func (p *Packets) Addr() string { return p.conn.LocalAddr().String() }

// Set changes the weather for what comes from now on.
func (p *Packets) Set(w Weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weather = w
}

// Counts are the packets that were lost, and those that were not.
func (p *Packets) Counts() (lost, passed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost, p.passed
}

// Close ends the relay and waits until it has ended.
func (p *Packets) Close() error {
	p.mu.Lock()
	p.closed = true
	err := p.conn.Close()
	for _, c := range p.clients {
		err = errors.Join(err, c.Close())
	}
	p.mu.Unlock()
	p.work.Wait()
	return err
}

// run takes what clients send.
func (p *Packets) run() {
	b := make([]byte, 1<<16)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		if to := p.client(from); to != nil {
			p.carry(b[:n], func(b []byte) { _, _ = to.Write(b) }) // it may be closed, or the server away
		}
	}
}

// client is the socket by which the server knows a client; nil when there are too many, or none more.
func (p *Packets) client(from netip.AddrPort) *net.UDPConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.clients[from]; c != nil {
		return c
	}
	if p.closed || len(p.clients) >= maxClients {
		return nil
	}
	c, err := net.DialUDP("udp4", nil, p.server)
	if err != nil {
		return nil
	}
	p.clients[from] = c
	p.work.Go(func() {
		b := make([]byte, 1<<16)
		for {
			n, err := c.Read(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil { // else the server was away
				p.carry(b[:n], func(b []byte) { _, _ = p.conn.WriteToUDPAddrPort(b, from) }) // it may be closed
			}
		}
	})
	return c
}

// carry hands a packet on, as the weather is.
func (p *Packets) carry(b []byte, on func([]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.weather
	if p.closed || w.Cut || p.random.Float64() < w.Loss {
		p.lost++
		return
	}
	p.passed++
	late := w.Delay
	if w.Jitter > 0 {
		late += time.Duration((2*p.random.Float64() - 1) * float64(w.Jitter))
	}
	if late <= 0 {
		on(b)
		return
	}
	kept := append([]byte(nil), b...)
	p.work.Add(1)
	time.AfterFunc(late, func() {
		defer p.work.Done()
		on(kept)
	})
}
