package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"kinora/ui/timeline"
)

// timeStamp writes the playhead's time. It is a picture, so that it costs nothing while it runs.
type timeStamp struct {
	bar    *timeBar
	raster *canvas.Raster
	image  *image.RGBA
	text   []byte
}

const (
	stampWidth  = 86
	stampHeight = 16
)

func newTimeStamp(b *timeBar) *timeStamp {
	s := &timeStamp{bar: b}
	s.raster = canvas.NewRaster(s.paint)
	s.raster.ScaleMode = canvas.ImageScalePixels
	s.raster.Hide()
	return s
}

func (s *timeStamp) paint(w, h int) image.Image {
	w, h = max(w, 1), max(h, 1)
	if s.image == nil || s.image.Rect.Dx() != w || s.image.Rect.Dy() != h {
		s.image = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if face := s.bar.face; face != nil {
		s.text = s.bar.playhead.In(s.bar.view.Zone).AppendFormat(s.text[:0], "15:04:05.000")
		s.bar.painter.Stamp(s.image, s.text)
	}
	return s.image
}

// placeNeedle puts the playhead and its time where they belong.
func (b *timeBar) placeNeedle() {
	x := float32(b.view.X(b.playhead))
	seen := !b.playhead.IsZero() && x >= 0 && x <= float32(b.view.Width)
	setVisible(b.needle, seen)
	setVisible(b.stamp.raster, seen)
	if !seen {
		return
	}
	strips := b.view.Strips(b.data.Set)
	top := float32(strips.Ruler[0])
	b.needle.Move(fyne.NewPos(x-1, top))
	at := fyne.NewPos(max(0, min(x-stampWidth/2, float32(b.view.Width)-stampWidth)), max(0, top-stampHeight))
	if !b.view.Open {
		at = fyne.NewPos(x+3, 0)
		if at.X+stampWidth > float32(b.view.Width) {
			at.X = x - 3 - stampWidth
		}
	}
	b.stamp.raster.Move(at)
	b.stamp.raster.Refresh()
}

func (b *timeBar) CreateRenderer() fyne.WidgetRenderer {
	r := &timeBarRenderer{bar: b, frame: canvas.NewRectangle(color.Transparent)}
	r.colours()
	return r
}

type timeBarRenderer struct {
	bar   *timeBar
	frame *canvas.Rectangle // the focus
}

func (r *timeBarRenderer) colours() {
	b := r.bar
	b.needle.FillColor = colorOf(b, theme.ColorNameForeground)
	b.hair.FillColor = colorOf(b, colorQuiet)
	r.frame.StrokeWidth, r.frame.StrokeColor = 0, color.Transparent
	if b.focused {
		r.frame.StrokeWidth, r.frame.StrokeColor = 2, colorOf(b, theme.ColorNamePrimary)
	}
}

func (r *timeBarRenderer) Layout(size fyne.Size) {
	b := r.bar
	b.raster.Resize(size)
	r.frame.Resize(size)
	v := &b.view
	if float64(size.Width) != v.Width || float64(size.Height) != v.Height {
		before := v.Width
		v.Width, v.Height = float64(size.Width), float64(size.Height)
		if before > 0 && v.Width > 0 { // the same time stays in the middle
			v.Scale = v.Scale.Move((v.Width - before) / 2)
		}
		if !b.fitted && !b.data.First.IsZero() && v.Width > 0 {
			b.fitted = true
			v.Scale = b.firstView()
		}
		b.look(v.Scale)
	}
	s := v.Strips(b.data.Set)
	b.needle.Resize(fyne.NewSize(2, float32(max(s.Main[1], s.Others[1])-s.Ruler[0])))
	b.hair.Resize(fyne.NewSize(1, size.Height))
	b.stamp.raster.Resize(fyne.NewSize(stampWidth, stampHeight))
	b.placeNeedle()
}

func (r *timeBarRenderer) MinSize() fyne.Size {
	if r.bar.view.Open {
		return fyne.NewSize(200, timeline.Opened)
	}
	return fyne.NewSize(200, timeline.Collapsed)
}

func (r *timeBarRenderer) Refresh() {
	r.colours()
	r.bar.prepare()
	r.Layout(r.bar.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *timeBarRenderer) Objects() []fyne.CanvasObject {
	b := r.bar
	return []fyne.CanvasObject{b.raster, b.hair, b.needle, b.stamp.raster, r.frame}
}

func (r *timeBarRenderer) Destroy() {}

// barAndBubble gives the bar all of the room; its bubble reaches out of it, which what scrolls cannot do itself.
type barAndBubble struct{ bar *timeBar }

func (l barAndBubble) Layout(_ []fyne.CanvasObject, size fyne.Size) { l.bar.Resize(size) }
func (l barAndBubble) MinSize([]fyne.CanvasObject) fyne.Size        { return l.bar.MinSize() }
