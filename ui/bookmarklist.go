package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// bookmarkList is a recycling list of bookmarks. The arrow keys choose one, Enter goes to it, Delete takes it away.
type bookmarkList struct {
	widget.List
	step          func(by int)
	enter, remove func()
	keys          func(*fyne.KeyEvent)
}

func newBookmarkList() *bookmarkList {
	l := &bookmarkList{}
	l.HideSeparators = true
	l.CreateItem = func() fyne.CanvasObject { return newBookmarkRow() }
	l.ExtendBaseWidget(l)
	return l
}

func (l *bookmarkList) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyUp:
		l.step(-1)
	case fyne.KeyDown:
		l.step(1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		l.enter()
	case fyne.KeyDelete:
		l.remove()
	default:
		l.keys(ev)
	}
}

// bookmarkRow is a moment and a name.
type bookmarkRow struct {
	widget.BaseWidget
	when, name *caption
}

// momentWidth is that of a moment with its year and zone in small figures.
const momentWidth = 220

func newBookmarkRow() *bookmarkRow {
	r := &bookmarkRow{when: newCaption("", theme.ColorNameForeground).small().figures().cut(0), name: newCaption("", theme.ColorNameForeground).cut(0)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *bookmarkRow) show(b app.Bookmark) {
	r.when.set(instant(b.At, time.Now()))
	r.name.set(b.Name)
}

func (r *bookmarkRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(padded(newEdges(nil, nil, container.New(sized{width: momentWidth}, r.when), nil, r.name), space1, space1, space2, space2))
}
