package signaling

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Description is the payload of an offer or an answer.
type Description struct {
	Type string `json:"type"` // "offer" or "answer"
	SDP  string `json:"sdp"`
}

// ICECandidate is the payload of a candidate. An empty Candidate says that there are no more.
type ICECandidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid,omitempty"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex,omitempty"`
	UsernameFragment *string `json:"usernameFragment,omitempty"`
}

// SetPayload puts a [Description] or an [ICECandidate] into the request.
func (r *Request) SetPayload(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("signaling: the payload cannot be written: %w", err)
	}
	if len(b) > MaxPayload {
		return fmt.Errorf("%w: the payload has %d bytes, at most %d are allowed", ErrTooLong, len(b), MaxPayload)
	}
	r.Payload = base64.StdEncoding.EncodeToString(b)
	return nil
}

// Description returns the payload of an offer or an answer.
func (e *Event) Description() (Description, error) { return payload[Description](e) }

// Candidate returns the payload of a candidate.
func (e *Event) Candidate() (ICECandidate, error) { return payload[ICECandidate](e) }

func payload[T any](e *Event) (T, error) {
	var v T
	b, err := base64.StdEncoding.DecodeString(e.Payload)
	if err != nil {
		return v, fmt.Errorf("signaling: the payload of %s is not base64: %w", e.Type, err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("signaling: the payload of %s is not understood: %w", e.Type, err)
	}
	return v, nil
}
