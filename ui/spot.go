package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// spot is a symbol in a row of a list that can be tapped. It cannot have the focus: the list has the keys.
type spot struct {
	widget.BaseWidget
	symbol, name string
	tapped       func()
	hovered      bool
}

var (
	_ fyne.Tappable     = (*spot)(nil)
	_ desktop.Hoverable = (*spot)(nil)
	_ fyne.Accessible   = (*spot)(nil)
)

func newSpot(symbol, name string) *spot {
	s := &spot{symbol: symbol, name: name}
	s.ExtendBaseWidget(s)
	return s
}

func (s *spot) Tapped(*fyne.PointEvent)                { s.tapped() }
func (s *spot) MouseIn(*desktop.MouseEvent)            { s.hovered = true; s.Refresh() }
func (s *spot) MouseMoved(*desktop.MouseEvent)         {}
func (s *spot) MouseOut()                              { s.hovered = false; s.Refresh() }
func (s *spot) AccessibilityLabel() string             { return s.name }
func (s *spot) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (s *spot) CreateRenderer() fyne.WidgetRenderer {
	r := &spotRenderer{spot: s, ground: canvas.NewRectangle(color.Transparent), image: &canvas.Image{}}
	r.ground.CornerRadius = radius
	r.update()
	return r
}

type spotRenderer struct {
	spot   *spot
	ground *canvas.Rectangle
	image  *canvas.Image
}

func (r *spotRenderer) update() {
	r.ground.FillColor = color.Transparent
	if r.spot.hovered {
		r.ground.FillColor = colorOf(r.spot, theme.ColorNameHover)
	}
	paint(r.image, r.spot.symbol, colorOf(r.spot, theme.ColorNameForeground))
}

func (r *spotRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.image.Move(fyne.NewPos((size.Width-symbolSize)/2, (size.Height-symbolSize)/2))
	r.image.Resize(fyne.NewSquareSize(symbolSize))
}

func (r *spotRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(target) }

func (r *spotRenderer) Refresh() {
	r.update()
	canvas.Refresh(r.spot)
}

func (r *spotRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.ground, r.image} }
func (r *spotRenderer) Destroy()                     {}
