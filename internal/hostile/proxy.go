package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Proxy hands on TCP connections to a service and does to them what it is told. Its methods may be called from any goroutine.
type Proxy struct {
	mu    sync.Mutex
	proxy *toxiproxy.Proxy
	added int // toxics so far, for their names
}

// Listen starts a proxy on a loopback port of its own in front of the service at an address.
func Listen(upstream string) (*Proxy, error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &Proxy{proxy: toxiproxy.NewProxy(server, "hostile", "127.0.0.1:0", upstream)}
	if err := p.proxy.Start(); err != nil {
		return nil, fmt.Errorf("the proxy cannot listen: %w", err)
	}
	return p, nil
}

// Addr is where the proxy listens. It stays the same.
func (p *Proxy) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proxy.Listen
}

// Close ends all connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.proxy.Stop()
	return nil
}

// Restore ends all faults. What was frozen goes on.
func (p *Proxy) Restore() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.rejoin()
}

// Rejoin ends Cut, and no other fault.
func (p *Proxy) Rejoin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rejoin()
}

func (p *Proxy) rejoin() error {
	if p.proxy.Enabled {
		return nil
	}
	if err := p.proxy.Start(); err != nil {
		return fmt.Errorf("the proxy cannot listen at %s again: %w", p.proxy.Listen, err)
	}
	return nil
}

func (p *Proxy) clear() { p.proxy.Toxics.ResetToxics(context.Background()) }

// Cut closes all connections and refuses new ones until Restore.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.proxy.Stop()
}

// Reset resets (RST) each connection as soon as something is sent on it, for a tenth of a second.
func (p *Proxy) Reset() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	name, err := p.add("reset_peer", "upstream", nil)
	if err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond)
	return p.proxy.Toxics.RemoveToxic(context.Background(), name)
}

// Delay holds everything back for d, give or take jitter, in both directions, until Restore.
func (p *Proxy) Delay(d, jitter time.Duration) error {
	return p.both("latency", map[string]any{"latency": d.Milliseconds(), "jitter": jitter.Milliseconds()})
}

// Throttle lets so many bytes a second through in each direction, all connections together, until Restore.
func (p *Proxy) Throttle(bytesPerSecond int) error {
	return p.both("line", map[string]any{"rate": bytesPerSecond})
}

// HalfOpen freezes all connections until Restore: new ones are accepted, nothing goes through, nobody is told.
func (p *Proxy) HalfOpen() error { return p.both("freeze", nil) }

// Corrupt flips a bit in about every so many bytes on their way to the service, until Restore.
func (p *Proxy) Corrupt(every int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.add("falsify", "upstream", map[string]any{"every": every})
	return err
}

func (p *Proxy) both(kind string, attributes map[string]any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, direction := range []string{"upstream", "downstream"} {
		if _, err := p.add(kind, direction, attributes); err != nil {
			return err
		}
	}
	return nil
}

// add puts a toxic behind those that are there.
func (p *Proxy) add(kind, direction string, attributes map[string]any) (name string, err error) {
	if attributes == nil {
		attributes = map[string]any{}
	}
	p.added++
	name = fmt.Sprintf("%s-%s-%d", kind, direction, p.added)
	description, err := json.Marshal(map[string]any{"name": name, "type": kind, "stream": direction, "toxicity": 1, "attributes": attributes})
	if err != nil {
		return "", err
	}
	if _, err := p.proxy.Toxics.AddToxicJson(bytes.NewReader(description)); err != nil {
		return "", fmt.Errorf("the fault %s: %w", name, err)
	}
	return name, nil
}
