package kvs_test

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	awscreds "github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/hostile"
	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/localkvs/archive"
)

// startFalsified runs the service behind TLS and a network that can falsify what goes through.
func startFalsified(t *testing.T) (*hostile.Proxy, *kvs.Client) {
	t.Helper()
	dir := t.TempDir()
	kept, err := archive.Open(dir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := localkvs.LoadCredentials(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	storing, stop := context.WithCancel(context.Background())
	stored := make(chan error, 1)
	go func() { stored <- kept.Run(storing) }()
	t.Cleanup(func() {
		stop()
		if err := <-stored; err != nil {
			t.Error(err)
		}
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})

	var service http.Handler
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { service.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	network, err := hostile.Listen(strings.TrimPrefix(server.URL, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := network.Close(); err != nil {
			t.Error(err)
		}
	})
	endpoint := "https://" + network.Addr()
	service = localkvs.New(localkvs.Options{Archive: kept, Secret: keys.Secret, Region: "eu-west-1", Endpoint: endpoint,
		Limits: localkvs.Limits{FragmentsPerSecond: 1000}})
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	c := kvs.New(kvs.Config{Endpoint: endpoint, Region: "eu-west-1", CA: trusted,
		Credentials: awscreds.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	t.Cleanup(c.Close)
	return network, c
}

// What a network falsifies ends the connection, is never stored, and is sent again.
func TestFalsifiedUploadIsNotStored(t *testing.T) {
	leak.Check(t)
	network, c := startFalsified(t)
	if _, err := c.Create(testContext(t), "cam", time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	cam := newCamera()
	r := record(t, c, cam)
	shown := cam.film(t, 0, "persisted fragment", func() bool { return r.take.Figures().Persisted > 0 })
	network.Corrupt(10_000)
	shown = cam.film(t, shown, "failure", func() bool { return r.upload.State().Err != nil })
	network.Restore()
	cam.show(t, shown, shown+35)
	close(cam.frames)
	if err := <-r.done; err != nil {
		t.Fatal(err)
	}
	r.safe(t, pts(shown+34))
	stored(t, c, cam, shown+35)
}
