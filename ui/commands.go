package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
)

// command is something that a key does. There is no other table of keys.
type command struct {
	group  string
	what   string
	caps   []string // what is written on the keys, for people
	stroke []stroke
	do     func()
	kiosk  bool // works in a kiosk too
}

// stroke is a key with modifiers, or a character.
type stroke struct {
	key  fyne.KeyName
	mod  fyne.KeyModifier
	rune rune
}

func key(name fyne.KeyName) stroke  { return stroke{key: name} }
func ctrl(name fyne.KeyName) stroke { return stroke{key: name, mod: fyne.KeyModifierControl} }
func letter(r rune) stroke          { return stroke{rune: r} }
func altEnter() stroke              { return stroke{key: fyne.KeyReturn, mod: fyne.KeyModifierAlt} }
func ctrlShift(n fyne.KeyName) stroke {
	return stroke{key: n, mod: fyne.KeyModifierControl | fyne.KeyModifierShift}
}

// makeCommands lists what keys do.
func (u *UI) makeCommands() []command {
	watching, recording, streams, window := lang.L("Watching"), lang.L("Recording"), lang.L("Streams"), lang.L("Window")
	return []command{
		{watching, lang.L("Other stream"), []string{"↑", "↓"}, []stroke{key(fyne.KeyUp)}, func() { u.step(-1) }, false},
		{"", "", nil, []stroke{key(fyne.KeyDown)}, func() { u.step(1) }, false},
		{watching, lang.L("Full screen"), []string{"F"}, []stroke{key(fyne.KeyF), key(fyne.KeyF11)}, u.toggleFullscreen, true},
		{watching, lang.L("Back"), []string{"Esc"}, []stroke{key(fyne.KeyEscape)}, u.back, false},

		{recording, lang.L("Record, or stop recording"), []string{"R"}, []stroke{letter('r'), ctrl(fyne.KeyR)}, u.recordHere, false},
		{recording, lang.L("Choose a source"), []string{"D"}, []stroke{letter('d')}, u.sourceKey, false},
		{recording, lang.L("More choices"), []string{"O"}, []stroke{letter('o')}, u.moreKey, false},
		{recording, lang.L("Check before a shift"), []string{"K"}, []stroke{letter('k')}, u.checkKey, false},
		{recording, lang.L("Marker"), []string{"M"}, []stroke{letter('m')}, u.mark, false},
		{recording, lang.L("Marker with words"), []string{"Shift", "M"}, []stroke{letter('M')}, u.showMarker, false},
		{recording, lang.L("Pause or resume the uploads"), []string{"P"}, []stroke{letter('p')}, u.togglePause, false},

		{streams, lang.L("New stream"), []string{"Ctrl", "N"}, []stroke{ctrl(fyne.KeyN)}, u.showNewStream, false},
		{streams, lang.L("Properties"), []string{"Alt", "Enter"}, []stroke{altEnter()}, func() { u.showProperties(u.seen.watching.Stream) }, false},
		{streams, lang.L("Delete the stream"), []string{"Del"}, []stroke{key(fyne.KeyDelete)}, u.deleteWatched, false},
		{streams, lang.L("Filter"), []string{"Ctrl", "F"}, []stroke{ctrl(fyne.KeyF)}, u.focusFilter, false},
		{streams, lang.L("Ask again"), []string{"F5"}, []stroke{key(fyne.KeyF5), ctrlShift(fyne.KeyR)}, u.app.Streams.Refresh, false},

		{window, lang.L("Watch"), []string{"Ctrl", "1"}, []stroke{ctrl(fyne.Key1)}, func() { u.turn(pageWatch) }, false},
		{window, lang.L("Record"), []string{"Ctrl", "2"}, []stroke{ctrl(fyne.Key2)}, func() { u.turn(pageRecord) }, false},
		{window, lang.L("Side bar"), []string{"Ctrl", "B"}, []stroke{ctrl(fyne.KeyB)}, u.toggleSidebar, false},
		{window, lang.L("Next control"), []string{"Tab"}, nil, nil, false},
		{window, lang.L("Keys"), []string{"?"}, []stroke{letter('?')}, u.showKeys, false},
		{window, lang.L("Quit"), []string{"Ctrl", "Q"}, []stroke{ctrl(fyne.KeyQ)}, u.askQuit, true},
	}
}

// typed runs the command of a key that nothing else has used.
func (u *UI) typed(ev *fyne.KeyEvent) {
	if u.sheet != nil {
		u.sheet.key(ev)
		return
	}
	u.run(stroke{key: ev.Name})
}

// typedRune runs the command of a character that nothing else has used.
func (u *UI) typedRune(r rune) {
	if u.sheet == nil {
		u.run(stroke{rune: r})
	}
}

// shortcut runs the command of a key with modifiers, whatever has the focus, and reports whether there is one.
func (u *UI) shortcut(s *desktop.CustomShortcut) bool {
	return u.sheet == nil && u.run(stroke{key: s.KeyName, mod: s.Modifier})
}

func (u *UI) run(s stroke) bool {
	for _, c := range u.commands {
		for _, own := range c.stroke {
			if own == s && (c.kiosk || !u.options.Kiosk) {
				c.do()
				return true
			}
		}
	}
	return false
}
