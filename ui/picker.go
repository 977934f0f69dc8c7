package ui

import (
	"fyne.io/fyne/v2"
)

// picker is a button that shows what is chosen and opens a menu of what else could be.
type picker struct {
	*button
	box   *fyne.Container // with its name above it
	items func() []*fyne.MenuItem
}

// newPicker makes a picker with a name. menu shows a menu below the button.
func newPicker(name, symbol string, menu func(below fyne.CanvasObject, m *fyne.Menu), items func() []*fyne.MenuItem) *picker {
	p := &picker{items: items}
	p.button = newButton("", symbol, normal, func() {
		if list := p.items(); len(list) > 0 {
			menu(p.button, fyne.NewMenu("", list...))
		}
	})
	p.hint, p.wide, p.trailing = name, true, "expand"
	p.box = field(name, p.button)
	return p
}

// choiceItems makes a menu of labels, of which chosen is marked; choose is called with the one that is picked.
func choiceItems(labels []string, chosen int, choose func(int)) []*fyne.MenuItem {
	items := make([]*fyne.MenuItem, len(labels))
	for i, label := range labels {
		items[i] = fyne.NewMenuItem(label, func() { choose(i) })
		items[i].Checked = i == chosen
	}
	return items
}

// flush puts a flat button's symbol in line with what is above and below it.
func flush(b *button) *fyne.Container { return padded(b, 0, 0, -buttonInset, 0) }

// newToggle is a button that is on or off.
func newToggle(text string, on bool, keys func(*fyne.KeyEvent), changed func(bool)) *button {
	b := newButton(text, "unchecked", flat, nil)
	b.keys, b.wide = keys, true
	if on {
		b.symbol = "checked"
	}
	b.tapped = func() {
		on = !on
		if on {
			b.setText(text, "checked")
		} else {
			b.setText(text, "unchecked")
		}
		changed(on)
	}
	return b
}
