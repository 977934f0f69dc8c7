package localkvs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/localkvs"
	"kinora/localkvs/kvstest"
)

// serve runs a server on a directory until the test ends, and returns it.
func serve(t *testing.T, o localkvs.ServerOptions) *localkvs.Server {
	t.Helper()
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	server, err := localkvs.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
	})
	return server
}

func target(server *localkvs.Server) kvstest.Target {
	keys := server.Credentials()
	return kvstest.Target{
		Endpoint: server.Endpoint(), Region: "us-east-1", Strict: true,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""),
	}
}

// The same port by TLS: calls, and streams in both directions.
func TestConformanceOfHTTPS(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{FragmentsPerSecond: 1000}})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(server.CA())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	to := target(server)
	to.Endpoint = strings.Replace(to.Endpoint, "http://", "https://", 1)
	to.HTTP = &http.Client{Transport: transport}
	kvstest.Run(t, to, "Requests", "PutMedia", "GetMedia")
}

func TestConformance(t *testing.T) {
	leak.Check(t)
	kvstest.Run(t, target(serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{IdleTime: 30 * time.Second, FragmentsPerSecond: 1000}})))
}
