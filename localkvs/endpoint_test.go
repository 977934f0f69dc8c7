package localkvs

import (
	"context"
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/localkvs/archive"
)

func TestDataEndpoint(t *testing.T) {
	store, err := archive.Open(t.TempDir(), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Create(archive.Meta{Name: "gate", Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	const one, all = "http://127.0.0.1:8443", "http://[::]:8443"
	for _, c := range []struct{ endpoint, host, want string }{
		{one, "127.0.0.1:9000", "http://127.0.0.1:9000"},
		{one, "127.0.0.1", one},
		{one, "[::1]", one},
		{all, "hub.example:8443", "http://hub.example:8443"},
		{all, "hub.example", "http://hub.example:8443"}, // a C producer on another machine
		{all, "[fe80::1]", "http://[fe80::1]:8443"},
		{one, "localhost:8443", "https://localhost:8443"},
		{one, "localhost", "https://localhost:8443"}, // the certificate is for the name
		{"http://127.0.0.1:443", "localhost", "https://localhost"},
	} {
		s := New(Options{Archive: store, Endpoint: c.endpoint})
		r := httptest.NewRequest("POST", "/getDataEndpoint", nil)
		r.Host = c.host
		if strings.HasPrefix(c.want, "https") {
			r.TLS = &tls.ConnectionState{}
		}
		out, err := getDataEndpoint(s, r, getDataEndpointIn{streamRef{StreamName: "gate"}, "PUT_MEDIA"})
		if err != nil || out.DataEndpoint != c.want {
			t.Errorf("%s, asked as %s: %s, %v, want %s", c.endpoint, c.host, out.DataEndpoint, err, c.want)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestServerOnAllAddressesNamesOne(t *testing.T) {
	leak.Check(t)
	server, err := Listen(ServerOptions{Data: t.TempDir(), Listen: "0.0.0.0:0"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(server.Endpoint(), "http://127.0.0.1:") {
		t.Errorf("the endpoint is %s", server.Endpoint())
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := server.Run(ctx); err != nil {
		t.Fatal(err)
	}
}
