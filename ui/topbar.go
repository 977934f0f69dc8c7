package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
)

// page is one of the things that the window can be about.
type page int

const (
	pageWatch page = iota
	pageRecord
	pageCalls
	pagesEnd
)

// pageName is what is written on a page's tab.
func pageName(p page) string {
	switch p {
	case pageRecord:
		return lang.L("Record")
	case pageCalls:
		return lang.L("Calls")
	default:
		return lang.L("Watch")
	}
}

// tabs names the pages and turns to one of them.
type tabs struct {
	box    *fyne.Container
	unders []*ground
}

// newTabs makes a tab for each page; button makes the button of one.
func newTabs(button func(page) *button) *tabs {
	t := &tabs{box: row(space1)}
	for p := range pagesEnd {
		under := newGround(theme.ColorNamePrimary)
		under.least = fyne.NewSize(1, 2)
		t.unders = append(t.unders, under)
		t.box.Add(newEdges(nil, under, nil, nil, button(p)))
	}
	return t
}

// show underlines the page that is open.
func (t *tabs) show(open page) {
	for p, under := range t.unders {
		name := theme.ColorNamePrimary
		if page(p) != open {
			name = colorSurface
		}
		if under.color != name {
			under.color = name
			under.Refresh()
		}
	}
}

// newTopBar holds the pages and what belongs to the whole window.
func newTopBar(t *tabs, keys, appearance *button) *fyne.Container {
	bar := newEdges(nil, newRule(), nil, nil,
		padded(newEdges(nil, nil, t.box, container.NewCenter(row(space1, keys, appearance)), nil), 0, 0, space2, space2))
	return container.New(sized{height: barHeight}, bar)
}
