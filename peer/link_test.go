package peer

import (
	"slices"
	"testing"

	"github.com/pion/webrtc/v4"

	"kinora/internal/leak"
	"kinora/signaling"
)

// newTestLink is a link whose connection has something to speak of.
func newTestLink(t *testing.T) *link {
	t.Helper()
	pc, err := Options{Loopback: true}.withDefaults().connection(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	})
	return newLink(Options{}.withDefaults(), pc, "")
}

// said is the next message that a link puts in line.
func said(t *testing.T, l *link) *signaling.Event {
	t.Helper()
	r := receive(t, l.out)
	return &signaling.Event{Type: r.Action, Payload: r.Payload}
}

// next is the next message of a kind.
func next(t *testing.T, l *link, kind signaling.Type) *signaling.Event {
	t.Helper()
	for {
		if e := said(t, l); e.Type == kind {
			return e
		}
	}
}

func described(t *testing.T, e *signaling.Event) string {
	t.Helper()
	d, err := e.Description()
	if err != nil {
		t.Fatal(err)
	}
	return d.SDP
}

// What either side says of its addresses comes behind the description that they belong to: before it the other side could do nothing with them.
func TestCandidatesFollowTheirDescription(t *testing.T) {
	leak.Check(t)
	caller, called := newTestLink(t), newTestLink(t)
	if _, err := caller.pc.CreateDataChannel("data", nil); err != nil {
		t.Fatal(err)
	}
	// description is the next one that a link says.
	known := make(map[*link]string) // all that it said of itself
	description := func(l *link) *signaling.Event {
		t.Helper()
		for {
			e := said(t, l)
			if e.Type != signaling.Candidate {
				known[l] += described(t, e)
				return e
			}
			c, err := e.Candidate()
			if err != nil {
				t.Fatal(err)
			}
			if !belongs(webrtc.ICECandidateInit{Candidate: c.Candidate, UsernameFragment: c.UsernameFragment}, known[l]) {
				t.Fatalf("a candidate comes before its description: %+v", c)
			}
		}
	}
	for i := range 30 {
		if err := caller.offer(i > 0); err != nil {
			t.Fatal(err)
		}
		if err := called.answer(description(caller)); err != nil {
			t.Fatal(err)
		}
		if err := caller.hear(webrtc.SDPTypeAnswer, description(called)); err != nil {
			t.Fatal(err)
		}
	}
}

// Addresses of the other side that come before the description they belong to wait for it: also of a way that is looked for within a call.
func TestCandidatesWaitForTheirDescription(t *testing.T) {
	leak.Check(t)
	caller, called := newTestLink(t), newTestLink(t)
	if _, err := caller.pc.CreateDataChannel("data", nil); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := caller.offer(i > 0); err != nil {
			t.Fatal(err)
		}
		if err := called.answer(next(t, caller, signaling.Offer)); err != nil {
			t.Fatal(err)
		}
		answer := next(t, called, signaling.Answer)
		early := next(t, called, signaling.Candidate)
		for c, err := early.Candidate(); err != nil || !belongs(webrtc.ICECandidateInit{Candidate: c.Candidate}, described(t, answer)); c, err = early.Candidate() {
			early = next(t, called, signaling.Candidate) // that one was of the way before
		}
		caller.candidate(early)
		if len(caller.early) != 1 {
			t.Fatalf("%d candidates wait, want 1", len(caller.early))
		}
		if err := caller.hear(webrtc.SDPTypeAnswer, answer); err != nil {
			t.Fatal(err)
		}
		if len(caller.early) != 0 {
			t.Fatal("a candidate waits although its description is there")
		}
		until(t, "the candidate is taken", func() bool {
			for _, s := range caller.pc.GetStats() {
				if c, ok := s.(webrtc.ICECandidateStats); ok && c.Type == webrtc.StatsTypeRemoteCandidate {
					return true
				}
			}
			return false
		})
	}
}

// An answer that comes when there is nothing to answer shows that the one taken before it was for an older offer.
func TestAnswersToOlderOffersAreNoticed(t *testing.T) {
	leak.Check(t)
	caller, called := newTestLink(t), newTestLink(t)
	if _, err := caller.pc.CreateDataChannel("data", nil); err != nil {
		t.Fatal(err)
	}
	// answered offers, and is the answer, which is still to be heard.
	answered := func(restart bool) *signaling.Event {
		t.Helper()
		if err := caller.offer(restart); err != nil {
			t.Fatal(err)
		}
		if err := called.answer(next(t, caller, signaling.Offer)); err != nil {
			t.Fatal(err)
		}
		return next(t, called, signaling.Answer)
	}
	first := answered(false)
	if err := caller.hear(webrtc.SDPTypeAnswer, first); err != nil {
		t.Fatal(err)
	}
	late, right := answered(true), answered(true)
	if slices.Equal(fragments(described(t, late)), fragments(described(t, right))) {
		t.Fatal("both answers are of the same way")
	}
	if err := caller.hear(webrtc.SDPTypeAnswer, late); err != nil {
		t.Fatal(err)
	}
	if !caller.known(late) || caller.known(right) {
		t.Errorf("the answer that was taken is known: %v; the one after it: %v, want true and false", caller.known(late), caller.known(right))
	}
}
