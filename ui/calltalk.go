package ui

import (
	"errors"
	"io/fs"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
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

// stageOfMute says over the picture what a person has to do before anybody can talk here; ok is false when that is nothing.
func stageOfMute(err error) (s stage, ok bool) {
	s = stage{picture: true, alarm: true, symbol: "microphone", offers: []offer{offerForgetMute}}
	switch {
	case errors.Is(err, fs.ErrPermission):
		s.title = lang.L("The microphone may not be used")
		s.lines = []string{lang.L("This computer does not let Kinora hear. {{.Why}}", values{"Why": sentence(err)})}
	case errors.Is(err, app.ErrNoMicrophone):
		s.title = lang.L("There is no microphone")
		s.lines = []string{lang.L("Connect one, or choose one on the Record page, then talk again. You see and hear the other side without it.")}
	default:
		return stage{}, false
	}
	return s, true
}

// tellMute says why nobody can talk, once, unless it stands over the picture.
func (u *UI) tellMute(m *model) {
	c, _ := m.call()
	if _, stands := stageOfMute(c.Mute); c.Mute != nil && u.muted != c.Mute && !stands {
		u.say(lang.L("Nobody hears you. {{.Why}}", values{"Why": sentence(c.Mute)}), "", nil)
	}
	u.muted = c.Mute
}
