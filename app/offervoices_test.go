package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/player"
)

// loudSpeaker makes voices that are loud.
type loudSpeaker struct{}

func (loudSpeaker) NewVoice() Voice { return &loudVoice{} }
func (loudSpeaker) Err() error      { return nil }

type loudVoice struct{ fakeVoice }

func (*loudVoice) Level() (rms, peak float64) { return -20, -10 }

// hearingCodecs decode sound too, to nothing.
type hearingCodecs struct{ fakeCodecs }

func (hearingCodecs) Audio(media.Track) (player.AudioDecoder, error) { return silentDecoder{}, nil }

type silentDecoder struct{}

func (silentDecoder) Send(*media.Packet) error { return nil }
func (silentDecoder) Receive() (time.Duration, []float32, bool, error) {
	return 0, nil, false, nil
}
func (silentDecoder) Flush()       {}
func (silentDecoder) Close() error { return nil }

func TestViewersAreHeard(t *testing.T) {
	leak.Check(t)
	a, acc := calling(t, Options{Loudspeaker: loudSpeaker{}, Codecs: hearingCodecs{}})
	if err := a.Calls.Offer("door", camera("cam"), Settings{}); err != nil {
		t.Fatal(err)
	}
	<-acc.host.fed
	until(t, a.Calls.Offers(), func(l []Offered) bool {
		return len(l) == 1 && l[0].Voice == nil && len(l[0].Viewers) == 1 && !l[0].Viewers[0].Speaks
	})
	src := newFakeSource(context.Background(), nil)
	talked := make(chan struct{})
	go func() {
		defer close(talked)
		acc.host.o.Spoken("one", &soundOnly{src})
	}()
	o := until(t, a.Calls.Offers(), func(l []Offered) bool { return l[0].Voice != nil && l[0].Viewers[0].Speaks })[0]
	voice := o.Voice.(*loudVoice)
	if voice.volume() != 1 {
		t.Error("a viewer is not heard")
	}
	if err := a.Sound.Hear(a.Account().Get(), OfferSound("door"), HeardNever); err != nil {
		t.Fatal(err)
	}
	if voice.volume() != 0 {
		t.Error("viewers that are muted are heard")
	}
	if err := errors.Join(a.Sound.Hear(a.Account().Get(), OfferSound("door"), HeardInFocus), a.Sound.Louder(a.Account().Get(), OfferSound("door"), -5)); err != nil {
		t.Fatal(err)
	}
	if v := voice.volume(); v != 0.25 {
		t.Errorf("viewers at half their volume have the gain %v", v)
	}
	for percent, want := range map[int]float64{50: 0.0625, 0: 0, 100: 0.25} {
		a.Calls.HearViewer("door", "one", percent)
		if v := voice.volume(); v != want {
			t.Errorf("a viewer at %d %% of that has the gain %v, not %v", percent, v, want)
		}
		if v := a.Calls.Offers().Get()[0].Viewers[0]; v.Volume != percent || !v.Sounds {
			t.Errorf("a viewer at %d %% is said to be %+v", percent, v)
		}
	}
	src.Close()
	<-talked
	until(t, a.Calls.Offers(), func(l []Offered) bool { return l[0].Voice == nil && !l[0].Viewers[0].Speaks })
}
