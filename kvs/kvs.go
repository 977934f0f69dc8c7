// Package kvs is the client of Kinesis Video Streams: of Amazon's service, and of any other that speaks its protocol.
//
// A [Client] serves one account in one region. It manages streams ([Client.Streams], [Client.Create] ...), asks what
// is stored ([Client.List], [Client.LastFragment]), plays that ([Client.Archive] is a [media.Archive]), watches
// ([Client.Live] gives a [media.Opener] on GetMedia) and uploads ([Client.Put] is PutMedia, which the AWS SDK lacks).
// Data endpoints are looked up and remembered by the client; nobody else needs to know that they exist. Of WebRTC it knows
// the signaling channels ([Client.Channels] ...) and what a peer needs to come in ([Client.SignalingURL], [Client.ICEServers]).
//
// Every method may be called from any goroutine, blocks until it is done, and ends early with its context. A failed
// call returns an [*Error], a sentence for people with every secret masked; PutMedia may return an [*AckError]
// instead. [Classify] says of any of them whether to try again, to sign in again or to give up.
//
// The protocol is described at https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_Reference.html.
package kvs

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideomedia"
)

// Config says where the service is and who calls it.
type Config struct {
	Endpoint    string // URL of the service's control plane, such as "http://127.0.0.1:8080"; empty means AWS
	Region      string
	Credentials aws.CredentialsProvider
	CA          *x509.CertPool // certificate authorities to trust; nil means the system's
	Log         *slog.Logger   // nil discards
}

// Client calls the service. Create it with [New].
type Client struct {
	http        *http.Client
	authorities *x509.CertPool
	provider    aws.CredentialsProvider
	credentials *aws.CredentialsCache
	signer      *v4.Signer
	region      string
	control     *kinesisvideo.Client
	media       *kinesisvideomedia.Client
	archive     *kinesisvideoarchivedmedia.Client
	endpoints   answers[endpointKey, string] // where the data of each stream is, by API
	seats       seats
	gates       gates
	idle        idleSessions
	skew        atomic.Int64 // service's clock minus ours, as a time.Duration
	lacking     atomic.Int64 // until when, in ns since 1970, the service is taken for one that has no operations but those of AWS
	staleness   time.Duration
	log         *slog.Logger
}

// agent is the client's name in its requests. The local service answers one of this name, whose requests are whole, at once.
const agent = "Kinora"

// New returns a client. It makes no call: wrong settings show in the first one.
func New(c Config) *Client {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	var base *string
	if c.Endpoint != "" {
		base = &c.Endpoint
	}
	creds := aws.NewCredentialsCache(credentials{c.Credentials})
	client := &http.Client{
		Transport: transport(c.CA),
		// A signature holds for one address only, so there is nothing to gain from following.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	k := &Client{
		http:        client,
		authorities: c.CA,
		provider:    c.Credentials,
		credentials: creds,
		signer:      v4.NewSigner(),
		region:      c.Region,
		staleness:   staleness,
		log:         c.Log,
		control:     kinesisvideo.New(kinesisvideo.Options{Region: c.Region, BaseEndpoint: base, Credentials: creds, HTTPClient: whole{client}, AppID: agent}),
		media:       kinesisvideomedia.New(kinesisvideomedia.Options{Region: c.Region, Credentials: creds, HTTPClient: whole{client}, AppID: agent}),
		archive:     kinesisvideoarchivedmedia.New(kinesisvideoarchivedmedia.Options{Region: c.Region, Credentials: creds, HTTPClient: whole{client}, AppID: agent}),
	}
	k.gates.quotas = ownQuotas
	if c.Endpoint == "" {
		k.gates.quotas = awsQuotas
		k.lacking.Store(never)
	}
	return k
}

// Close drops idle connections. Calls and sources that are under way are not touched, and the client stays usable.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// transport bounds every step up to the answer's header, but not the body, which may last for ever. TCP keep-alive
// finds a dead peer within half a minute while we only listen (GetMedia); PutMedia watches for acks besides.
func transport(ca *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{
		Timeout:         5 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
		Control:         limitUnsent,
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: ca, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       60 * time.Second,
		MaxIdleConnsPerHost:   16,
		DisableCompression:    true,
		WriteBufferSize:       32 << 10, // a picture that is uploaded goes out in one piece, with what HTTP puts around it
	}
}
