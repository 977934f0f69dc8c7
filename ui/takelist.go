package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// takeList is the recycling list of takes, with keys of its own. It is one stop of the Tab key; the arrow keys choose a take,
// Enter opens its menu; every other key goes on to keys. A take is put into words only when its row is seen.
type takeList struct {
	widget.List
	model   model
	chosen  string // a take's ID
	focused bool
	play    func(take string)
	menu    func(take app.Take, at fyne.Position)

	keys      func(*fyne.KeyEvent)
	runes     func(rune)
	shortcuts func(*desktop.CustomShortcut) bool
}

var _ fyne.Shortcutable = (*takeList)(nil)

func newTakeList(play func(string), menu func(app.Take, fyne.Position)) *takeList {
	l := &takeList{play: play, menu: menu}
	l.HideSeparators = true
	l.Length = func() int { return len(l.model.takes) }
	l.CreateItem = func() fyne.CanvasObject { return newTakeRow() }
	l.UpdateItem = func(i int, o fyne.CanvasObject) {
		t := l.model.takes[i]
		text := takeTextOf(&l.model, t)
		text.focused = l.focused && i == l.meant()
		o.(*takeRow).show(text, func() { l.choose(t.ID) }, func() { l.play(t.ID) },
			func(at fyne.Position) { l.choose(t.ID); l.menu(t, at) })
	}
	l.ExtendBaseWidget(l)
	return l
}

// show replaces the takes. Of rows that are not seen nothing is computed, and nothing is painted while those that are say the
// same as before.
func (l *takeList) show(m *model) {
	before := l.model
	l.model = *m
	if len(m.takes) != len(before.takes) {
		l.Refresh()
		return
	}
	first := int(l.GetScrollOffset() / (takeHeight + space1))
	last := min(len(m.takes), first+2+int(l.Size().Height/(takeHeight+space1)))
	for i := min(first, last); i < last; i++ {
		if takeTextOf(m, m.takes[i]) != takeTextOf(&before, before.takes[i]) {
			l.Refresh()
			return
		}
	}
}

// meant is the take that keys mean.
func (l *takeList) meant() int {
	for i, t := range l.model.takes {
		if t.ID == l.chosen {
			return i
		}
	}
	return 0
}

func (l *takeList) choose(id string) {
	l.chosen = id
	l.Refresh()
}

func (l *takeList) FocusGained() { l.focused = true; l.Refresh() }
func (l *takeList) FocusLost()   { l.focused = false; l.Refresh() }

func (l *takeList) step(by int) {
	if n := len(l.model.takes); n > 0 {
		i := min(max(l.meant()+by, 0), n-1)
		l.choose(l.model.takes[i].ID)
		l.ScrollTo(i)
	}
}

func (l *takeList) TypedKey(ev *fyne.KeyEvent) {
	i := l.meant()
	switch ev.Name {
	case fyne.KeyUp:
		l.step(-1)
	case fyne.KeyDown:
		l.step(1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if i < len(l.model.takes) {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(l)
			y := float32(i)*(takeHeight+space1) - l.GetScrollOffset()
			l.menu(l.model.takes[i], at.AddXY(space4, y+takeHeight))
		}
	default:
		l.keys(ev)
	}
}

func (l *takeList) TypedRune(r rune) { l.runes(r) }
func (l *takeList) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok {
		l.shortcuts(c)
	}
}
