package app

import (
	"testing"

	"kinora/internal/leak"
)

func TestWhatIsOfferedIsSeenWhileItIsLookedAt(t *testing.T) {
	leak.Check(t)
	a, acc := calling(t, Options{})
	a.Calls.Look("door") // at nothing
	for _, channel := range []string{"door", "gate"} {
		if err := a.Calls.Offer(channel, camera(channel), Settings{}); err != nil {
			t.Fatal(err)
		}
	}
	<-acc.host.fed
	seen := func(l []Offered) bool { return len(l) == 2 && l[0].Player != nil && l[1].Player == nil }
	if l := a.Calls.Offers().Get(); l[0].Player != nil {
		t.Error("a picture is decoded at which nobody looks")
	}
	a.Calls.Look("door")
	o := until(t, a.Calls.Offers(), seen)[0]
	until(t, a.Calls.Offers(), func(l []Offered) bool { return l[0].Player.State().Decoded > 0 })
	a.Calls.Look("door")
	if l := until(t, a.Calls.Offers(), seen); l[0].Player != o.Player {
		t.Error("who goes on looking sees another player")
	}
	a.Calls.Look("gate")
	until(t, a.Calls.Offers(), func(l []Offered) bool { return l[0].Player == nil && l[1].Player != nil })
	a.Calls.Look("")
	until(t, a.Calls.Offers(), func(l []Offered) bool { return l[0].Player == nil && l[1].Player == nil })
	a.Calls.Look("gate")
	a.Calls.Withdraw("gate")
	until(t, a.Calls.Offers(), func(l []Offered) bool { return len(l) == 1 })
}
