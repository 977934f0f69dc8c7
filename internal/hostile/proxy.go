package hostile

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"
)

// Proxy hands on TCP connections to a service and does to them what it is told. Its methods may be called from any goroutine.
//
// Toxiproxy's links carry the bytes, each with one toxic of ours that is there from the beginning (conditions.go). Its server is not
// used, and its toxics are neither added nor removed: when a side breaks while much is on its way, goroutines of a link wait
// for ever to hand something on, and whoever changes toxics then waits for them with a lock held. Here links end in an
// [outlet], which takes everything to the end, so that Close can wait for all of them.
type Proxy struct {
	server   *toxiproxy.ApiServer
	proxy    *toxiproxy.Proxy // never started
	up, down *conditions
	work     sync.WaitGroup // all goroutines

	mu       sync.Mutex // guards what follows; never held while anything waits
	address  string
	upstream string
	listener net.Listener // nil: cut
	open     map[*net.TCPConn]struct{}
	joined   int // connections so far, for their names
}

// Listen starts a proxy on a loopback port of its own in front of the service at an address.
func Listen(upstream string) (*Proxy, error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &Proxy{
		upstream: upstream, server: server, proxy: toxiproxy.NewProxy(server, "hostile", "", upstream),
		up: newConditions(), down: newConditions(), address: "127.0.0.1:0", open: make(map[*net.TCPConn]struct{}),
	}
	for direction, c := range map[string]*conditions{"upstream": p.up, "downstream": p.down} {
		description := fmt.Sprintf(`{"name":%q,"type":"conditions","stream":%q,"toxicity":1,"attributes":{"of":%d}}`, direction, direction, c.number)
		if _, err := p.proxy.Toxics.AddToxicJson(strings.NewReader(description)); err != nil {
			return nil, errors.Join(fmt.Errorf("toxiproxy: %w", err), p.Close())
		}
	}
	if err := p.Rejoin(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Addr is where the proxy listens. It stays the same.
func (p *Proxy) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

// Redirect makes the service at another address the one that connections to come lead to.
func (p *Proxy) Redirect(upstream string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.upstream = upstream
}

// Close ends all connections and returns when nothing of the proxy runs any more. Call it once.
func (p *Proxy) Close() error {
	p.Cut()
	p.up.end()
	p.down.end()
	p.work.Wait()
	return nil
}

// Restore ends all faults. What was frozen goes on.
func (p *Proxy) Restore() error {
	p.up.clear()
	p.down.clear()
	return p.Rejoin()
}

// Rejoin ends Cut, and no other fault.
func (p *Proxy) Rejoin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", p.address)
	if err != nil {
		return fmt.Errorf("the proxy cannot listen at %s: %w", p.address, err)
	}
	p.listener, p.address = l, l.Addr().String()
	p.work.Go(func() { p.accept(l) })
	return nil
}

// Cut closes all connections and refuses new ones until Restore.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close() // ends accept, which is all that it is for
		p.listener = nil
	}
	p.drop()
}

// Reset resets (RST) all connections.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.SetLinger(0) // fails on one that is closed already
	}
	p.drop()
}

// Delay holds everything back for d, give or take jitter, in both directions, until Restore.
func (p *Proxy) Delay(d, jitter time.Duration) {
	p.both(func(c *conditions) { c.delay, c.jitter = d, jitter })
}

// Throttle lets so many bytes a second through in each direction, all connections together, until Restore.
func (p *Proxy) Throttle(bytesPerSecond int) {
	p.both(func(c *conditions) {
		c.line = rate.NewLimiter(rate.Limit(bytesPerSecond), max(2*piece, bytesPerSecond/20))
	})
}

// HalfOpen freezes all connections until Restore: new ones are accepted, nothing goes through, nobody is told.
func (p *Proxy) HalfOpen() {
	p.both(func(c *conditions) { c.frozen = true })
}

// Corrupt flips a bit in about every so many bytes on their way to the service, until Restore.
func (p *Proxy) Corrupt(every int) {
	p.up.change(func() { p.up.every = every })
}

func (p *Proxy) both(set func(*conditions)) {
	for _, c := range []*conditions{p.up, p.down} {
		c.change(func() { set(c) })
	}
}

// drop closes all connections. mu is held.
func (p *Proxy) drop() {
	for c := range p.open {
		c.Close() // whatever was wrong with it, it is gone
	}
	clear(p.open)
}

func (p *Proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return // closed
		}
		p.work.Go(func() { p.join(l, client.(*net.TCPConn)) })
	}
}

// join connects a client with the service, unless there was a Cut meanwhile.
func (p *Proxy) join(l net.Listener, client *net.TCPConn) {
	p.mu.Lock()
	upstream := p.upstream
	p.mu.Unlock()
	c, err := net.Dial("tcp", upstream)
	if err != nil {
		client.Close() // is all that a client learns of a service that is not there
		return
	}
	service := c.(*net.TCPConn)
	p.mu.Lock()
	if p.listener != l {
		p.mu.Unlock()
		client.Close()
		service.Close()
		return
	}
	p.open[client], p.open[service] = struct{}{}, struct{}{}
	p.joined++
	name := fmt.Sprint(p.joined)
	p.work.Add(2)
	p.mu.Unlock()
	p.proxy.Toxics.StartLink(p.server, "up "+name, client, &outlet{proxy: p, from: client, to: service}, stream.Upstream)
	p.proxy.Toxics.StartLink(p.server, "down "+name, service, &outlet{proxy: p, from: service, to: client}, stream.Downstream)
}

// outlet is where a link of toxiproxy ends.
type outlet struct {
	proxy    *Proxy
	from, to *net.TCPConn
	broken   bool
}

// Write never fails: what a broken side does not take is dropped, and the link learns by the end of its other side.
func (o *outlet) Write(b []byte) (int, error) {
	if !o.broken {
		if _, err := o.to.Write(b); err != nil {
			o.broken = true
			o.from.Close() // ends the link's reading
		}
	}
	return len(b), nil
}

// Close is called when the link has handed on all.
func (o *outlet) Close() error {
	o.proxy.mu.Lock()
	delete(o.proxy.open, o.to)
	o.proxy.mu.Unlock()
	o.proxy.work.Done()
	return o.to.Close()
}
