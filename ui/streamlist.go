package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// streamList is Fyne's recycling list with keys of its own: it is one stop of the Tab key, and all keys that arrive while it has
// the focus go on to keys. The row that is watched is the one that the keys mean.
type streamList struct {
	widget.List
	rows []rowText
	open func(stream string)
	menu func(stream string, at fyne.Position)

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

// reveal scrolls to the watched row.
func (l *streamList) reveal() {
	for i, r := range l.rows {
		if r.watched {
			l.ScrollTo(i)
		}
	}
}

func (l *streamList) TypedKey(ev *fyne.KeyEvent) { l.keys(ev) }
func (l *streamList) TypedRune(r rune)           { l.runes(r) }
func (l *streamList) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok {
		l.shortcuts(c)
	}
}
