package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
)

// holdToTalk begins or ends talking by something that is held: the button, or Space. It leaves alone what was begun to stay.
func (u *UI) holdToTalk(on bool) {
	if on && !u.seen.talking() || on == u.held {
		return
	}
	if on && u.seen.calls.last.Talking {
		return
	}
	u.held = on
	u.talk(on)
}

// toggleTalk begins talking to stay, or ends it.
func (u *UI) toggleTalk() {
	if c, there := u.seen.call(); there && (u.seen.talking() || c.Talking) {
		u.held = false
		u.talk(!c.Talking)
	}
}

func (u *UI) talk(on bool) {
	if on {
		u.app.Calls.UseMicrophone(u.plan.Settings.Microphone)
	}
	u.app.Calls.Talk(on)
}

// heldKeys lets Space be held to talk while the Calls page is seen and nothing has the focus that uses it.
func (u *UI) heldKeys() {
	c, ok := u.window.Canvas().(desktop.Canvas)
	if !ok {
		return
	}
	c.SetOnKeyDown(func(ev *fyne.KeyEvent) {
		if ev.Name == fyne.KeySpace && u.at == pageCalls && u.sheet == nil {
			u.holdToTalk(true)
		}
	})
	c.SetOnKeyUp(func(ev *fyne.KeyEvent) {
		if ev.Name == fyne.KeySpace {
			u.holdToTalk(false)
		}
	})
}

// tellMute says why nobody can talk, once.
func (u *UI) tellMute(m *model) {
	c, _ := m.call()
	if c.Mute != nil && u.muted != c.Mute {
		u.say(lang.L("Nobody hears you. {{.Why}}", values{"Why": sentence(c.Mute)}), "", nil)
	}
	u.muted = c.Mute
}
