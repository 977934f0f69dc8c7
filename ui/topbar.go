package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
)

// newTopBar names the page and holds what belongs to the whole window.
func newTopBar(keys, appearance *button) *fyne.Container {
	page := newCaption(lang.L("Watch"), theme.ColorNameForeground).bold()
	under := newGround(theme.ColorNamePrimary)
	under.least = fyne.NewSize(1, 2)
	tab := newEdges(nil, under, nil, nil, page)
	bar := newEdges(nil, newRule(), nil, nil,
		padded(newEdges(nil, nil, tab, container.NewCenter(row(space1, keys, appearance)), nil), 0, 0, space3, space2))
	return container.New(sized{height: barHeight}, container.NewStack(newGround(colorSurface), bar))
}
