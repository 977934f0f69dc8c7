package hub

import (
	"errors"
	"testing"
	"time"

	"kinora/signaling"
)

func TestMember(t *testing.T) {
	onStand(t, Limits{Viewers: 1}, func(s *stand) {
		seat := Seat{Channel: arn, Client: "AWS_STORE", TTL: func() time.Duration { return ttl }}
		m, err := s.hub.Join(seat)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Leave()
		send := func(text string) {
			t.Helper()
			if err := m.Send(t.Context(), &signaling.Request{Action: signaling.Offer, Payload: encoded(text)}); err != nil {
				t.Error(err)
			}
		}
		send("an offer")
		master, one := s.connect(""), s.connect("one") // it takes no viewer's place
		master.want(signaling.Offer, "AWS_STORE", "an offer")
		master.send(signaling.Request{Action: signaling.Answer, Recipient: "AWS_STORE", Payload: encoded("an answer")})
		if in := <-m.Events(); in.Type != signaling.Answer || in.Payload != encoded("an answer") {
			t.Errorf("the member gets %+v", in.Event)
		}
		one.wantNothing()
		if !m.State().Connected {
			t.Error("the member is not connected")
		}
		s.hub.Drop(arn)
		<-m.Done()
		if state := m.State(); state.Connected || !errors.Is(state.Err, errDeleted) {
			t.Errorf("after the channel was deleted: %+v", state)
		}
		if err := m.Send(t.Context(), &signaling.Request{}); !errors.Is(err, errDeleted) {
			t.Errorf("after the channel was deleted: %v", err)
		}
	})
}

// A member that has left leaves nothing behind, and one that nobody listens to holds nobody up.
func TestMemberLeaves(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		m, err := s.hub.Join(Seat{Channel: arn, Client: "AWS_STORE", TTL: func() time.Duration { return ttl }})
		if err != nil {
			t.Fatal(err)
		}
		master := s.connect("")
		for range 2 * maxEvents {
			master.send(signaling.Request{Action: signaling.Candidate, Recipient: "AWS_STORE", Payload: encoded("{}")})
			time.Sleep(time.Second)
		}
		m.Leave()
		if got := s.hub.Stats(); got.Connections != 1 || got.Waited != 0 {
			t.Errorf("counted: %+v", got)
		}
	})
}
