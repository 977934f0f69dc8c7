package hub

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"kinora/signaling"
)

// Member is a client of a channel that is part of the service itself. It has what a client has by a WebSocket and its limits, but is no
// viewer: there may be one beside all viewers.
type Member struct {
	hub     *Hub
	peer    *peer
	ctx     context.Context // ends with the member
	end     context.CancelCauseFunc
	events  chan signaling.Inbound
	passing sync.WaitGroup
}

// maxEvents is how many messages may wait for a member to take them.
const maxEvents = 64

// Join makes a member, which has to Leave. Its client ID must be its own, as no client may have it: what waits for an earlier one of
// the same ID comes to it.
func (h *Hub) Join(s Seat) (*Member, error) {
	ctx, end := context.WithCancelCause(context.Background())
	m := &Member{hub: h, ctx: ctx, end: end, peer: newPeer(s, h.limits, end), events: make(chan signaling.Inbound, maxEvents)}
	m.peer.member = true
	if err := h.attach(m.peer); err != nil {
		end(err)
		return nil, err
	}
	m.passing.Go(m.pass)
	return m, nil
}

// pass moves what comes for the member into events.
func (m *Member) pass() {
	for {
		select {
		case <-m.peer.ready:
		case <-m.ctx.Done():
			return
		}
		for {
			next, ok := m.peer.next()
			if !ok {
				break
			}
			m.peer.confirm(m.peer.count())
			e, err := signaling.ParseEvent(next.text)
			if err != nil {
				m.hub.log.Debug("a message is passed over", "channel", m.peer.seat.Channel, "client", m.peer.seat.Client, "reason", err)
				continue
			}
			select {
			case m.events <- signaling.Inbound{Event: e}:
			case <-m.ctx.Done():
				return
			}
		}
	}
}

// Events returns what comes from the other side and from the service. It is never closed.
func (m *Member) Events() <-chan signaling.Inbound { return m.events }

// State is connected until the channel is deleted or the service stops.
func (m *Member) State() signaling.State {
	cause := context.Cause(m.ctx)
	return signaling.State{Connected: cause == nil, Err: cause}
}

// Hurry changes nothing: there is no network between a member and its service.
func (m *Member) Hurry() {}

// Done is closed when the channel is deleted or the service stops.
func (m *Member) Done() <-chan struct{} { return m.ctx.Done() }

var errLeft = errors.New("the member has left")

// Send gives a message to the other side. It does not block. An error is a sentence.
func (m *Member) Send(_ context.Context, r *signaling.Request) error {
	if err := context.Cause(m.ctx); err != nil {
		return err
	}
	frame, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = m.hub.route(m.peer, frame)
	return err
}

// Leave ends the member and waits until that is done. What waits for it is forgotten.
func (m *Member) Leave() {
	m.end(errLeft)
	m.passing.Wait()
	m.peer.take(true)
	m.hub.detach(m.peer, true)
}
