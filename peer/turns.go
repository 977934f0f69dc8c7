package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// dialer connects to TURN servers by TCP: by TLS, with the given authorities, to those that are said to speak it.
type dialer struct {
	roots *x509.CertPool

	mu     sync.Mutex
	secure map[string]bool // host:port
}

const dialTime = 10 * time.Second

// learn takes note of servers. A server that speaks both is spoken to by TLS alone: pion asks for an address, and does not say which.
func (d *dialer) learn(servers []webrtc.ICEServer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range servers {
		for _, url := range s.URLs {
			at, ok := strings.CutPrefix(url, "turns:")
			if !ok {
				continue
			}
			at, _, _ = strings.Cut(at, "?")
			if _, _, err := net.SplitHostPort(at); err != nil {
				at = net.JoinHostPort(strings.Trim(at, "[]"), "5349")
			}
			d.secure[at] = true
		}
	}
}

// Dial connects to a server.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTime)
	defer cancel()
	d.mu.Lock()
	secure := d.secure[address]
	d.mu.Unlock()
	if secure {
		return (&tls.Dialer{Config: &tls.Config{RootCAs: d.roots, MinVersion: tls.VersionTLS12}}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}
