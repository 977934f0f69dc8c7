package hub

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kinora/signaling"
)

// The errors of the asynchronous API that a STATUS_RESPONSE names.
const (
	invalidArgument = "InvalidArgumentException"
	limitExceeded   = "ClientLimitExceededException"
)

// receive passes a message on, or tells its sender why not, if that asked to be told.
func (h *Hub) receive(p *peer, frame []byte) {
	kind, err := h.route(p, frame)
	if err == nil {
		return
	}
	h.mu.Lock()
	h.stats.Refused++
	h.mu.Unlock()
	h.log.Debug("a signaling message was refused", "channel", p.seat.Channel, "client", p.seat.Client, "reason", err)
	if correlate := correlation(frame); correlate != "" {
		status := signaling.Status{Correlate: correlate, ErrorType: kind, Code: "400", Description: err.Error()}
		p.push(message{text: encode(signaling.Event{Type: signaling.StatusResponse, Status: &status}), kind: signaling.StatusResponse})
	}
}

// route delivers a message of p's. Viewers reach the master alone, whatever recipient they name.
func (h *Hub) route(p *peer, frame []byte) (kind string, err error) {
	r, err := signaling.ParseRequest(frame)
	if err != nil {
		return invalidArgument, err
	}
	if _, err := base64.StdEncoding.DecodeString(r.Payload); err != nil || r.Payload == "" {
		return invalidArgument, errors.New("messagePayload must be base64 and not empty")
	}
	limit := p.limits.descriptions
	if r.Action == signaling.Candidate {
		limit = p.limits.candidates
	}
	if !limit.Allow() {
		return limitExceeded, fmt.Errorf("too many messages of type %s; wait a second", r.Action)
	}
	to := ""
	if p.seat.Client == "" {
		if to = r.Recipient; to == "" {
			return invalidArgument, errors.New("a master's message must have a recipientClientId")
		}
	}
	event := signaling.Event{Sender: p.seat.Client, Type: r.Action, Payload: r.Payload, ICEServers: r.ICEServers}
	m := message{text: encode(event), kind: r.Action, payload: r.Payload, sender: p.seat.Client, expires: time.Now().Add(p.seat.TTL())}
	return limitExceeded, h.deliver(p.seat.Channel, to, m)
}

// correlation finds the correlation ID of a message that may be wrong in all else.
func correlation(frame []byte) string {
	var m struct{ CorrelationID string }
	_ = json.Unmarshal(frame, &m) // what was understood is used
	if len(m.CorrelationID) > 256 {
		return ""
	}
	return m.CorrelationID
}

// ErrNoAnswer says that the master did not answer in time.
var ErrNoAnswer = errors.New("the master did not answer the offer in time")

// ErrTaken says that a viewer of the same ID is connected, or asks too.
var ErrTaken = errors.New("a viewer of the same client ID is connected")

// Ask sends the master an offer in the name of a client that has no connection, and waits for the answer as long as the channel's
// messages may wait for a master.
func (h *Hub) Ask(ctx context.Context, s Seat, offer string) (answer string, err error) {
	got := make(chan string, 1)
	h.mu.Lock()
	c := h.channel(s.Channel)
	if c.asking[s.Client] != nil || c.peers[s.Client] != nil {
		h.mu.Unlock()
		return "", ErrTaken
	}
	c.asking[s.Client] = got
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if c.asking[s.Client] != nil {
			delete(c.asking, s.Client)
		}
	}()
	ttl := s.TTL()
	m := message{text: encode(signaling.Event{Sender: s.Client, Type: signaling.Offer, Payload: offer}),
		kind: signaling.Offer, sender: s.Client, expires: time.Now().Add(ttl)}
	if err := h.deliver(s.Channel, "", m); err != nil {
		return "", err
	}
	patience := time.NewTimer(ttl)
	defer patience.Stop()
	select {
	case answer := <-got:
		return answer, nil
	case <-patience.C:
		return "", ErrNoAnswer
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
