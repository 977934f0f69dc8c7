package ui

import (
	"fyne.io/fyne/v2"
)

// choices is a row or column of buttons of which one is chosen. Each can be reached with Tab; Space and Enter choose.
type choices struct {
	box     *fyne.Container
	buttons []*button
	chosen  int
	changed func(int)
}

// newChoices lays the labels out beside one another, or below one another when they are many or long. Keys that the
// buttons do not use go to keys.
func newChoices(labels []string, symbols []string, below bool, keys func(*fyne.KeyEvent), changed func(int)) *choices {
	c := &choices{changed: changed}
	objects := make([]fyne.CanvasObject, len(labels))
	for i, label := range labels {
		b := newButton(label, "", normal, func() { c.choose(i) })
		if symbols != nil {
			b.symbol = symbols[i]
		}
		b.wide = below
		b.keys = func(ev *fyne.KeyEvent) {
			switch ev.Name {
			case fyne.KeyLeft, fyne.KeyUp:
				c.step(-1)
			case fyne.KeyRight, fyne.KeyDown:
				c.step(1)
			default:
				keys(ev)
			}
		}
		c.buttons = append(c.buttons, b)
		objects[i] = b
	}
	if below {
		c.box = column(space1, objects...)
	} else {
		c.box = row(space1, objects...)
	}
	return c
}

// choose marks the choice i and tells of it.
func (c *choices) choose(i int) {
	c.chosen = i
	for n, b := range c.buttons {
		b.choose(n == i)
	}
	c.changed(i)
}

// step chooses the next or the previous one and moves the focus to it.
func (c *choices) step(by int) {
	i := min(max(c.chosen+by, 0), len(c.buttons)-1)
	c.choose(i)
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(c.buttons[i]); canvas != nil {
		canvas.Focus(c.buttons[i])
	}
}
