package ca

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dir string, hosts ...string) *Authority {
	t.Helper()
	a, err := Open(dir, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// trust says whether a client that trusts the authority accepts what it is shown for a host.
func trust(t *testing.T, a *Authority, address, host string) error {
	t.Helper()
	c, err := a.certificateFor(&net.TCPAddr{IP: net.ParseIP(address), Port: 443})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.PEM()) {
		t.Fatal("the authority's certificate is no PEM")
	}
	_, err = c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, CurrentTime: a.now()})
	return err
}

func TestClientsTrustTheLocalService(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, "hub.example", "203.0.113.7")
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "hub.example", "203.0.113.7"} {
		if err := trust(t, a, "127.0.0.1", host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := trust(t, a, "192.168.1.5", "192.168.1.5"); err != nil {
		t.Errorf("the address that a client connected to: %v", err)
	}
	if err := trust(t, a, "198.51.100.1", "198.51.100.1"); err == nil {
		t.Error("an address of the Internet that was not named is vouched for")
	}
	again := open(t, dir)
	if !bytes.Equal(again.PEM(), a.PEM()) {
		t.Error("a second start has another authority")
	}
	for file, want := range map[string]os.FileMode{"ca.key": 0o600, "ca.pem": 0o644} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", file, info.Mode().Perm(), want)
		}
	}
}

// A stolen key signs nothing that clients would take for a site of the Internet.
func TestAuthorityIsConstrained(t *testing.T) {
	a := open(t, t.TempDir())
	for _, host := range []string{"example.com", "localhost.example.com", "203.0.113.7", "2001:db8::1"} {
		if _, err := a.issue([]string{host}); err == nil {
			t.Errorf("it vouches for %s", host)
		}
	}
	for _, host := range []string{"camera.local", "10.1.2.3", "fd00::1", "hub.home.arpa"} {
		if _, err := a.issue([]string{host}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if !a.certificate.PermittedDNSDomainsCritical {
		t.Error("clients may ignore the constraints")
	}
}

func TestHostThatTheAuthorityMayNotVouchFor(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if _, err := Open(dir, "hub.example"); err == nil || !strings.Contains(err.Error(), "move ca.pem and ca.key away") {
		t.Errorf("error %v", err)
	}
	if _, err := Open(t.TempDir(), "no host"); err == nil {
		t.Error("a host that is none is accepted")
	}
}

func TestDamageIsNamed(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"ca.key is missing": func(dir string) error { return os.Remove(filepath.Join(dir, keyFile)) },
		"ca.pem is damaged": func(dir string) error { return os.WriteFile(filepath.Join(dir, File), []byte("x"), 0o644) },
		"ca.key is damaged": func(dir string) error { return os.WriteFile(filepath.Join(dir, keyFile), []byte("x"), 0o600) },
		"does not belong to ": func(dir string) error {
			return os.Rename(filepath.Join(other(t), keyFile), filepath.Join(dir, keyFile))
		},
	} {
		dir := t.TempDir()
		open(t, dir)
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "away") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func other(t *testing.T) string {
	dir := t.TempDir()
	open(t, dir)
	return dir
}

func TestCertificateIsRenewedInTime(t *testing.T) {
	a := open(t, t.TempDir())
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	serial := func() string {
		c, err := a.certificateFor(at)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	first := serial()
	start := time.Now()
	a.now = func() time.Time { return start.Add(19 * 24 * time.Hour) }
	if serial() != first {
		t.Error("it is renewed too early")
	}
	a.now = func() time.Time { return start.Add(21 * 24 * time.Hour) }
	if serial() == first {
		t.Error("it is not renewed")
	}
	if err := trust(t, a, "127.0.0.1", "localhost"); err != nil {
		t.Errorf("the new one: %v", err)
	}
}

func TestHandshake(t *testing.T) {
	a := open(t, t.TempDir())
	l, err := tls.Listen("tcp", "127.0.0.1:0", a.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			err = c.(*tls.Conn).Handshake()
			_ = c.Close()
		}
		served <- err
	}()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := <-served; err != nil || c.ConnectionState().NegotiatedProtocol != "http/1.1" {
		t.Errorf("%v, protocol %q", err, c.ConnectionState().NegotiatedProtocol)
	}
}
