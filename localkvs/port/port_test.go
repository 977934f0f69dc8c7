package port

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/localkvs/ca"
)

type stand struct {
	*testing.T
	port    *Port
	address string
	trust   *tls.Config
}

func newStand(t *testing.T) *stand {
	t.Helper()
	leak.Check(t)
	authority, err := ca.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	s := &stand{T: t, port: New(l, authority.Config(), slog.New(slog.DiscardHandler)), address: l.Addr().String(), trust: &tls.Config{RootCAs: roots}}
	done := make(chan error, 1)
	go func() { done <- s.port.Run() }()
	t.Cleanup(func() {
		_ = s.port.Close() // never fails
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// serveHTTP answers requests with whether they came over TLS.
func (s *stand) serveHTTP() {
	server := &http.Server{ConnContext: Context, Handler: Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.TLS != nil)
	}))}
	done := make(chan error, 1)
	go func() { done <- server.Serve(s.port.HTTP()) }()
	s.Cleanup(func() {
		if err := server.Shutdown(context.Background()); err != nil {
			s.Error(err)
		}
		<-done
	})
}

func (s *stand) dial(secure bool) net.Conn {
	s.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.Fatal(err)
	}
	if secure {
		config := s.trust.Clone()
		config.ServerName = "127.0.0.1"
		conn = tls.Client(conn, config)
	}
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		s.Fatal(err)
	}
	return conn
}

func TestOnePortSpeaksAll(t *testing.T) {
	s := newStand(t)
	s.serveHTTP()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: s.trust}}
	defer client.CloseIdleConnections()
	for scheme, want := range map[string]string{"http": "false", "https": "true"} {
		for range 2 { // the second one on the same connection
			res, err := client.Get(scheme + "://" + s.address)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || string(body) != want {
				t.Errorf("%s: TLS is %s, want %s (%v)", scheme, body, want, err)
			}
		}
	}
	const message = "\x00\x01\x00\x00 a request of STUN"
	for _, secure := range []bool{false, true} {
		theirs := s.dial(secure)
		sent := make(chan error, 1)
		go func() {
			_, err := io.WriteString(theirs, message+"\n")
			sent <- err
		}()
		ours, err := s.port.STUN().Accept()
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(ours).ReadString('\n')
		if err != nil || line != message+"\n" || <-sent != nil {
			t.Errorf("STUN, TLS %v: %q, %v", secure, line, err)
		}
		theirs.Close()
		ours.Close()
	}
}

// Who says nothing does not keep others out, and goes when the port closes.
func TestSilentConnections(t *testing.T) {
	s := newStand(t)
	s.serveHTTP()
	var silent []net.Conn
	for range maxUndecided + 10 {
		silent = append(silent, s.dial(false))
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + s.address)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if _, err := silent[0].Read(make([]byte, 1)); err == nil {
		t.Error("the oldest silent connection is still there")
	}
	_ = s.port.Close() // never fails
	for _, conn := range silent {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Fatal("a silent connection outlives the port")
		}
		conn.Close()
	}
}

// A handshake that fails takes nothing with it.
func TestBrokenHandshake(t *testing.T) {
	s := newStand(t)
	s.serveHTTP()
	conn := s.dial(false)
	if _, err := conn.Write([]byte{recordOfTLS, 3, 1, 0, 6, 'n', 'o', 'n', 'o', 'n', 'o'}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Logf("it was cut: %v", err)
	}
	conn.Close()
	res, err := http.Get("http://" + s.address)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}
