package app

import (
	"context"

	"kinora/media"
	"kinora/player"
)

// OfferSound is the name that the sound of the viewers of what is offered on a channel has among those of streams, of which none can
// have it.
func OfferSound(channel string) string { return "offer:" + channel }

// speaking is how loud a viewer is, in dBFS, to count as speaking.
const speaking = -50

// listen lets a viewer be heard, until its sound ends.
func (f *offer) listen(viewer string, src media.Source) {
	voice := f.calls.sound.voice()
	if voice == nil || f.calls.o.Codecs == nil {
		return
	}
	f.mu.Lock()
	f.voices[viewer] = voice
	f.mu.Unlock()
	f.tune()
	p := player.New(player.Options{
		Open:     func(context.Context) (media.Source, error) { return src, nil },
		Codecs:   f.calls.o.Codecs,
		Log:      f.calls.o.Log.With("channel", f.channel, "viewer", viewer),
		Retry:    func(error) bool { return false },
		MaxDelay: callDelay,
		Voice:    voice,
	})
	_ = p.Run(context.Background()) // until the source ends, which is the end of the viewer's call
	f.mu.Lock()
	if f.voices[viewer] == voice {
		delete(f.voices, viewer)
	}
	f.mu.Unlock()
}

// tune makes all viewers as loud as was chosen for them together, and for each.
func (f *offer) tune() {
	all := f.calls.sound.gain(f.account, OfferSound(f.channel), true)
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, v := range f.voices {
		v.SetVolume(all * gainOf(f.volume(id)))
	}
}

// volume is how loud a viewer is, in percent. f.mu is held.
func (f *offer) volume(viewer string) int {
	if v, chosen := f.volumes[viewer]; chosen {
		return v
	}
	return fullVolume
}

// HearViewer makes a viewer of what is offered on a channel of the chosen account so loud, in percent of how loud all of them are; 0
// mutes it. That holds for who comes again by the same name too, as long as the offer stands.
func (c *Calls) HearViewer(channel, viewer string, percent int) {
	f := c.offerOn(channel)
	if f == nil {
		return
	}
	f.mu.Lock()
	f.volumes[viewer] = min(max(percent, 0), fullVolume)
	f.mu.Unlock()
	f.tune()
	c.showOffers()
}

// speak marks those viewers that speak at the moment, and returns the loudest voice; nil when none was heard so far. f.mu is held.
func (f *offer) speak(viewers []Viewer) (loudest Voice) {
	most := 0.0
	for i := range viewers {
		v := f.voices[viewers[i].ID]
		viewers[i].Sounds, viewers[i].Volume = v != nil, f.volume(viewers[i].ID)
		if v == nil {
			continue
		}
		rms, _ := v.Level()
		viewers[i].Speaks = rms > speaking
		if loudest == nil || rms > most {
			loudest, most = v, rms
		}
	}
	return loudest
}
