package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	awscreds "github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/signaling"
)

// dial connects a seat of a channel by the client, as the app does.
func dial(t *testing.T, c *kvs.Client, roots *x509.CertPool, s kvs.Seat) (*signaling.Channel, func(context.Context) ([]signaling.ICEServer, error)) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	servers := signaling.NewServers(func(ctx context.Context) ([]signaling.ICEServer, error) {
		all, err := c.ICEServers(ctx, s)
		var lent []signaling.ICEServer
		for _, one := range all {
			lent = append(lent, signaling.ICEServer{URIs: one.URIs, Username: one.Username, Password: one.Password, TTL: int(one.TTL / time.Second)})
		}
		return lent, err
	})
	ch := signaling.New(signaling.Options{
		Address: func(ctx context.Context, again bool) (string, error) { return c.SignalingURL(ctx, s, again) },
		Client:  client,
		Servers: servers,
	})
	t.Cleanup(client.CloseIdleConnections)
	background(t, func(ctx context.Context) { ch.Run(ctx) })
	until(t, "signaling is connected", func() bool {
		if err := ch.State().Err; err != nil {
			t.Fatal(err)
		}
		return ch.State().Connected
	})
	return ch, servers.Get
}

// A call over the project's own service: channel, signatures, WebSockets and TURN servers.
func TestCallOverTheService(t *testing.T) {
	leak.Check(t)
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: t.TempDir(), Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	background(t, func(ctx context.Context) {
		if err := server.Run(ctx); err != nil {
			t.Errorf("the service ended with: %v", err)
		}
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(server.CA())
	keys := server.Credentials()
	c := kvs.New(kvs.Config{Endpoint: server.Endpoint(), Region: "eu-west-1", Credentials: awscreds.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""), CA: roots})
	t.Cleanup(c.Close)
	if _, err := c.CreateChannel(t.Context(), "door", 0); err != nil {
		t.Fatal(err)
	}
	cam := newCamera(t)
	ch, servers := dial(t, c, roots, kvs.Seat{Channel: "door"})
	m := NewMaster(MasterOptions{Options: Options{Signaling: ch, Servers: servers, Loopback: true}, Tracks: cam.Tracks()})
	background(t, func(ctx context.Context) { m.Run(ctx) })
	background(t, func(ctx context.Context) { m.Feed(ctx, cam) })
	ch, servers = dial(t, c, roots, kvs.Seat{Channel: "door", ClientID: "one"})
	v := NewViewer(Options{Signaling: ch, Servers: servers, Loopback: true})
	background(t, func(ctx context.Context) { v.Run(ctx) })
	watch(t, v, 100)
}
