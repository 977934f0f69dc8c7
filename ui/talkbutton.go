package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
)

// talkButton is held while somebody talks. Space and Enter, while it has the focus, begin and end talking.
type talkButton struct {
	button
	hold   func(on bool)
	toggle func()
}

var _ desktop.Mouseable = (*talkButton)(nil)

func newTalkButton(hold func(on bool), toggle func()) *talkButton {
	b := &talkButton{hold: hold, toggle: toggle}
	b.text, b.symbol, b.weight = lang.L("Talk"), "microphone", flat
	b.ExtendBaseWidget(b)
	return b
}

func (b *talkButton) MouseDown(ev *desktop.MouseEvent) {
	if ev.Button == desktop.MouseButtonPrimary && !b.disabled {
		b.hold(true)
	}
}

func (b *talkButton) MouseUp(ev *desktop.MouseEvent) {
	if ev.Button == desktop.MouseButtonPrimary {
		b.hold(false)
	}
}

// MouseOut ends talking too: the release of a button is not seen outside.
func (b *talkButton) MouseOut() {
	b.button.MouseOut()
	b.hold(false)
}

func (b *talkButton) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if !b.disabled {
			b.toggle()
		}
	default:
		b.button.TypedKey(ev)
	}
}
