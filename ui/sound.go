package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
	"kinora/media"
)

// hearing is what there is to hear of one picture, at the moment of a model.
type hearing struct {
	there   bool  // it has sound
	heard   bool  // as was chosen
	always  bool  // also when another picture has the focus
	volume  int   // percent
	trouble error // why it cannot be heard; nil: it can
	lit     int   // lamps of a soundLevel, by how loud it is before its volume
}

// hearingOf is what there is to hear of something: of a stream, or of what has another name among what is heard. err is why it
// cannot be decoded.
func hearingOf(s *app.Sound, acc app.Account, name string, focused, there bool, err error) hearing {
	if acc == nil || !there {
		return hearing{}
	}
	return hearing{there: true, heard: s.Heard(acc, name, focused), always: s.Hearing(acc, name) == app.HeardAlways,
		volume: s.Volume(acc, name), trouble: errors.Join(err, s.Err())}
}

// listen reads what the model's moment has of sound.
func (m *model) listen(s *app.Sound) {
	m.sound = hearingOf(s, m.account, m.watching.Stream, true, m.watching.Voice != nil && m.state.Sound != "", m.state.SoundErr)
	m.sound.lit = litBy(m.watching.Voice)
	for i := range m.scenes {
		sc := &m.scenes[i]
		there, focused := sc.live.Sound != "", sc.Stream == m.watching.Stream
		if sc.Deck != nil {
			_, there = media.AudioTrack(sc.deck.Tracks)
		}
		sc.sound = hearingOf(s, m.account, sc.Stream, focused, there && sc.Voice != nil, sc.live.SoundErr)
		sc.sound.lit = litBy(sc.Voice)
		if focused {
			m.sound = sc.sound
		}
	}
}

// showSound says on a button whether something is heard, and how loud; it is hidden where there is no sound.
func showSound(b *button, h hearing) {
	text, symbol := "", "sound"
	switch {
	case h.trouble != nil:
		text, symbol = lang.L("no sound"), "muted"
	case !h.heard:
		symbol = "muted"
	case h.volume < 100:
		text = lang.L("{{.N}} %", values{"N": h.volume})
	}
	b.setText(text, symbol)
	b.choose(h.always && h.heard)
	if h.trouble != nil && h.heard {
		b.setTint(theme.ColorNameWarning)
	} else {
		b.setTint("")
	}
	setVisible(b, h.there)
}

// soundOf is what the page is about: its name among what is heard, and what there is to hear; false when there is nothing.
func (u *UI) soundOf() (name string, h hearing, ok bool) {
	if o, offered := u.seen.calls.offer(u.channel); offered && u.at == pageCalls {
		return app.OfferSound(o.Channel), u.seen.calls.sound, true
	}
	if u.at == pageCalls {
		c, there := u.seen.call()
		return app.CallSound(c.Channel), u.seen.calls.sound, there
	}
	now := u.now()
	return now.Stream, u.seen.sound, now.Open()
}

// toggleMute mutes what is watched, or lets it be heard again. Where nothing can be heard it says why.
func (u *UI) toggleMute() {
	name, h, ok := u.soundOf()
	if !ok {
		return
	}
	if h.trouble != nil {
		u.notice(lang.L("There is no sound"), h.trouble)
		return
	}
	next := app.HeardNever
	if !h.heard {
		next = app.HeardInFocus
	}
	u.choice(func(acc app.Account) error {
		if next == app.HeardInFocus && u.app.Sound.Volume(acc, name) == 0 {
			return u.app.Sound.Louder(acc, name, 3)
		}
		return u.app.Sound.Hear(acc, name, next)
	})
}

// toggleAlways lets the stream in the focus be heard beside others, or only while it has the focus.
func (u *UI) toggleAlways() {
	name, h, ok := u.soundOf()
	if !ok {
		return
	}
	next, text := app.HeardAlways, lang.L("{{.Stream}} is always heard, whichever picture has the focus.", values{"Stream": name})
	if h.always {
		next, text = app.HeardInFocus, lang.L("{{.Stream}} is heard while it has the focus.", values{"Stream": name})
	}
	u.choice(func(acc app.Account) error { return u.app.Sound.Hear(acc, name, next) })
	u.say(text, "", nil)
}

func (u *UI) louder()  { u.changeVolume(1) }
func (u *UI) quieter() { u.changeVolume(-1) }

func (u *UI) changeVolume(steps int) {
	if name, _, ok := u.soundOf(); ok {
		u.choice(func(acc app.Account) error { return u.app.Sound.Louder(acc, name, steps) })
	}
}

// choice makes a choice about sound, which is kept on the disk.
func (u *UI) choice(do func(app.Account) error) {
	acc := u.app.Account().Get()
	if acc == nil {
		return
	}
	u.binder.work(func(context.Context) error { return do(acc) }, func(err error) {
		if err != nil {
			u.notice(lang.L("The choice is not kept"), err)
		}
		u.binder.invalidate()
	})
}
