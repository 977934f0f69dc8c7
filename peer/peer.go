// Package peer speaks WebRTC: a [Viewer] watches the master of a signaling channel, a [Master] shows a [media.Source] to many
// viewers.
//
// Both find the other side over signaling (a [signaling.Channel]), which may be lost while media goes on; the way between them is
// direct or through the TURN servers that the service lends, and is made again by an ICE restart when it is lost. What a viewer
// receives is a media.Source:
//
//	RTP -> jitter (order, requests for what is missing) -> frames -> inlet's queue -> Source.Read
//
// A frame that cannot be completed costs the picture up to the next key frame, which is asked for at once. What a master is given
// it packs once for all viewers, without encoding it again:
//
//	Write -> packed frame, shared -> each seat's queue -> RTP
//
// A seat that is too slow loses frames up to the next key frame. A new viewer gets what has come since the last key frame at once.
package peer

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"kinora/media"
	"kinora/signaling"
)

// Signaling carries what peers say to each other; *signaling.Channel is one. Its events belong to one Viewer or Master.
type Signaling interface {
	Send(context.Context, *signaling.Request) error
	Events() <-chan signaling.Inbound
	State() signaling.State
	Hurry() // says, some times a second, that a way is lost, perhaps with the network
}

// Options of both sides. Signaling is required.
type Options struct {
	Signaling Signaling
	Servers   func(context.Context) ([]signaling.ICEServer, error) // TURN; nil: none
	CA        *x509.CertPool                                       // that vouches for TURN servers by TLS; nil: the system's authorities do
	STUN      []string                                             // URLs
	Codecs    []media.Codec                                        // that are spoken; none: all that can be
	Relay     bool                                                 // only by TURN
	Talk      bool                                                 // a viewer may talk
	Loopback  bool                                                 // the other side may be on this computer, which may have no network
	Log       *slog.Logger                                         // nil discards

	net    transport.Net // of tests; nil: the system's
	dialer *dialer       // nil: pion's own
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CA != nil {
		o.dialer = &dialer{roots: o.CA, secure: make(map[string]bool)}
	}
	return o
}

// silent keeps pion from writing to the standard error; what matters comes back as an error or a state.
var silent = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}

// configuration asks for the servers as they are now.
func (o Options) configuration(ctx context.Context) (webrtc.Configuration, error) {
	c := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle}
	if o.Relay {
		c.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	if len(o.STUN) > 0 {
		c.ICEServers = append(c.ICEServers, webrtc.ICEServer{URLs: o.STUN})
	}
	if o.Servers == nil {
		return c, nil
	}
	servers, err := o.Servers(ctx)
	for _, s := range servers {
		c.ICEServers = append(c.ICEServers, webrtc.ICEServer{URLs: s.URIs, Username: s.Username, Credential: s.Password})
	}
	if o.dialer != nil {
		o.dialer.learn(c.ICEServers)
	}
	return c, err
}

// connection makes a connection, whose way an estimator watches, if it is not nil.
func (o Options) connection(ctx context.Context, way *estimator) (*webrtc.PeerConnection, error) {
	c, err := o.configuration(ctx)
	if err != nil {
		return nil, err
	}
	m := &webrtc.MediaEngine{}
	if err := register(m, o.Codecs); err != nil {
		return nil, err
	}
	r := &interceptor.Registry{}
	if way != nil {
		r.Add(way)
		if err := webrtc.ConfigureTWCCHeaderExtensionSender(m, r); err != nil {
			return nil, err
		}
	}
	if err := webrtc.ConfigureTWCCSenderWithOptions(m, r, twcc.WithLoggerFactory(silent)); err != nil {
		return nil, err
	}
	again, err := nack.NewResponderInterceptor(nack.WithResponderLoggerFactory(silent))
	if err != nil {
		return nil, err
	}
	reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(silent))
	if err != nil {
		return nil, err
	}
	r.Add(&headers{}) // between the responder and what writes into headers
	r.Add(again)
	r.Add(reports)
	s := webrtc.SettingEngine{LoggerFactory: silent}
	s.SetICETimeouts(disconnected, failed, keepAlive)
	s.SetICEMaxBindingRequests(200)
	s.SetIncludeLoopbackCandidate(o.Loopback)
	s.SetHostAcceptanceMinWait(0)
	if o.dialer != nil {
		s.SetICEProxyDialer(o.dialer)
	}
	if o.net != nil {
		s.SetNet(o.net)
		s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	}
	if o.Relay {
		s.SetRelayAcceptanceMinWait(0)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(s)).NewPeerConnection(c)
}
