package ui

import (
	"time"

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
	on     where
}

// where a command works.
type where int

const (
	everywhere where = iota
	watchPageOnly
	recordPageOnly
	callPageOnly
)

// open reports whether a command of that place works on a page.
func (w where) open(p page) bool {
	return w == everywhere || w == watchPageOnly && p == pageWatch || w == recordPageOnly && p == pageRecord || w == callPageOnly && p == pageCalls
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
func shift(n fyne.KeyName) stroke   { return stroke{key: n, mod: fyne.KeyModifierShift} }
func alt(n fyne.KeyName) stroke     { return stroke{key: n, mod: fyne.KeyModifierAlt} }
func altEnter() stroke              { return stroke{key: fyne.KeyReturn, mod: fyne.KeyModifierAlt} }
func ctrlShift(n fyne.KeyName) stroke {
	return stroke{key: n, mod: fyne.KeyModifierControl | fyne.KeyModifierShift}
}

// makeCommands lists what keys do.
func (u *UI) makeCommands() []command {
	watching, recording, streams, window := lang.L("Watching"), lang.L("Recording"), lang.L("Streams"), lang.L("Window")
	moving, calling := lang.L("Time"), lang.L("Calls")
	w := func(group, what string, caps []string, do func(), strokes ...stroke) command {
		return command{group, what, caps, strokes, do, false, watchPageOnly}
	}
	return []command{
		w(moving, lang.L("Play or pause"), []string{"Space"}, u.togglePlay, key(fyne.KeySpace)),
		w(moving, lang.L("Backwards; again: faster"), []string{"J"}, u.playBackwards, letter('j')),
		w(moving, lang.L("Stand still"), []string{"K"}, u.standStill, letter('k')),
		w(moving, lang.L("Forwards; again: faster"), []string{"L"}, u.playForwards, letter('l')),
		w(moving, lang.L("Live"), []string{"Shift", "L"}, u.goLive, letter('L')),
		w(moving, lang.L("Slower, faster"), []string{"<", ">"}, func() { u.changeSpeed(-1) }, letter('<')),
		w("", "", nil, func() { u.changeSpeed(1) }, letter('>')),
		w(moving, lang.L("Leap over gaps, or go through"), []string{"H"}, u.toggleGaps, letter('h')),
		w(moving, lang.L("5 seconds"), []string{"←", "→"}, func() { u.moveBy(-5 * time.Second) }, key(fyne.KeyLeft)),
		w("", "", nil, func() { u.moveBy(5 * time.Second) }, key(fyne.KeyRight)),
		w(moving, lang.L("1 second"), []string{"Shift", "←", "→"}, func() { u.moveBy(-time.Second) }, shift(fyne.KeyLeft)),
		w("", "", nil, func() { u.moveBy(time.Second) }, shift(fyne.KeyRight)),
		w(moving, lang.L("One picture"), []string{",", "."}, func() { u.stepBy(-1) }, letter(',')),
		w("", "", nil, func() { u.stepBy(1) }, letter('.')),
		w(moving, lang.L("Go to a time"), []string{"G"}, u.showGoTo, letter('g')),
		w(moving, lang.L("Recording before, after"), []string{"Ctrl", "←", "→"}, func() { u.nextSpan(false) }, ctrl(fyne.KeyLeft)),
		w("", "", nil, func() { u.nextSpan(true) }, ctrl(fyne.KeyRight)),
		w(moving, lang.L("Fragment after, before"), []string{"N", "Shift", "N"}, func() { u.goBeside(true) }, letter('n')),
		w("", "", nil, func() { u.goBeside(false) }, letter('N')),
		w(moving, lang.L("Marker or tag before, after"), []string{"Alt", "←", "→"}, func() { u.nextMark(false) }, alt(fyne.KeyLeft)),
		w("", "", nil, func() { u.nextMark(true) }, alt(fyne.KeyRight)),
		w(moving, lang.L("Timeline: closer, wider, all of it"), []string{"+", "-", "0"}, func() { u.page.times.zoom(2) }, letter('+'), letter('=')),
		w("", "", nil, func() { u.page.times.zoom(0.5) }, letter('-')),
		w("", "", nil, func() { u.page.times.whole() }, letter('0')),
		w(moving, lang.L("Timeline: earlier, later"), []string{"Page ↑", "Page ↓"}, func() { u.page.times.page(-0.8) }, key(fyne.KeyPageUp)),
		w("", "", nil, func() { u.page.times.page(0.8) }, key(fyne.KeyPageDown)),
		w(moving, lang.L("Timeline: all strips, or one"), []string{"T"}, u.toggleTimes, letter('t')),
		w(moving, lang.L("Time zone; other clock"), []string{"Z", "Shift", "Z"}, u.showZones, letter('z')),
		w("", "", nil, u.switchClock, letter('Z')),
		w(moving, lang.L("First picture; newest, or live"), []string{"Home", "End"}, u.goHome, key(fyne.KeyHome)),
		w("", "", nil, u.goEnd, key(fyne.KeyEnd)),
		w(moving, lang.L("Chosen time begins, ends"), []string{"I", "O"}, u.chooseIn, letter('i')),
		w("", "", nil, u.chooseOut, letter('o')),
		w(moving, lang.L("Choose no time"), []string{"X"}, u.chooseNothing, letter('x')),

		w(watching, lang.L("Marker in what is recorded, else bookmark"), []string{"M"}, u.markWatched, letter('m')),
		w(watching, lang.L("Take the bookmark here away"), []string{"Shift", "M"}, u.takeBookmark, letter('M')),
		w(watching, lang.L("Bookmarks"), []string{"B"}, u.showBookmarks, letter('b')),
		w(watching, lang.L("Save this picture"), []string{"S"}, u.snapshot, letter('s')),
		w(watching, lang.L("Export a clip"), []string{"C"}, u.showClip, letter('c')),
		w(watching, lang.L("Exports"), []string{"Shift", "C"}, u.showExports, letter('C')),
		w(watching, lang.L("Copy a link to this moment"), []string{"Ctrl", "L"}, func() { u.copyLink(false) }, ctrl(fyne.KeyL)),
		w(watching, lang.L("Copy a link to the chosen time"), []string{"Ctrl", "Shift", "L"}, func() { u.copyLink(true) }, ctrlShift(fyne.KeyL)),
		w(watching, lang.L("Inspector"), []string{"Ctrl", "I"}, u.toggleInspector, ctrl(fyne.KeyI)),
		w(watching, lang.L("One of several streams"), []string{"1", "…", "4"}, func() { u.focusTile(0) }, letter('1')),
		w("", "", nil, func() { u.focusTile(1) }, letter('2')),
		w("", "", nil, func() { u.focusTile(2) }, letter('3')),
		w("", "", nil, func() { u.focusTile(3) }, letter('4')),
		w(watching, lang.L("Add a stream to this view"), []string{"A"}, u.showBeside, letter('a')),
		w(watching, lang.L("Take it out of this view"), []string{"⌫"}, func() { u.takeAway(u.now().Stream) }, key(fyne.KeyBackspace)),
		w(watching, lang.L("Heard beside the others, or not"), []string{"Shift", "V"}, u.toggleAlways, letter('V')),
		{watching, lang.L("Other stream, same time"), []string{"↑", "↓"}, []stroke{key(fyne.KeyUp)}, func() { u.step(-1) }, false, everywhere},
		{"", "", nil, []stroke{key(fyne.KeyDown)}, func() { u.step(1) }, false, everywhere},
		{watching, lang.L("Full screen"), []string{"F"}, []stroke{key(fyne.KeyF), key(fyne.KeyF11)}, u.toggleFullscreen, true, everywhere},
		{watching, lang.L("Back"), []string{"Esc"}, []stroke{key(fyne.KeyEscape)}, u.back, false, everywhere},

		{recording, lang.L("Record, or stop recording"), []string{"R"}, []stroke{letter('r'), ctrl(fyne.KeyR)}, u.recordHere, false, everywhere},
		{recording, lang.L("Choose a source"), []string{"D"}, []stroke{letter('d')}, u.sourceKey, false, recordPageOnly},
		{recording, lang.L("More choices"), []string{"O"}, []stroke{letter('o')}, u.moreKey, false, recordPageOnly},
		{recording, lang.L("Check before a shift"), []string{"K"}, []stroke{letter('k')}, u.checkKey, false, recordPageOnly},
		{recording, lang.L("Marker"), []string{"M"}, []stroke{letter('m')}, u.mark, false, recordPageOnly},
		{recording, lang.L("Marker with words"), []string{"Shift", "M"}, []stroke{letter('M')}, u.showMarker, false, recordPageOnly},
		{recording, lang.L("Pause or resume the uploads"), []string{"P"}, []stroke{letter('p')}, u.togglePause, false, recordPageOnly},

		{calling, lang.L("Call the channel"), []string{"D"}, []stroke{letter('d')}, u.callAgain, false, callPageOnly},
		{calling, lang.L("Offer a camera on it"), []string{"O"}, []stroke{letter('o')}, u.showOffer, false, callPageOnly},
		{calling, lang.L("Hang up, or end the offer"), []string{"H"}, []stroke{letter('h')}, u.hangUp, false, callPageOnly},
		{calling, lang.L("Talk while it is held"), []string{"Space"}, nil, nil, false, callPageOnly},
		{calling, lang.L("Talk, and end talking"), []string{"T"}, []stroke{letter('t')}, u.toggleTalk, false, callPageOnly},
		{calling, lang.L("Chat and commands"), []string{"C"}, []stroke{letter('c')}, u.toggleChat, false, callPageOnly},
		{"", "", nil, []stroke{letter('v')}, u.toggleMute, false, callPageOnly},
		{"", "", nil, []stroke{shift(fyne.KeyUp)}, u.louder, false, callPageOnly},
		{"", "", nil, []stroke{shift(fyne.KeyDown)}, u.quieter, false, callPageOnly},
		{calling, lang.L("Statistics"), []string{"Ctrl", "Shift", "S"}, []stroke{ctrlShift(fyne.KeyS)}, u.toggleFigures, false, callPageOnly},
		{calling, lang.L("Save this picture"), []string{"S"}, []stroke{letter('s')}, u.snapshotCall, false, callPageOnly},
		{calling, lang.L("New channel"), []string{"Ctrl", "Shift", "N"}, []stroke{ctrlShift(fyne.KeyN)}, u.showNewChannel, false, everywhere},

		w(watching, lang.L("Sound, volume"), []string{"V", "Shift", "↑", "↓"}, u.toggleMute, letter('v')),
		w("", "", nil, u.louder, shift(fyne.KeyUp)),
		w("", "", nil, u.quieter, shift(fyne.KeyDown)),
		{streams, lang.L("New stream"), []string{"Ctrl", "N"}, []stroke{ctrl(fyne.KeyN)}, u.showNewStream, false, everywhere},
		{streams, lang.L("Properties"), []string{"Alt", "Enter"}, []stroke{altEnter()}, func() { u.showProperties(u.seen.watching.Stream) }, false, everywhere},
		{streams, lang.L("Delete the stream"), []string{"Del"}, []stroke{key(fyne.KeyDelete)}, u.deleteWatched, false, everywhere},
		{streams, lang.L("Filter"), []string{"Ctrl", "F"}, []stroke{ctrl(fyne.KeyF)}, u.focusFilter, false, everywhere},
		{streams, lang.L("Ask again"), []string{"F5"}, []stroke{key(fyne.KeyF5), ctrlShift(fyne.KeyR)}, u.app.Streams.Refresh, false, everywhere},

		{window, lang.L("Watch"), []string{"Ctrl", "1"}, []stroke{ctrl(fyne.Key1)}, func() { u.turn(pageWatch) }, false, everywhere},
		{window, lang.L("Record"), []string{"Ctrl", "2"}, []stroke{ctrl(fyne.Key2)}, func() { u.turn(pageRecord) }, false, everywhere},
		{window, lang.L("Calls"), []string{"Ctrl", "3"}, []stroke{ctrl(fyne.Key3)}, func() { u.turn(pageCalls) }, false, everywhere},
		{window, lang.L("Side bar"), []string{"Ctrl", "B"}, []stroke{ctrl(fyne.KeyB)}, u.toggleSidebar, false, everywhere},
		{window, lang.L("Next control"), []string{"Tab"}, nil, nil, false, everywhere},
		{window, lang.L("Keys"), []string{"?"}, []stroke{letter('?')}, u.showKeys, false, everywhere},
		{window, lang.L("Quit"), []string{"Ctrl", "Q"}, []stroke{ctrl(fyne.KeyQ)}, u.askQuit, true, everywhere},
	}
}

// typed runs the command of a key that nothing else has used.
func (u *UI) typed(ev *fyne.KeyEvent) {
	if u.sheet != nil {
		u.sheet.key(ev)
		return
	}
	if u.modifiers() == fyne.KeyModifierShift && u.run(stroke{key: ev.Name, mod: fyne.KeyModifierShift}) {
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
			if own == s && c.on.open(u.at) && (c.kiosk || !u.options.Kiosk) {
				c.do()
				return true
			}
		}
	}
	return false
}
