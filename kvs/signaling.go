package kvs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	"golang.org/x/sync/singleflight"
)

// Seat is a peer's place on a signaling channel: the master's, or that of the viewer with an ID.
type Seat struct {
	Channel  string // name
	ClientID string // of a viewer; empty: the master
}

// ICEServer is a TURN server and what it wants to be told.
type ICEServer struct {
	URIs               []string
	Username, Password string
	TTL                time.Duration // from the answer on
}

// seats remember the places of channels, by name and role, and their ARNs, by name.
type seats struct {
	calls  singleflight.Group
	places answers[seatKey, channelPlace]
	arns   answers[string, string]
}

type seatKey struct {
	channel string
	master  bool
}

type channelPlace struct{ arn, wss, https string }

// list takes note of all channels that there are.
func (s *seats) list(all []Channel) {
	arns := make(map[string]string, len(all))
	for _, ch := range all {
		arns[ch.Name] = ch.ARN
	}
	s.arns.replace(arns)
}

func (s *seats) forget(channel string) {
	s.arns.forget(channel)
	s.places.forget(seatKey{channel, true}, seatKey{channel, false})
}

// SignalingURL returns the address of a seat's WebSocket, signed with the account's credentials as they are now: a secret, which
// holds for five minutes. again says that the last one led nowhere: the channel is looked up anew. Calls of SignalingURL and
// ICEServers that are made side by side look it up once.
func (c *Client) SignalingURL(ctx context.Context, s Seat, again bool) (string, error) {
	if again {
		c.seats.forget(s.Channel)
	}
	p, _, err := c.place(ctx, s)
	if err != nil {
		return "", err
	}
	op := "ConnectAsViewer"
	query := url.Values{"X-Amz-ChannelARN": {p.arn}, "X-Amz-Expires": {"299"}}
	if s.ClientID == "" {
		op = "ConnectAsMaster"
	} else {
		query.Set("X-Amz-ClientId", s.ClientID)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.wss+"/?"+strings.ReplaceAll(query.Encode(), "+", "%20"), nil)
	if err != nil {
		return "", c.failChannel(op, s.Channel, err)
	}
	creds, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return "", c.failChannel(op, s.Channel, err)
	}
	signed, _, err := c.signer.PresignHTTP(ctx, creds, r, emptyHash, "kinesisvideo", c.region, time.Now().Add(time.Duration(c.skew.Load())))
	if err != nil {
		return "", c.failChannel(op, s.Channel, err)
	}
	return signed, nil
}

// Sockets returns what the addresses of [Client.SignalingURL] are opened with: it trusts whom the client trusts.
func (c *Client) Sockets() *http.Client { return c.http }

// Authorities are whom the client trusts, for the TURN servers that speak TLS; nil: the system's.
func (c *Client) Authorities() *x509.CertPool { return c.authorities }

// ICEServers returns the TURN servers that the service lends to a seat for some minutes. Their passwords are secrets.
func (c *Client) ICEServers(ctx context.Context, s Seat) ([]ICEServer, error) {
	const op = "GetIceServerConfig"
	for {
		p, remembered, err := c.place(ctx, s)
		if err != nil {
			return nil, err
		}
		in := struct{ ChannelARN, ClientId, Service string }{p.arn, s.ClientID, "TURN"}
		if in.ClientId == "" {
			in.ClientId = "MASTER"
		}
		var out struct {
			IceServerList []struct {
				Uris               []string
				Username, Password string
				Ttl                int
			}
		}
		began := time.Now()
		err = c.failChannel(op, s.Channel, c.post(ctx, p.https+"/v1/get-ice-server-config", in, &out))
		traced(ctx, op, began, err)
		if err != nil {
			if ctx.Err() == nil && moved(err) && remembered {
				c.seats.forget(s.Channel)
				continue
			}
			return nil, err
		}
		servers := make([]ICEServer, 0, len(out.IceServerList))
		for _, one := range out.IceServerList {
			servers = append(servers, ICEServer{one.Uris, one.Username, one.Password, time.Duration(one.Ttl) * time.Second})
		}
		return servers, nil
	}
}

// place returns where a seat's services are, and whether that was remembered from before.
func (c *Client) place(ctx context.Context, s Seat) (p channelPlace, remembered bool, err error) {
	k := seatKey{s.Channel, s.ClientID == ""}
	if p, ok := c.seats.places.get(k); ok {
		return p, true, nil
	}
	found := c.seats.calls.DoChan(fmt.Sprint(k), func() (any, error) {
		if p, ok := c.seats.places.get(k); ok { // by a look that has ended since
			return p, nil
		}
		// Others may wait for this who go on when the first has had enough.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		p, err := c.lookUp(ctx, k)
		if err == nil {
			c.seats.places.put(k, p)
		}
		return p, err
	})
	select {
	case r := <-found:
		if r.Err != nil {
			return channelPlace{}, false, r.Err
		}
		return r.Val.(channelPlace), false, nil
	case <-ctx.Done():
		return channelPlace{}, false, c.failChannel("GetSignalingChannelEndpoint", s.Channel, context.Cause(ctx))
	}
}

func (c *Client) lookUp(ctx context.Context, k seatKey) (channelPlace, error) {
	arn, listed := c.seats.arns.get(k.channel)
	if !listed {
		ch, err := c.DescribeChannel(ctx, k.channel)
		if err != nil {
			return channelPlace{}, err
		}
		arn = ch.ARN
	}
	role := types.ChannelRoleViewer
	if k.master {
		role = types.ChannelRoleMaster
	}
	began := time.Now()
	out, err := c.control.GetSignalingChannelEndpoint(ctx, &kinesisvideo.GetSignalingChannelEndpointInput{
		ChannelARN: &arn,
		SingleMasterChannelEndpointConfiguration: &types.SingleMasterChannelEndpointConfiguration{
			Protocols: []types.ChannelProtocol{types.ChannelProtocolWss, types.ChannelProtocolHttps},
			Role:      role,
		},
	})
	traced(ctx, "GetSignalingChannelEndpoint", began, c.failChannel("GetSignalingChannelEndpoint", k.channel, err))
	if err != nil {
		failed := c.failChannel("GetSignalingChannelEndpoint", k.channel, err)
		if listed && moved(failed) { // it may have been made anew since
			c.seats.forget(k.channel)
			return c.lookUp(ctx, k)
		}
		return channelPlace{}, failed
	}
	p := channelPlace{arn: arn}
	for _, one := range out.ResourceEndpointList {
		address := strings.TrimSuffix(aws.ToString(one.ResourceEndpoint), "/")
		switch one.Protocol {
		case types.ChannelProtocolWss:
			p.wss = address
		case types.ChannelProtocolHttps:
			p.https = address
		}
	}
	if !isAddress(p.wss, "wss", "ws") || !isAddress(p.https, "https", "http") {
		return channelPlace{}, c.failChannel("GetSignalingChannelEndpoint", k.channel, errors.New("the service named no usable addresses for wss and https"))
	}
	return p, nil
}

func isAddress(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.RawQuery != "" {
		return false
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return true
		}
	}
	return false
}
