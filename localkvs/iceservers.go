package localkvs

import (
	"net"
	"net/http"
	"time"

	"kinora/localkvs/relay"
	"kinora/signaling"
)

type getIceServerConfigIn struct {
	ChannelARN string
	ClientId   string
	Service    string
	Username   string
}

type iceServer struct {
	Uris     []string
	Username string
	Password string
	Ttl      int
}

type getIceServerConfigOut struct{ IceServerList []iceServer }

// getIceServerConfig lends a client of a channel the service's own TURN server, which is on the port that the client has come to.
func getIceServerConfig(s *Service, r *http.Request, in getIceServerConfigIn) (out getIceServerConfigOut, err error) {
	channel, err := s.channel("", in.ChannelARN)
	if err != nil {
		return out, err
	}
	if err := s.quotas.iceConfigs.take(channel.ARN, 1); err != nil {
		return out, err
	}
	if in.ClientId != "" {
		if err := checkName("ClientId", in.ClientId); err != nil {
			return out, err
		}
	}
	if in.Service != "" && in.Service != "TURN" {
		return out, invalidArgument("Service must be TURN.")
	}
	out.IceServerList = []iceServer{}
	if s.relay == nil || !s.relay.Lends() {
		return out, nil
	}
	address := s.address(r)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = address, httpsPort
	}
	if host == "localhost" {
		host = "127.0.0.1" // browsers would try ::1, too, where nobody may listen
	}
	at := net.JoinHostPort(host, port)
	username, password := s.relay.Credentials(channel.ARN, time.Now())
	uris := []string{"turn:" + at + "?transport=udp", "turn:" + at + "?transport=tcp", "turns:" + at + "?transport=tcp"}
	if !s.relay.UDP() {
		uris = uris[1:]
	}
	out.IceServerList = append(out.IceServerList, iceServer{
		Uris:     uris,
		Username: username, Password: password, Ttl: int(relay.Life / time.Second),
	})
	return out, nil
}

type reconnectIceServerIn struct{ ChannelName, ChannelARN string }

type reconnectIceServerOut struct{ Clients int }

// reconnectIceServer, which is this service's own, tells a channel's clients by RECONNECT_ICE_SERVER to connect again and to ask for TURN
// servers anew: before those that were lent go, or become others.
func reconnectIceServer(s *Service, _ *http.Request, in reconnectIceServerIn) (out reconnectIceServerOut, err error) {
	channel, err := s.channel(in.ChannelName, in.ChannelARN)
	if err != nil {
		return out, err
	}
	return reconnectIceServerOut{s.hub.Announce(channel.ARN, signaling.ReconnectICEServer)}, nil
}
