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
	var order []*fyne.Container
	rows := 0
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
		rows++
		caps := row(space1)
		for _, cap := range c.caps {
			caps.Add(newKeycap(cap))
		}
		g.Add(newEdges(nil, nil, nil, caps, newCaption(c.what, theme.ColorNameForeground).cut(0)))
	}
	const across = 3
	columns := make([]fyne.CanvasObject, 0, across)
	for filled := 0; len(order) > 0; {
		here := column(space3)
		for len(order) > 0 && (filled < rows*(len(columns)+1)/across || len(columns) == across-1) {
			here.Add(order[0])
			filled += len(order[0].Objects) - 1 // but its heading
			order = order[1:]
		}
		columns = append(columns, here)
	}
	u.open(sheetPlan{title: lang.L("Keys"), width: 1040, body: container.New(evenly{perRow: across, gap: space4}, columns...)})
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
