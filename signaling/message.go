// Package signaling is how WebRTC peers find each other: the messages of a Kinesis Video Streams signaling channel, and a peer's
// connection to one.
//
// A channel has one master and several viewers, each with a WebSocket to the service. A peer sends a [Request] to the
// other side, and the service passes it on as an [Event]; the service also sends events of its own. Both are JSON text
// frames. The payload of an offer, an answer or a candidate is JSON again, in base64: [Request.SetPayload] and
// [Event.Description] and [Event.Candidate] handle that. Messages are for clients and for a service alike: each is read and
// written in both directions. What is read is matched without regard to the case of keys, since the C clients and the JavaScript
// ones differ there.
//
// A [Channel] is a client's connection, kept for as long as its Run runs; [Servers] are the TURN servers that the service lends.
// Where the service is, and how addresses are signed, is for whoever makes them.
//
// See https://docs.aws.amazon.com/kinesisvideostreams-webrtc-dg/latest/devguide/kvswebrtc-websocket-apis.html.
package signaling

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// Type is the kind of a message, as its "action" or "messageType" spells it.
type Type string

// The kinds of message. The first three go from peer to peer, the others come from the service.
const (
	Offer              Type = "SDP_OFFER"
	Answer             Type = "SDP_ANSWER"
	Candidate          Type = "ICE_CANDIDATE"
	StatusResponse     Type = "STATUS_RESPONSE"
	GoAway             Type = "GO_AWAY"              // the service is about to close: connect again within a minute
	ReconnectICEServer Type = "RECONNECT_ICE_SERVER" // connect again and ask for ICE servers anew
)

// Limits of a message, in bytes.
const (
	MaxMessage = 64 << 10 // one text frame
	MaxPayload = 10_000   // a payload, before base64
	maxID      = 256      // a client or correlation ID
)

var id = regexp.MustCompile(`^[a-zA-Z0-9_.-]*$`)

// ICEServer is a TURN server that C clients share with their peer along with an offer.
type ICEServer struct {
	Password string   `json:"Password"`
	TTL      int      `json:"Ttl"`
	URIs     []string `json:"Uris"`
	Username string   `json:"Username"`
}

// Request is a message from a peer to the service.
type Request struct {
	Action     Type        `json:"action"`
	Recipient  string      `json:"recipientClientId,omitempty"` // the viewer's ID; from a viewer it means nothing, its messages go to the master
	Payload    string      `json:"messagePayload"`              // base64
	Correlate  string      `json:"correlationId,omitempty"`     // asks for a STATUS_RESPONSE on failure
	ICEServers []ICEServer `json:"IceServerList,omitempty"`
}

// Event is a message from the service to a peer.
type Event struct {
	Sender     string      `json:"senderClientId,omitempty"` // empty when it is the master
	Type       Type        `json:"messageType"`
	Payload    string      `json:"messagePayload,omitempty"` // base64
	Status     *Status     `json:"statusResponse,omitempty"` // of a StatusResponse
	ICEServers []ICEServer `json:"IceServerList,omitempty"`
}

// Status says why a request was not delivered.
type Status struct {
	Correlate   string `json:"correlationId"`
	ErrorType   string `json:"errorType"`
	Code        string `json:"statusCode"` // an HTTP status, as text
	Description string `json:"description"`
}

// Error returns the status as a sentence; a Status is an error.
func (s *Status) Error() string {
	return fmt.Sprintf("the signaling service did not deliver message %q: %s %s: %s", s.Correlate, s.Code, s.ErrorType, s.Description)
}

// ErrTooLong is what a message or payload beyond its limit fails with.
var ErrTooLong = errors.New("signaling: the message is too long")

// ParseRequest reads what a peer sent. An error says what is wrong with it.
func ParseRequest(frame []byte) (*Request, error) {
	r := &Request{}
	if err := parse(frame, r); err != nil {
		return nil, err
	}
	switch r.Action {
	case Offer, Answer, Candidate:
	default:
		return nil, fmt.Errorf("signaling: %.40q is not an action", r.Action)
	}
	if err := checkIDs(r.Recipient, r.Correlate); err != nil {
		return nil, err
	}
	return r, checkPayload(r.Payload)
}

// ParseEvent reads what the service sent. A type that is not known is no error: it may be ignored.
func ParseEvent(frame []byte) (*Event, error) {
	e := &Event{}
	if err := parse(frame, e); err != nil {
		return nil, err
	}
	switch e.Type {
	case "":
		return nil, errors.New("signaling: the message has no type")
	case StatusResponse:
		if e.Status == nil {
			return nil, errors.New("signaling: the status response has no status")
		}
	case Offer, Answer, Candidate:
		return e, checkPayload(e.Payload)
	}
	return e, nil
}

func parse(frame []byte, into any) error {
	if len(frame) > MaxMessage {
		return fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrTooLong, len(frame), MaxMessage)
	}
	if err := json.Unmarshal(frame, into); err != nil {
		return fmt.Errorf("signaling: the message is not understood: %w", err)
	}
	return nil
}

func checkIDs(ids ...string) error {
	for _, s := range ids {
		if len(s) > maxID || !id.MatchString(s) {
			return fmt.Errorf("signaling: %.40q is not an ID: at most %d letters, digits, dots, dashes and underscores are allowed", s, maxID)
		}
	}
	return nil
}

func checkPayload(payload string) error {
	if n := base64.StdEncoding.DecodedLen(len(payload)); n > MaxPayload+2 {
		return fmt.Errorf("%w: the payload has about %d bytes, at most %d are allowed", ErrTooLong, n, MaxPayload)
	}
	return nil
}
