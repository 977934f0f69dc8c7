package ui

import (
	"image"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"kinora/player"
)

// pictures is where a view has its pictures from: a player of something live, or a deck of an archive.
type pictures interface {
	Frames() *player.Mailbox
	SetFit(image.Point)
}

// videoView shows pictures, letterboxed on black. It pulls: while Fyne paints, the raster's generator takes
// the frame that is due from the Mailbox, and says how many pixels the view has. Only the pump makes it
// repaint.
type videoView struct {
	widget.BaseWidget
	source pictures // nil: there is none
	before pictures // whose last picture stays until the source has its first; nil: none
	blank  bool     // no picture is to be seen
	raster *canvas.Raster
	bars   [2]*canvas.Rectangle // black, beside the picture or above and below it, and nowhere else: painting costs by area
	black  *image.RGBA

	shape  image.Point // the stream's picture size that the raster is laid out for; zero before the first frame
	pixels image.Point // of the frame painted last
	scale  float32     // physical pixels for one of Fyne's units, as painted last
	moved  bool        // the next tick lays out anew, because shape, pixels or scale has changed
}

func newVideoView() *videoView {
	black := image.NewRGBA(image.Rect(0, 0, 1, 1))
	black.Pix[3] = 0xff
	v := &videoView{black: black, scale: 1}
	v.raster = canvas.NewRaster(v.generate)
	v.raster.ScaleMode = canvas.ImageScaleFastest
	v.bars = [2]*canvas.Rectangle{canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)}
	v.ExtendBaseWidget(v)
	return v
}

// picturesOf is a player or a deck, whichever there is.
func picturesOf(p *player.Player, d *player.Deck) pictures {
	switch {
	case p != nil:
		return p
	case d != nil:
		return d
	default:
		return nil
	}
}

// play shows the pictures of another source, or of none. The last picture of the one before stays until the first one comes when
// keep is set, since both show the same; otherwise it disappears.
func (v *videoView) play(s pictures, keep bool) {
	if v.source == s {
		return
	}
	switch {
	case !keep || s == nil:
		v.before = nil
		v.shape, v.pixels = image.Point{}, image.Point{}
	case v.before == nil:
		v.before = v.source
	}
	v.source = s
	v.Refresh()
}

// hide shows black instead of the pictures, or the pictures again.
func (v *videoView) hide(on bool) {
	if v.blank != on {
		v.blank = on
		v.raster.Refresh()
	}
}

// tick asks for a repaint when a frame is due at now. It reports whether it did.
func (v *videoView) tick(now time.Time) bool {
	if v.moved {
		v.moved = false
		v.layout(v.Size())
	} else if !v.due(now) {
		return false
	}
	v.raster.Refresh()
	return true
}

func (v *videoView) due(now time.Time) bool {
	return v.source != nil && (v.source.Frames().Due(now) || v.before != nil && v.before.Frames().Due(now))
}

// take returns the frame that is to be seen now; nil when there is none yet.
func (v *videoView) take(now time.Time) *player.Frame {
	f := v.source.Frames().Take(now)
	switch {
	case f != nil:
		v.before = nil
	case v.before != nil:
		f = v.before.Frames().Take(now)
	}
	return f
}

// generate returns what is to be painted on the raster, which is w by h physical pixels: an opaque picture with tight
// rows, never nil. It runs on Fyne's goroutine for each paint and allocates nothing.
func (v *videoView) generate(w, h int) image.Image {
	v.raster.ScaleMode = canvas.ImageScaleFastest // one for all that is not a picture: software GL compiles each combination at its first use
	if v.source == nil {
		return v.black
	}
	if units := v.raster.Size().Width; units > 0 && w > 0 {
		if scale := float32(w) / units; scale != v.scale {
			// A raster's pixels are rounded; only a difference that rounding does not explain is another scale.
			if d := (scale - v.scale) * units; d > 1 || d < -1 {
				v.scale, v.moved = scale, true
			}
		}
	}
	box := v.Size()
	v.source.SetFit(image.Pt(int(box.Width*v.scale+0.5), int(box.Height*v.scale+0.5)))
	f := v.take(time.Now())
	if f == nil || v.blank {
		return v.black
	}
	size := f.Image.Rect.Size()
	if size != v.pixels {
		v.pixels, v.moved = size, true
	}
	if f.Size != v.shape {
		// Not painted before the raster has its aspect: one frame stretched over the view would be seen.
		v.shape, v.moved = f.Size, true
		return v.black
	}
	// Pixel for pixel there is nothing to interpolate, and software GL is spared it. Fyne reads the mode after this.
	if w == size.X && h == size.Y {
		v.raster.ScaleMode = canvas.ImageScalePixels
	}
	return f.Image
}

// layout gives the raster the place of the picture: as large as its aspect allows, on whole physical pixels, and exactly
// the frame's pixels where they fill the view.
func (v *videoView) layout(view fyne.Size) {
	if v.shape.X <= 0 || v.shape.Y <= 0 || view.Width <= 0 || view.Height <= 0 {
		v.place(fyne.Position{}, view, view)
		return
	}
	box := image.Pt(int(view.Width*v.scale+0.5), int(view.Height*v.scale+0.5))
	size := v.pixels
	if size.X > box.X || size.Y > box.Y || size.X < box.X && size.Y < box.Y { // the painter scales it
		size = image.Pt(box.X, max(1, (box.X*v.shape.Y+v.shape.X/2)/v.shape.X))
		if size.Y > box.Y {
			size = image.Pt(max(1, (box.Y*v.shape.X+v.shape.Y/2)/v.shape.Y), box.Y)
		}
	}
	at := box.Sub(size).Div(2)
	v.place(fyne.NewPos(float32(at.X)/v.scale, float32(at.Y)/v.scale),
		fyne.NewSize(float32(size.X)/v.scale, float32(size.Y)/v.scale), view)
}

// place puts the picture into the view and black into what is left of it. The bars reach a little under the picture, so
// that rounding leaves no line between them.
func (v *videoView) place(at fyne.Position, size, view fyne.Size) {
	v.raster.Move(at)
	v.raster.Resize(size)
	under := 2 / v.scale
	before, after := fyne.Size{}, fyne.Size{}
	if gap := view.Height - size.Height; gap > 0 {
		before = fyne.NewSize(view.Width, at.Y+min(under, size.Height))
		after = fyne.NewSize(view.Width, gap-at.Y+min(under, size.Height))
	} else if gap := view.Width - size.Width; gap > 0 {
		before = fyne.NewSize(at.X+min(under, size.Width), view.Height)
		after = fyne.NewSize(gap-at.X+min(under, size.Width), view.Height)
	}
	v.bars[0].Resize(before)
	v.bars[1].Resize(after)
	v.bars[1].Move(fyne.NewPos(view.Width-after.Width, view.Height-after.Height))
}

func (v *videoView) CreateRenderer() fyne.WidgetRenderer { return &videoRenderer{view: v} }

type videoRenderer struct{ view *videoView }

func (r *videoRenderer) Layout(size fyne.Size) {
	r.view.layout(size)
}

func (r *videoRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 90) }

func (r *videoRenderer) Refresh() {
	r.view.layout(r.view.Size())
	r.view.raster.Refresh()
}

func (r *videoRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.view.bars[0], r.view.bars[1], r.view.raster}
}

func (r *videoRenderer) Destroy() {}
