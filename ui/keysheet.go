package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
)

// showKeys shows the table of keys.
func (u *UI) showKeys() {
	groups := map[string]*fyne.Container{}
	var order []fyne.CanvasObject
	for _, c := range u.commands {
		if c.what == "" {
			continue
		}
		g := groups[c.group]
		if g == nil {
			g = column(space1, newCaption(c.group, colorQuiet).small().bold())
			groups[c.group] = g
			order = append(order, g)
		}
		caps := row(space1)
		for _, cap := range c.caps {
			caps.Add(newKeycap(cap))
		}
		g.Add(newEdges(nil, nil, nil, caps, newCaption(c.what, theme.ColorNameForeground).cut(0)))
	}
	half := (len(order) + 1) / 2
	u.open(sheetPlan{title: lang.L("Keys"), width: 720, body: container.New(evenly{perRow: 2, gap: space4},
		column(space3, order[:half]...), column(space3, order[half:]...))})
}

// newKeycap is a key as it looks on a keyboard.
func newKeycap(text string) fyne.CanvasObject {
	back := newGround(colorRaised)
	back.radius = space1
	back.least = fyne.NewSize(28, 24)
	c := newCaption(text, theme.ColorNameForeground).small()
	c.align = fyne.TextAlignCenter
	return container.NewStack(back, padded(c, 0, 0, space2, space2))
}
