package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// newLegend says what the signs of a calendar mean.
func newLegend() *fyne.Container {
	entry := func(s *legendSign, text string) fyne.CanvasObject {
		return row(space2, container.NewCenter(s), newCaption(text, colorQuiet).small())
	}
	return container.NewCenter(row(space4,
		entry(newLegendSign(theme.ColorNamePrimary, fyne.NewSize(dayWidth-16, 4), false), lang.L("how much of it is recorded")),
		entry(newLegendSign(theme.ColorNameWarning, fyne.NewSize(6, 6), true), lang.L("not watched here yet"))))
}

// legendSign is the bar or the dot of a calendar's day.
type legendSign struct {
	widget.BaseWidget
	color fyne.ThemeColorName
	size  fyne.Size
	round bool
}

func newLegendSign(c fyne.ThemeColorName, size fyne.Size, round bool) *legendSign {
	s := &legendSign{color: c, size: size, round: round}
	s.ExtendBaseWidget(s)
	return s
}

func (s *legendSign) MinSize() fyne.Size { return s.size }

func (s *legendSign) CreateRenderer() fyne.WidgetRenderer {
	shape := canvas.NewRectangle(color.Transparent)
	if s.round {
		shape.CornerRadius = s.size.Height / 2
	}
	r := &legendRenderer{s, shape}
	r.Refresh()
	return r
}

type legendRenderer struct {
	sign  *legendSign
	shape *canvas.Rectangle
}

func (r *legendRenderer) Refresh() {
	r.shape.FillColor = colorOf(r.sign, r.sign.color)
	r.shape.Refresh()
}

func (r *legendRenderer) Layout(size fyne.Size)        { r.shape.Resize(size) }
func (r *legendRenderer) MinSize() fyne.Size           { return r.sign.size }
func (r *legendRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.shape} }
func (r *legendRenderer) Destroy()                     {}
