package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// entry is Fyne's entry that gives back what it does not use: Escape and the arrow keys to keys, shortcuts with Ctrl to
// shortcuts.
type entry struct {
	widget.Entry
	keys      func(*fyne.KeyEvent)               // may be nil
	shortcuts func(*desktop.CustomShortcut) bool // may be nil
}

func newEntry(placeholder string) *entry {
	e := &entry{}
	e.PlaceHolder = placeholder
	e.ExtendBaseWidget(e)
	return e
}

func (e *entry) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape, fyne.KeyUp, fyne.KeyDown, fyne.KeyF5, fyne.KeyF11:
		if e.keys != nil {
			e.keys(ev)
		}
	default:
		e.Entry.TypedKey(ev)
	}
}

func (e *entry) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok && e.shortcuts != nil && e.shortcuts(c) {
		return
	}
	e.Entry.TypedShortcut(s)
}
