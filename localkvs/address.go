package localkvs

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// httpsPort is the one that needs no saying. The C client for WebRTC knows no other.
const httpsPort = "443"

// dataEndpoint is the base URL of the service in the scheme that the client uses.
func (s *Service) dataEndpoint(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + s.address(r)
	}
	return "http://" + s.address(r)
}

// address is the host and port that the client already uses, when its Host names a port; C clients leave the port away, and
// get the configured one. A service that listens on all addresses is known to them by the Host.
func (s *Service) address(r *http.Request) string {
	if _, _, err := net.SplitHostPort(r.Host); err == nil {
		return r.Host
	}
	bound := strings.TrimPrefix(s.endpoint, "http://")
	addr, err := netip.ParseAddrPort(bound)
	switch {
	case err != nil:
		return bound
	case r.TLS != nil && strconv.Itoa(int(addr.Port())) == httpsPort:
		return r.Host
	case r.TLS != nil || addr.Addr().IsUnspecified():
		return net.JoinHostPort(strings.Trim(r.Host, "[]"), strconv.Itoa(int(addr.Port())))
	}
	return bound
}
