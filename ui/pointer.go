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
	hidden bool // no pointer is drawn
}

var (
	_ desktop.Hoverable   = (*pointerArea)(nil)
	_ desktop.Cursorable  = (*pointerArea)(nil)
	_ fyne.DoubleTappable = (*pointerArea)(nil)
)

func newPointerArea(moved, double func()) *pointerArea {
	p := &pointerArea{moved: moved, double: double}
	p.ExtendBaseWidget(p)
	return p
}

func (p *pointerArea) MouseIn(*desktop.MouseEvent)    { p.moved() }
func (p *pointerArea) MouseMoved(*desktop.MouseEvent) { p.moved() }
func (p *pointerArea) MouseOut()                      {}
func (p *pointerArea) DoubleTapped(*fyne.PointEvent)  { p.double() }
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
