// Package ca is a certificate authority for one machine: it vouches for the local service, so that clients which demand TLS
// need to trust no more than one file.
//
// The authority is made once and kept in the data directory: ca.pem, which clients are given, and ca.key, which stays. By its name
// constraints it can vouch for nothing but this machine, names of local networks and private addresses: whoever steals the key can
// impersonate no site of the Internet. The service's own certificates live in memory and are renewed in time.
package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/internal/atomicfile"
)

const (
	// File is the name of the certificate in the data directory.
	File    = "ca.pem"
	keyFile = "ca.key"

	life = 10 * 365 * 24 * time.Hour
	past = time.Hour // clocks of clients may be late
)

// Authority signs the certificates of the service that runs on a data directory. Its methods may be called from any goroutine.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	hosts       []string // what every certificate is for
	leafKey     *ecdsa.PrivateKey
	now         func() time.Time

	mu     sync.Mutex
	leaves map[string]*leaf // by the address that clients connect to; "" for the loopback ones
}

// Open reads the authority of a data directory, and makes one where there is none. Its certificates are for this machine's names and
// loopback addresses, and for the given hosts, names or addresses. An authority that may not vouch for one of these is an error: hosts
// that are not local must be named when the authority is made.
func Open(dir string, hosts ...string) (*Authority, error) {
	path := filepath.Join(dir, File)
	text, err := os.ReadFile(path)
	a := &Authority{leaves: make(map[string]*leaf), now: time.Now}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = a.make(dir, hosts)
	case err == nil:
		err = a.load(dir, text)
	}
	if err != nil {
		return nil, fmt.Errorf("the certificate authority in %s cannot be used: %w", dir, err)
	}
	if a.leafKey, err = newKey(); err != nil {
		return nil, err
	}
	a.hosts = append(slices.Clone(machine()), hosts...)
	if _, err := a.issue(a.hosts); err != nil {
		return nil, fmt.Errorf("the certificate authority in %s may not vouch for every one of %s: %w; move %s and %s away to have a new one made, and have clients trust that",
			dir, strings.Join(a.hosts, ", "), err, File, keyFile)
	}
	return a, nil
}

// machine returns the names and addresses by which a machine's own clients know it.
func machine() []string {
	list := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil && name != "localhost" && isName(name) {
		list = append(list, strings.ToLower(name))
		if !strings.Contains(name, ".") {
			list = append(list, strings.ToLower(name)+".local")
		}
	}
	return list
}

// isName says whether a host name can stand in a certificate.
func isName(name string) bool {
	return name != "" && len(name) <= 253 && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
}

// Names and networks that do not belong to anybody on the Internet.
var (
	localNames    = []string{"localhost", "local", "internal", "home.arpa"}
	localNetworks = []string{"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"}
)

func (a *Authority) make(dir string, hosts []string) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	names, networks := slices.Clone(localNames), make([]*net.IPNet, 0, len(localNetworks))
	for _, text := range localNetworks {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			return err
		}
		networks = append(networks, network)
	}
	for _, host := range append(machine(), hosts...) {
		if ip := net.ParseIP(host); ip != nil {
			networks = append(networks, single(ip))
		} else if isName(host) {
			names = append(names, strings.ToLower(host))
		} else {
			return fmt.Errorf("%q is neither a name nor an address of a host", host)
		}
	}
	serial := newSerial()
	now := a.now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Kinora"}, CommonName: "Kinora local CA " + hex.EncodeToString(serial.Bytes()[:3])},
		NotBefore: now.Add(-past), NotAfter: now.Add(life),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: names, PermittedIPRanges: networks,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	// The key first: a certificate without its key would be in the way.
	if err := atomicfile.Write(filepath.Join(dir, keyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(dir, File), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return err
	}
	a.certificate, err = x509.ParseCertificate(der)
	a.key = key
	return err
}

func single(ip net.IP) *net.IPNet {
	if four := ip.To4(); four != nil {
		return &net.IPNet{IP: four, Mask: net.CIDRMask(32, 32)}
	}
	return &net.IPNet{IP: ip, Mask: net.CIDRMask(128, 128)}
}

func (a *Authority) load(dir string, text []byte) error {
	secret, err := os.ReadFile(filepath.Join(dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there but %s is missing; move %[1]s away to have a new authority made", File, keyFile)
	}
	if err != nil {
		return err
	}
	damaged := func(file string, err error) error {
		return fmt.Errorf("%s is damaged (%w); move it away to have a new authority made", file, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return damaged(File, errors.New("no PEM"))
	}
	if a.certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
		return damaged(File, err)
	}
	if block, _ = pem.Decode(secret); block == nil {
		return damaged(keyFile, errors.New("no PEM"))
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return damaged(keyFile, err)
	}
	var ok bool
	if a.key, ok = key.(*ecdsa.PrivateKey); !ok || !a.key.PublicKey.Equal(a.certificate.PublicKey) {
		return damaged(keyFile, errors.New("it does not belong to "+File))
	}
	if a.now().After(a.certificate.NotAfter) {
		return fmt.Errorf("%s has expired; move it away to have a new authority made, and have clients trust that", File)
	}
	return nil
}

// PEM returns the certificate that clients are to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func newSerial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}
