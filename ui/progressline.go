package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// progressLine shows how much of something is done as a line that fills. The figure stands in words beside it, where it can be read
// on whatever is filled.
type progressLine struct {
	widget.BaseWidget
	share float64 // 0 to 1
}

func newProgressLine() *progressLine {
	p := &progressLine{}
	p.ExtendBaseWidget(p)
	return p
}

// set shows another share. It paints only when it is another one.
func (p *progressLine) set(share float64) {
	if share = min(max(share, 0), 1); share != p.share {
		p.share = share
		p.Refresh()
	}
}

func (p *progressLine) CreateRenderer() fyne.WidgetRenderer {
	r := &progressLineRenderer{line: p, track: canvas.NewRectangle(color.Transparent), fill: canvas.NewRectangle(color.Transparent)}
	r.track.CornerRadius, r.fill.CornerRadius = progressHigh/2, progressHigh/2
	r.colour()
	return r
}

// progressHigh is how high the line is, in Fyne's units.
const progressHigh float32 = 6

type progressLineRenderer struct {
	line        *progressLine
	track, fill *canvas.Rectangle
}

func (r *progressLineRenderer) colour() {
	r.track.FillColor, r.fill.FillColor = colorOf(r.line, colorRaised), colorOf(r.line, theme.ColorNamePrimary)
}

func (r *progressLineRenderer) Layout(size fyne.Size) {
	top := fyne.NewPos(0, (size.Height-progressHigh)/2)
	r.track.Move(top)
	r.fill.Move(top)
	r.track.Resize(fyne.NewSize(size.Width, progressHigh))
	width := size.Width * float32(r.line.share)
	if width > 0 {
		width = max(width, progressHigh) // round at both ends
	}
	r.fill.Resize(fyne.NewSize(width, progressHigh))
}

func (r *progressLineRenderer) MinSize() fyne.Size { return fyne.NewSize(progressHigh, space3) }

func (r *progressLineRenderer) Refresh() {
	r.colour()
	r.Layout(r.line.Size())
	canvas.Refresh(r.line)
}

func (r *progressLineRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.track, r.fill}
}
func (r *progressLineRenderer) Destroy() {}
