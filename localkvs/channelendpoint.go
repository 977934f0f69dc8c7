package localkvs

import (
	"net/http"
	"slices"

	"kinora/localkvs/channels"
)

type channelEndpointConfiguration struct {
	Protocols []string
	Role      string
}

type getSignalingChannelEndpointIn struct {
	ChannelARN                               string
	SingleMasterChannelEndpointConfiguration *channelEndpointConfiguration
}

type resourceEndpoint struct{ Protocol, ResourceEndpoint string }

type getSignalingChannelEndpointOut struct{ ResourceEndpointList []resourceEndpoint }

// getSignalingChannelEndpoint names one and the same port for every protocol and role.
func getSignalingChannelEndpoint(s *Service, r *http.Request, in getSignalingChannelEndpointIn) (out getSignalingChannelEndpointOut, err error) {
	channel, err := s.channel("", in.ChannelARN)
	if err != nil {
		return out, err
	}
	protocols, err := in.SingleMasterChannelEndpointConfiguration.protocols(channel)
	if err != nil {
		return out, err
	}
	host := s.address(r)
	for _, protocol := range protocols {
		scheme := "https://"
		if protocol == "WSS" {
			scheme = "wss://"
		}
		out.ResourceEndpointList = append(out.ResourceEndpointList, resourceEndpoint{protocol, scheme + host})
	}
	return out, nil
}

// protocols are those that are asked for; without a configuration the two that every client needs.
func (c *channelEndpointConfiguration) protocols(channel channels.Channel) ([]string, error) {
	if c == nil {
		return []string{"WSS", "HTTPS"}, nil
	}
	if c.Role != "" && c.Role != "MASTER" && c.Role != "VIEWER" {
		return nil, invalidArgument("Role must be MASTER or VIEWER.")
	}
	if len(c.Protocols) > 5 {
		return nil, invalidArgument("Protocols must be 1 to 5 of WSS, HTTPS and WEBRTC.")
	}
	if len(c.Protocols) == 0 {
		return []string{"WSS", "HTTPS"}, nil
	}
	var list []string
	for _, protocol := range c.Protocols {
		switch protocol {
		case "WSS", "HTTPS":
		case "WEBRTC":
			if channel.Stream == "" {
				return nil, invalidArgument("There is no WEBRTC endpoint for channel %s, which stores into no stream. UpdateMediaStorageConfiguration says into which.", channel.Name)
			}
		default:
			return nil, invalidArgument("Protocols must be 1 to 5 of WSS, HTTPS and WEBRTC.")
		}
		if !slices.Contains(list, protocol) {
			list = append(list, protocol)
		}
	}
	return list, nil
}
