package ui

import (
	"cmp"
	"slices"

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
	for _, groups := range evenColumns(order, 3) {
		here := column(space3)
		for _, g := range groups {
			here.Add(g)
		}
		columns = append(columns, here)
	}
	u.open(sheetPlan{title: lang.L("Keys"), width: 1040, body: container.New(evenly{perRow: len(columns), gap: space4}, columns...)})
}

// evenColumns distributes groups over so many columns of about the same height: the highest first, each to where there is least. In a
// column groups stay in their order.
func evenColumns(groups []*fyne.Container, n int) [][]*fyne.Container {
	height := func(i int) float32 { return groups[i].MinSize().Height + space3 }
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(height(b), height(a)) })
	members, heights := make([][]int, n), make([]float32, n)
	for _, i := range order {
		least := 0
		for c := range heights {
			if heights[c] < heights[least] {
				least = c
			}
		}
		members[least] = append(members[least], i)
		heights[least] += height(i)
	}
	columns := make([][]*fyne.Container, n)
	for c, of := range members {
		slices.Sort(of)
		for _, i := range of {
			columns[c] = append(columns[c], groups[i])
		}
	}
	return columns
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
