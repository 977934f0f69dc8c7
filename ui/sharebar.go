package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// shareBar is a bar whose parts are how far a take has come: from the left persisted, received, sent, on disk; what is lost at
// the right end.
type shareBar struct {
	widget.BaseWidget
	shares shares
}

const shareBarHeight = 8

func newShareBar() *shareBar {
	b := &shareBar{}
	b.ExtendBaseWidget(b)
	return b
}

func (b *shareBar) CreateRenderer() fyne.WidgetRenderer {
	r := &shareBarRenderer{bar: b, ground: canvas.NewRectangle(color.Transparent)}
	r.ground.CornerRadius = 2
	for i := range r.parts {
		r.parts[i] = canvas.NewRectangle(color.Transparent)
		r.parts[i].CornerRadius = 2
	}
	r.update()
	return r
}

type shareBarRenderer struct {
	bar    *shareBar
	ground *canvas.Rectangle
	parts  [5]*canvas.Rectangle
}

func (r *shareBarRenderer) update() {
	r.ground.FillColor = colorOf(r.bar, colorRaised)
	accent := colorOf(r.bar, theme.ColorNamePrimary)
	for i, c := range []color.Color{colorOf(r.bar, theme.ColorNameSuccess), accent, accent, colorOf(r.bar, colorQuiet), colorOf(r.bar, colorRecording)} {
		r.parts[i].FillColor = c
	}
}

func (r *shareBarRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	s := r.bar.shares
	x := float32(0)
	// What is further on is higher, so that the parts differ by more than colour.
	for i, part := range []struct {
		share  int
		height float32
	}{{s.persisted, 1}, {s.received, 0.75}, {s.sent, 0.5}, {s.stored, 0.25}} {
		w := min(size.Width*float32(part.share)/1000, size.Width-x)
		h := size.Height * part.height
		r.parts[i].Hidden = w <= 0
		r.parts[i].Move(fyne.NewPos(x, size.Height-h))
		r.parts[i].Resize(fyne.NewSize(max(0, w), h))
		x += max(0, w)
	}
	last := r.parts[len(r.parts)-1]
	w := size.Width * float32(s.bad) / 1000
	if s.bad > 0 {
		w = max(w, 3)
	}
	last.Hidden = s.bad <= 0
	last.Move(fyne.NewPos(size.Width-w, 0))
	last.Resize(fyne.NewSize(w, size.Height))
}

func (r *shareBarRenderer) MinSize() fyne.Size { return fyne.NewSize(60, shareBarHeight) }

func (r *shareBarRenderer) Refresh() {
	r.update()
	r.Layout(r.bar.Size())
	canvas.Refresh(r.bar)
}

func (r *shareBarRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.parts[0], r.parts[1], r.parts[2], r.parts[3], r.parts[4]}
}

func (r *shareBarRenderer) Destroy() {}
