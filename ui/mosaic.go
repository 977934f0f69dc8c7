package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// mosaic puts what is visible side by side: one alone, two beside one another, three or four in two rows.
type mosaic struct{ gap float32 }

func (m mosaic) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var seen []fyne.CanvasObject
	for _, o := range objects {
		if o.Visible() {
			seen = append(seen, o)
		}
	}
	columns, rows := min(2, len(seen)), (len(seen)+1)/2
	for i, o := range seen {
		w := (size.Width - m.gap*float32(columns-1)) / float32(columns)
		h := (size.Height - m.gap*float32(rows-1)) / float32(rows)
		o.Move(fyne.NewPos(float32(i%columns)*(w+m.gap), float32(i/columns)*(h+m.gap)))
		o.Resize(fyne.NewSize(w, h))
	}
}

func (m mosaic) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range objects {
		if o.Visible() {
			size = size.Max(o.MinSize())
		}
	}
	return size
}

// snug puts one object at the top left, as large as it has to be.
type snug struct{ inset float32 }

func (s snug) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		need := o.MinSize()
		o.Resize(fyne.NewSize(fyne.Min(need.Width, size.Width-2*s.inset), need.Height))
		o.Move(fyne.NewPos(s.inset, s.inset))
	}
}

func (s snug) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// frame is a line around what has the focus of several.
type frame struct{ widget.BaseWidget }

func (f *frame) CreateRenderer() fyne.WidgetRenderer {
	r := &frameRenderer{frame: f}
	for i := range r.lines {
		r.lines[i] = canvas.NewRectangle(color.Transparent)
		r.objects = append(r.objects, r.lines[i])
	}
	r.update()
	return r
}

// frameRenderer draws four lines rather than one rectangle: what is empty in the middle would be painted over the picture.
type frameRenderer struct {
	frame   *frame
	lines   [4]*canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *frameRenderer) update() {
	for _, l := range r.lines {
		l.FillColor = colorOf(r.frame, theme.ColorNamePrimary)
	}
}

func (r *frameRenderer) Layout(size fyne.Size) {
	const thick = 2
	for i, place := range [4][4]float32{
		{0, 0, size.Width, thick}, {0, size.Height - thick, size.Width, thick},
		{0, 0, thick, size.Height}, {size.Width - thick, 0, thick, size.Height},
	} {
		r.lines[i].Move(fyne.NewPos(place[0], place[1]))
		r.lines[i].Resize(fyne.NewSize(place[2], place[3]))
	}
}

func (r *frameRenderer) MinSize() fyne.Size { return fyne.Size{} }
func (r *frameRenderer) Refresh() {
	r.update()
	canvas.Refresh(r.frame)
}
func (r *frameRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *frameRenderer) Destroy()                     {}
