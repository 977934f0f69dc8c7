package hub

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"kinora/signaling"
)

func TestMessagesReachTheOtherSide(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		master, one, two := s.connect(""), s.connect("one"), s.connect("two")
		one.offer("two", "an offer") // whomever a viewer names
		master.want(signaling.Offer, "one", "an offer")
		two.wantNothing()
		master.send(signaling.Request{Action: signaling.Answer, Recipient: "one", Payload: encoded("an answer"), Correlate: "x"})
		one.want(signaling.Answer, "", "an answer")
		one.send(signaling.Request{Action: signaling.Candidate, Payload: encoded("{}"), ICEServers: []signaling.ICEServer{{TTL: 5}}})
		if e := master.want(signaling.Candidate, "one", "{}"); len(e.ICEServers) != 1 {
			t.Errorf("the sender's ICE servers are lost: %+v", e)
		}
		for _, c := range []*client{master, one, two} {
			c.wantNothing()
		}
	})
}

func TestMessagesWait(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		one := s.connect("one")
		one.offer("", "too early")
		time.Sleep(ttl / 2)
		one.offer("", "later")
		time.Sleep(ttl / 2)
		master := s.connect("")
		master.want(signaling.Offer, "one", "later")
		master.wantNothing()
		if got := s.hub.Stats(); got.Waited != 2 || got.Expired != 1 {
			t.Errorf("counted: %+v", got)
		}
		master.offer("two", "for somebody who comes")
		s.connect("two").want(signaling.Offer, "", "for somebody who comes")
	})
}

func TestWaitingIsBounded(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		one, two := s.connect("one"), s.connect("two")
		for range 2 {
			for range maxWaitingOfSender - 10 {
				one.send(signaling.Request{Action: signaling.Candidate, Payload: encoded("{}")})
			}
			time.Sleep(10 * time.Second)
		}
		one.send(signaling.Request{Action: signaling.Candidate, Payload: encoded("{}"), Correlate: "over"})
		if e := one.want(signaling.StatusResponse, "", ""); e.Status.ErrorType != limitExceeded || e.Status.Correlate != "over" {
			t.Errorf("status %+v", e.Status)
		}
		two.offer("", "of another")
		master := s.connect("")
		if n := len(master.events); n != maxWaitingOfSender+1 {
			t.Errorf("%d messages waited, want %d and one of another", n, maxWaitingOfSender)
		}
	})
}

// A new connection of the same client takes over; what the old one did not confirm comes again.
func TestReplacement(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		dead, err := s.try("") // reads nothing and answers no ping
		if err != nil {
			t.Fatal(err)
		}
		one := s.connect("one")
		one.offer("", "an offer")
		time.Sleep(time.Second)
		master := s.connect("")
		master.want(signaling.Offer, "one", "an offer")
		_ = dead.CloseNow() // the service has closed it
		again := s.connect("one")
		one.wantEnd(websocket.StatusNormalClosure, errReplaced)
		master.offer("one", "back")
		again.want(signaling.Offer, "", "back")
		if n := s.hub.Stats().Connections; n != 2 {
			t.Errorf("%d connections, want 2", n)
		}
	})
}

// What went into a dead socket waits for the next one.
func TestDeadSocketIsFound(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		if _, err := s.try(""); err != nil { // reads nothing
			t.Fatal(err)
		}
		one := s.connect("one")
		one.offer("", "an offer")
		time.Sleep(25 * time.Second)
		if n := s.hub.Stats().Connections; n != 1 {
			t.Errorf("%d connections, want that of the viewer alone", n)
		}
		s.connect("").want(signaling.Offer, "one", "an offer")
	})
}

// What was confirmed does not come twice, however a connection ends.
func TestConfirmedMessagesAreNotRepeated(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		master, one := s.connect(""), s.connect("one")
		one.offer("", "an offer")
		master.want(signaling.Offer, "one", "an offer")
		_ = master.conn.CloseNow() // breaks
		synctest.Wait()
		s.connect("").wantNothing()
	})
}

func TestLimits(t *testing.T) {
	onStand(t, Limits{Viewers: 2}, func(s *stand) {
		master := s.connect("")
		for i := range 2 {
			s.connect(fmt.Sprint("viewer", i))
		}
		if _, err := s.try("viewer2"); err == nil || !strings.Contains(err.Error(), "400") {
			t.Errorf("a viewer too many: %v", err)
		}
		one := s.connect("viewer1") // replaces
		for i := range 12 {
			one.send(signaling.Request{Action: signaling.Answer, Payload: encoded("x"), Correlate: fmt.Sprint("c", i)})
		}
		if n := len(master.events); n != 10 {
			t.Errorf("%d descriptions passed, want 10", n)
		}
		if e := one.want(signaling.StatusResponse, "", ""); e.Status.ErrorType != limitExceeded || e.Status.Correlate != "c10" || e.Status.Code != "400" {
			t.Errorf("status %+v", e.Status)
		}
		for range 20 {
			if _, err := s.try("viewer0"); err != nil {
				return
			}
		}
		t.Error("one may connect as often as one likes")
	})
}

// Who floods is cut; the others notice nothing.
func TestFlood(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		master, one, flood := s.connect(""), s.connect("one"), s.connect("flood")
		for range 10 * maxFrames {
			if err := flood.conn.Write(s.Context(), websocket.MessageText, []byte(`{"action":"SHOUT","correlationId":"a"}`)); err != nil {
				break
			}
		}
		_ = flood.conn.Write(s.Context(), websocket.MessageText, []byte("one more")) // may meet the end already
		flood.wantEnd(websocket.StatusPolicyViolation, errFlood)
		master.wantNothing()
		one.offer("", "an offer")
		master.want(signaling.Offer, "one", "an offer")
	})
}

func TestWrongMessagesAreRefused(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		master, one := s.connect(""), s.connect("one")
		for _, r := range []signaling.Request{
			{Action: signaling.Offer, Payload: encoded("no recipient"), Correlate: "a"},
			{Action: signaling.Offer, Recipient: "one", Payload: "?", Correlate: "a"},
			{Action: signaling.Offer, Recipient: "one", Correlate: "a"},
			{Action: signaling.GoAway, Recipient: "one", Payload: encoded("x"), Correlate: "a"},
			{Action: signaling.Offer, Recipient: "a b", Payload: encoded("x"), Correlate: "a"},
			{Action: signaling.Offer, Recipient: "one", Payload: strings.Repeat("A", 20000), Correlate: "a"},
		} {
			master.send(r)
			if e := master.want(signaling.StatusResponse, "", ""); e.Status.ErrorType != invalidArgument || e.Status.Correlate != "a" {
				t.Errorf("%+v: status %+v", r, e.Status)
			}
		}
		master.send(signaling.Request{Action: signaling.Offer, Payload: encoded("x")}) // nobody asked to be told
		master.wantNothing()
		one.wantNothing()
		big := make([]byte, signaling.MaxMessage+1)
		_ = one.conn.Write(s.Context(), websocket.MessageText, big) // is cut in the middle
		if err := <-one.ended; websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			t.Errorf("an oversized message ends with %v", err)
		}
	})
}

func TestConnectionsEnd(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		master := s.connect("")
		time.Sleep(59*time.Minute + time.Second)
		master.want(signaling.GoAway, "", "")
		time.Sleep(time.Minute)
		master.wantEnd(websocket.StatusGoingAway, errTime)
		master = s.connect("")
		if n := s.hub.Announce(arn, signaling.ReconnectICEServer); n != 1 {
			t.Errorf("%d clients are told, want the master", n)
		}
		if n := s.hub.Announce("another", signaling.ReconnectICEServer); n != 0 {
			t.Errorf("%d clients of a channel that nobody uses are told", n)
		}
		synctest.Wait()
		master.want(signaling.ReconnectICEServer, "", "")
		s.hub.Drop(arn)
		master.wantEnd(websocket.StatusGoingAway, errDeleted)
		one := s.connect("one")
		s.hub.Close()
		synctest.Wait()
		one.want(signaling.GoAway, "", "")
		one.wantEnd(websocket.StatusGoingAway, ErrClosed)
		if _, err := s.try("two"); err == nil {
			t.Error("a hub that is closed lets somebody in")
		}
	})
}

func TestAsk(t *testing.T) {
	onStand(t, Limits{}, func(s *stand) {
		seat := Seat{Channel: arn, Client: "alexa", TTL: func() time.Duration { return ttl }}
		answers := make(chan string, 1)
		go func() {
			answer, err := s.hub.Ask(s.Context(), seat, encoded("an offer"))
			if err != nil {
				t.Error(err)
			}
			answers <- answer
		}()
		time.Sleep(ttl / 2) // the master comes late
		if _, err := s.hub.Ask(s.Context(), seat, encoded("another")); err != ErrTaken {
			t.Errorf("the same client again: %v", err)
		}
		master := s.connect("")
		master.want(signaling.Offer, "alexa", "an offer")
		master.send(signaling.Request{Action: signaling.Candidate, Recipient: "alexa", Payload: encoded("{}")}) // it takes none
		master.send(signaling.Request{Action: signaling.Answer, Recipient: "alexa", Payload: encoded("an answer")})
		if got := <-answers; got != encoded("an answer") {
			t.Errorf("the answer is %q", got)
		}
		if _, err := s.hub.Ask(s.Context(), seat, encoded("unheard")); err != ErrNoAnswer {
			t.Errorf("without an answer: %v", err)
		}
	})
}

// FuzzReceive sends a hub what it likes, as master and as viewer.
func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"action":"SDP_OFFER","recipientClientId":"one","messagePayload":"e30=","correlationId":"a"}`))
	f.Add([]byte(`{"action":"ICE_CANDIDATE","MessagePayload":"e30="}`))
	f.Add([]byte(`{"correlationId":5}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		s := stand{T: t}
		s.hub = New(Limits{}, discard)
		seat := Seat{Channel: arn, TTL: func() time.Duration { return ttl }}
		var peers []*peer
		for _, id := range []string{"", "one"} {
			seat.Client = id
			p := newPeer(seat, s.hub.limits, func(error) {})
			if err := s.hub.attach(p); err != nil {
				t.Fatal(err)
			}
			peers = append(peers, p)
		}
		for _, p := range peers {
			s.hub.receive(p, frame)
		}
		for _, p := range peers {
			for {
				m, ok := p.next()
				if !ok {
					break
				}
				if _, err := signaling.ParseEvent(m.text); err != nil {
					t.Errorf("%q became %q: %v", frame, m.text, err)
				}
			}
			s.hub.detach(p, true)
		}
		s.hub.Close()
	})
}

// The master and the viewers of a channel may connect so often in a second, each for themselves.
func TestConnectionsAreRationed(t *testing.T) {
	admitted := func(h *Hub, client string) (n int) {
		for n < 1000 && h.Admit(Seat{Channel: "door", Client: client}) == nil {
			n++
		}
		return n
	}
	for name, c := range map[string]struct{ connects, atOnce, later int }{"as AWS": {0, 10, 3}, "more": {50, 50, 50}, "unlimited": {-1, 1000, 1000}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := New(Limits{Connects: c.connects}, slog.New(slog.DiscardHandler))
				for _, client := range []string{"", "one"} {
					if n := admitted(h, client); n != c.atOnce {
						t.Errorf("client %q connects %d times at once, want %d", client, n, c.atOnce)
					}
				}
				if err := h.Admit(Seat{Channel: "gate"}); err != nil {
					t.Errorf("another channel is not connected to: %v", err)
				}
				time.Sleep(time.Second)
				for _, client := range []string{"", "one"} {
					if n := admitted(h, client); n != c.later {
						t.Errorf("client %q connects %d times after a second, want %d", client, n, c.later)
					}
				}
			})
		})
	}
}
