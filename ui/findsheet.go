package ui

import (
	"fyne.io/fyne/v2"
)

// mostFound is how many findings a sheet offers at a time.
const mostFound = 7

// finding is something that fits what was written: what it is called, and what choosing it does.
type finding struct {
	label  string
	choose func()
}

// finder is what a sheet asks for that finds one of many by a part of its name.
type finder struct {
	title   string
	hint    string
	confirm string // chooses the first
	nothing string // said when nothing fits
	find    func(text string) []finding
}

// showFinder asks for one of many. What fits is listed while it is written; Enter chooses the first, Tab reaches the others.
func (u *UI) showFinder(f finder) {
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	field := newEntry(f.hint)
	field.keys = keys
	list := column(space1)
	buttons := make([]*button, mostFound)
	for i := range buttons {
		buttons[i] = newButton("", "", flat, nil)
		buttons[i].wide, buttons[i].keys = true, keys
		list.Add(buttons[i])
	}
	var found []finding
	choose := func(i int) {
		if i < len(found) {
			s.hide()
			found[i].choose()
		}
	}
	read := func() {
		found = f.find(field.Text)
		found = found[:min(len(found), mostFound)]
		for i, b := range buttons {
			text := ""
			if i < len(found) {
				text = found[i].label
			}
			b.tapped = func() { choose(i) }
			b.setText(text, "")
			setVisible(b, text != "")
		}
		why := ""
		if len(found) == 0 {
			why = f.nothing
		}
		s.enable(len(found) > 0, why)
		s.fit()
	}
	field.OnChanged = func(string) { read() }
	field.OnSubmitted = func(string) { s.submit() }
	s = u.open(sheetPlan{
		title: f.title, confirm: f.confirm, weight: primary, do: func(*sheet) { choose(0) },
		body: column(space3, field, list), focus: func() fyne.Focusable { return field },
	})
	read()
}
