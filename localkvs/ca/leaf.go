package ca

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"time"
)

// leafLife is how long a certificate of the service is good for; a new one is made after two thirds of that.
const leafLife = 30 * 24 * time.Hour

type leaf struct {
	tls.Certificate
	renew time.Time
}

// Config returns what a TLS server needs. Its certificates are for the authority's hosts and for the address that a client has connected to.
func (a *Authority) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1", "stun.turn"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return a.certificateFor(hello.Conn.LocalAddr())
		},
	}
}

func (a *Authority) certificateFor(address net.Addr) (*tls.Certificate, error) {
	host := ""
	if tcp, ok := address.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && a.mayVouchFor(tcp.IP) {
		host = tcp.IP.String()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.leaves[host]; l != nil && a.now().Before(l.renew) {
		return &l.Certificate, nil
	}
	hosts := a.hosts
	if host != "" {
		hosts = append(hosts[:len(hosts):len(hosts)], host)
	}
	l, err := a.issue(hosts)
	if err != nil {
		return nil, err
	}
	a.leaves[host] = l
	return &l.Certificate, nil
}

func (a *Authority) mayVouchFor(ip net.IP) bool {
	for _, network := range a.certificate.PermittedIPRanges {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// issue signs a certificate, and looks at it as a client does.
func (a *Authority) issue(hosts []string) (*leaf, error) {
	now := a.now()
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{Organization: []string{"Kinora"}, CommonName: "Kinora local service"},
		NotBefore: now.Add(-past), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, a.leafKey.Public(), a.key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	if _, err := parsed.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now}); err != nil {
		return nil, err
	}
	return &leaf{
		Certificate: tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: a.leafKey, Leaf: parsed},
		renew:       now.Add(leafLife * 2 / 3),
	}, nil
}
