package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// streamList is Fyne's recycling list with keys of its own. It is one stop of the Tab key; the row that is watched, or the
// first, has the focus then. Space and Enter open that row, or its menu when it is open already; every other key goes on to keys.
type streamList struct {
	widget.List
	rows    []rowText
	focused bool
	open    func(stream string)
	menu    func(stream string, at fyne.Position)

	keys      func(*fyne.KeyEvent)
	runes     func(rune)
	shortcuts func(*desktop.CustomShortcut) bool
}

var _ fyne.Shortcutable = (*streamList)(nil)

func newStreamList(open func(string), menu func(string, fyne.Position)) *streamList {
	l := &streamList{open: open, menu: menu}
	l.HideSeparators = true
	l.Length = func() int { return len(l.rows) }
	l.CreateItem = func() fyne.CanvasObject { return newStreamRow() }
	l.UpdateItem = func(i int, o fyne.CanvasObject) {
		row := l.rows[i]
		o.(*streamRow).show(row,
			func() { l.open(row.name) },
			func(at fyne.Position) { l.menu(row.name, at) })
	}
	l.ExtendBaseWidget(l)
	return l
}

// show replaces the rows; only those that differ are painted anew.
func (l *streamList) show(rows []rowText) {
	old := l.rows
	l.rows = rows
	if i := l.meant(); l.focused && i >= 0 {
		rows[i].focused = true
	}
	if len(old) != len(rows) {
		l.Refresh()
		return
	}
	for i := range rows {
		if rows[i] != old[i] {
			l.RefreshItem(i)
		}
	}
}

// meant is the row that keys mean; -1 when there is none.
func (l *streamList) meant() int {
	return max(slices.IndexFunc(l.rows, func(r rowText) bool { return r.watched }), min(0, len(l.rows)-1))
}

func (l *streamList) FocusGained() { l.focus(true) }
func (l *streamList) FocusLost()   { l.focus(false) }

func (l *streamList) focus(on bool) {
	l.focused = on
	rows := slices.Clone(l.rows)
	for i := range rows {
		rows[i].focused = false
	}
	l.show(rows)
}

func (l *streamList) TypedKey(ev *fyne.KeyEvent) {
	i := l.meant()
	switch ev.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if i >= 0 && l.rows[i].watched {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(l)
			y := float32(i)*(rowHeight+space1) - l.GetScrollOffset()
			l.menu(l.rows[i].name, at.AddXY(space4, y+rowHeight))
		} else if i >= 0 {
			l.open(l.rows[i].name)
		}
	default:
		l.keys(ev)
	}
}

func (l *streamList) TypedRune(r rune) { l.runes(r) }
func (l *streamList) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok {
		l.shortcuts(c)
	}
}
