package app

import (
	"context"
	"errors"
	"testing"

	"kinora/internal/leak"
	"kinora/media"
)

func TestTalking(t *testing.T) {
	leak.Check(t)
	opened := make(chan string, 10)
	mic := func(id string) Camera {
		return Camera{ID: id, Kind: Microphone, With: func(s Settings) media.Opener {
			return func(ctx context.Context) (media.Source, error) {
				if !s.Call || s.Sound != media.MuLaw {
					t.Error("the microphone is not coded for a call, as the other side takes it")
				}
				opened <- id
				return newFakeSource(ctx, func() {}), nil
			}
		}}
	}
	a, acc := calling(t, Options{Loudspeaker: &fakeSpeaker{}, Microphones: func() []Camera { return []Camera{mic("one"), mic("two")} }})
	a.Calls.Talk(true) // to nobody
	if err := a.Calls.Dial("door", false); err != nil {
		t.Fatal(err)
	}
	until(t, a.Calls.Now(), func(c Call) bool { return c.Phase == CallConnecting })
	volume := func() float64 { return a.Calls.Now().Get().Voice.(*fakeVoice).volume() }
	if volume() != 1 {
		t.Error("the call is not heard")
	}
	a.Calls.Talk(true)
	a.Calls.Talk(true)
	if volume() != 0 {
		t.Error("the other side is heard while somebody talks")
	}
	until(t, a.Calls.Now(), func(c Call) bool { return c.Talking })
	if id := <-opened; id != "one" || len(opened) > 0 {
		t.Errorf("microphone %q was opened, and %d more", id, len(opened))
	}
	a.Calls.Talk(false)
	until(t, a.Calls.Now(), func(c Call) bool { return !c.Talking })
	if volume() != 1 {
		t.Error("the other side is not heard after somebody has talked")
	}
	a.Calls.UseMicrophone("two")
	a.Calls.Talk(true)
	until(t, a.Calls.Now(), func(c Call) bool { return c.Talking })
	if id := <-opened; id != "two" {
		t.Errorf("microphone %q was opened", id)
	}
	acc.line.deaf <- errDenied
	c := until(t, a.Calls.Now(), func(c Call) bool { return c.Mute != nil && c.Voice.(*fakeVoice).volume() == 1 })
	if !errors.Is(c.Mute, errDenied) || c.Talking || c.Phase.Over() {
		t.Errorf("a call whose other side does not listen: %+v", c)
	}
	a.Calls.Talk(true)
	c = until(t, a.Calls.Now(), func(c Call) bool { return c.Talking })
	if c.Mute != nil {
		t.Errorf("what was wrong is still told: %v", c.Mute)
	}
	a.Calls.HangUp()
	until(t, a.Calls.Now(), func(c Call) bool { return c.Phase == CallEnded && !c.Talking })
	a.Calls.Talk(true)
	if c := a.Calls.Now().Get(); c.Talking {
		t.Error("somebody talks after the end of the call")
	}
}

func TestTalkingWithoutAMicrophone(t *testing.T) {
	leak.Check(t)
	a, _ := calling(t, Options{})
	if err := a.Calls.Dial("door", false); err != nil {
		t.Fatal(err)
	}
	a.Calls.Talk(true)
	c := until(t, a.Calls.Now(), func(c Call) bool { return c.Mute != nil })
	if !errors.Is(c.Mute, ErrNoMicrophone) || c.Talking {
		t.Errorf("without a microphone: %+v", c)
	}
	a.Calls.Talk(false)
	if c := a.Calls.Now().Get(); c.Mute == nil {
		t.Error("who lets the button go does not learn why nobody heard")
	}
	a.Calls.ForgetMute()
	if c := a.Calls.Now().Get(); c.Mute != nil {
		t.Errorf("what was read is still told: %v", c.Mute)
	}
}
