package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// pointerArea lies over the picture and tells of the pointer.
type pointerArea struct {
	widget.BaseWidget
	moved  func()
	double func()
	tapped func(at fyne.Position)
	hidden bool // no pointer is drawn
}

var (
	_ desktop.Hoverable   = (*pointerArea)(nil)
	_ desktop.Cursorable  = (*pointerArea)(nil)
	_ fyne.DoubleTappable = (*pointerArea)(nil)
	_ desktop.Mouseable   = (*pointerArea)(nil)
)

func newPointerArea(moved, double func(), tapped func(fyne.Position)) *pointerArea {
	p := &pointerArea{moved: moved, double: double, tapped: tapped}
	p.ExtendBaseWidget(p)
	return p
}

func (p *pointerArea) MouseIn(*desktop.MouseEvent)    { p.moved() }
func (p *pointerArea) MouseMoved(*desktop.MouseEvent) { p.moved() }
func (p *pointerArea) MouseOut()                      {}
func (p *pointerArea) DoubleTapped(*fyne.PointEvent)  { p.double() }
func (p *pointerArea) MouseUp(*desktop.MouseEvent)    {}
func (p *pointerArea) MouseDown(ev *desktop.MouseEvent) {
	if ev.Button == desktop.MouseButtonPrimary {
		p.tapped(ev.Position)
	}
}
func (p *pointerArea) Cursor() desktop.Cursor {
	if p.hidden {
		return desktop.HiddenCursor
	}
	return desktop.DefaultCursor
}

// CreateRenderer draws nothing.
func (p *pointerArea) CreateRenderer() fyne.WidgetRenderer { return &emptyRenderer{} }

type emptyRenderer struct{}

func (*emptyRenderer) Layout(fyne.Size)             {}
func (*emptyRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (*emptyRenderer) Refresh()                     {}
func (*emptyRenderer) Objects() []fyne.CanvasObject { return nil }
func (*emptyRenderer) Destroy()                     {}
