package ui

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
)

// showKeys shows the table of keys.
func (u *UI) showKeys() {
	groups := map[string]*fyne.Container{}
	var order []*fyne.Container
	for _, c := range u.commands {
		if c.what == "" {
			continue
		}
		g := groups[c.group]
		if g == nil {
			g = column(2, newCaption(c.group, colorQuiet).small().bold())
			groups[c.group] = g
			order = append(order, g)
		}
		caps := row(space1)
		for _, cap := range c.caps {
			caps.Add(newKeycap(cap))
		}
		g.Add(newEdges(nil, nil, nil, caps, newCaption(c.what, theme.ColorNameForeground).cut(0)))
	}
	columns := make([]fyne.CanvasObject, 0, 3)
	first, second := thirds(order)
	for _, groups := range [][]*fyne.Container{order[:first], order[first:second], order[second:]} {
		here := column(space3)
		for _, g := range groups {
			here.Add(g)
		}
		columns = append(columns, here)
	}
	u.open(sheetPlan{title: lang.L("Keys"), width: 1040, body: container.New(evenly{perRow: len(columns), gap: space4}, columns...)})
}

// thirds finds where to part groups into three columns, none of them higher than has to be.
func thirds(groups []*fyne.Container) (first, second int) {
	height := func(groups []*fyne.Container) (h float32) {
		for _, g := range groups {
			h += g.MinSize().Height + space3
		}
		return h
	}
	least := float32(math.MaxFloat32)
	for i := range groups {
		for j := i; j < len(groups); j++ {
			if h := max(height(groups[:i]), height(groups[i:j]), height(groups[j:])); h < least {
				least, first, second = h, i, j
			}
		}
	}
	return first, second
}

// newKeycap is a key as it looks on a keyboard.
func newKeycap(text string) fyne.CanvasObject {
	back := newGround(colorRaised)
	back.radius = space1
	back.least = fyne.NewSize(28, 22)
	c := newCaption(text, theme.ColorNameForeground).small()
	c.align = fyne.TextAlignCenter
	return container.NewStack(back, padded(c, 0, 0, space2, space2))
}
