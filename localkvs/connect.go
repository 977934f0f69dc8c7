package localkvs

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"kinora/localkvs/channels"
	"kinora/localkvs/hub"
	"kinora/localkvs/sigv4"
	"kinora/signaling"
)

// emptyHash is the SHA-256 of nothing.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// seat is a client's place on a channel. Whoever gives no client ID is the master.
func (s *Service) seat(channel channels.Channel, client string) hub.Seat {
	return hub.Seat{Channel: channel.ARN, Client: client, TTL: func() time.Duration {
		if now, ok := s.channels.Lookup(channel.Name); ok {
			return now.MessageTTL
		}
		return channel.MessageTTL
	}}
}

// connect is ConnectAsMaster and ConnectAsViewer: a WebSocket whose address is signed.
func (s *Service) connect(w http.ResponseWriter, r *http.Request) error {
	if err := s.verifier.Verify(r, sigv4.Hashed(emptyHash)); err != nil {
		return err
	}
	query := r.URL.Query()
	channel, err := s.channel("", query.Get("X-Amz-ChannelARN"))
	if err != nil {
		return err
	}
	client := query.Get("X-Amz-ClientId")
	if query.Has("X-Amz-ClientId") {
		if err := checkClient(client); err != nil {
			return err
		}
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return invalidArgument("A signaling channel is connected to by a WebSocket.")
	}
	seat := s.seat(channel, client)
	if err := s.hub.Admit(seat); err != nil {
		return asSignalingError(err)
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,            // pages of any origin connect; the signature says who may
		Subprotocols:       []string{"wss"}, // C clients offer it
	})
	if err != nil {
		s.log.Debug("a WebSocket was not opened", "channel", channel.Name, "error", err)
		return nil // it has been answered
	}
	s.hub.Serve(seat, conn)
	return nil
}

func checkClient(client string) error {
	if err := checkName("ClientId", client); err != nil {
		return err
	}
	if strings.HasPrefix(client, "AWS_") {
		return invalidArgument("ClientId must not begin with AWS_.")
	}
	return nil
}

// asSignalingError gives an error of the hub the name that the API has for it.
func asSignalingError(err error) error {
	switch {
	case errors.Is(err, hub.ErrViewers), errors.Is(err, hub.ErrConnects):
		return &apiError{http.StatusBadRequest, "ClientLimitExceededException", sentence(err)}
	case errors.Is(err, hub.ErrTaken):
		return invalidArgument("%s", sentence(err))
	case errors.Is(err, hub.ErrNoAnswer):
		return &apiError{http.StatusNotFound, "ResourceNotFoundException", sentence(err)}
	case errors.Is(err, hub.ErrClosed):
		return &apiError{http.StatusServiceUnavailable, "ServiceUnavailableException", sentence(err)}
	}
	return &apiError{http.StatusBadRequest, "ClientLimitExceededException", sentence(err)}
}

func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

type sendAlexaOfferToMasterIn struct {
	ChannelARN     string
	SenderClientId string
	MessagePayload string
}

type sendAlexaOfferToMasterOut struct{ Answer string }

// sendAlexaOfferToMaster waits for the master's answer.
func sendAlexaOfferToMaster(s *Service, r *http.Request, in sendAlexaOfferToMasterIn) (out sendAlexaOfferToMasterOut, err error) {
	channel, err := s.channel("", in.ChannelARN)
	if err != nil {
		return out, err
	}
	if err := s.quotas.alexaOffers.take(channel.ARN, 1); err != nil {
		return out, err
	}
	if err := checkClient(in.SenderClientId); err != nil {
		return out, err
	}
	if n := len(in.MessagePayload); n < 1 || n > signaling.MaxPayload {
		return out, invalidArgument("MessagePayload must be 1 to %d characters.", signaling.MaxPayload)
	}
	if _, err := base64.StdEncoding.DecodeString(in.MessagePayload); err != nil {
		return out, invalidArgument("MessagePayload must be base64.")
	}
	if out.Answer, err = s.hub.Ask(r.Context(), s.seat(channel, in.SenderClientId), in.MessagePayload); err != nil {
		return out, asSignalingError(err)
	}
	return out, nil
}
