package ui

import (
	"image"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// strip shows how far every second of a take has come: a column for each of the last seconds that fit, the newest at the right,
// and below it the whole take in one thin bar. The pointer, or the arrow keys while it has the focus, choose a second, of which
// told is told in words.
type strip struct {
	widget.BaseWidget
	raster *canvas.Raster
	began  time.Time
	spans  []app.Span
	length time.Duration
	told   func(words string) // an empty string when no second is chosen
	keys   func(*fyne.KeyEvent)
	runes  func(rune)

	image    *image.RGBA // painted last, reused
	seconds  []app.Stage // of the columns painted last
	overview []app.Stage
	chosen   int // second of the take; -1: none
	focused  bool
}

var (
	_ fyne.Focusable    = (*strip)(nil)
	_ desktop.Hoverable = (*strip)(nil)
	_ fyne.Accessible   = (*strip)(nil)
)

// The strip's measures in Fyne's units.
const (
	columnWidth    = 4 // of a second, with the gap
	columnGap      = 1
	overviewHeight = 6
	stripHeight    = 56
)

func newStrip(told func(string)) *strip {
	s := &strip{told: told, chosen: -1}
	s.raster = canvas.NewRaster(s.paint)
	s.raster.ScaleMode = canvas.ImageScalePixels
	s.ExtendBaseWidget(s)
	return s
}

// show replaces the take. The spans belong to the strip from then on.
func (s *strip) show(began time.Time, spans []app.Span) {
	if len(s.spans) == 0 && len(spans) == 0 {
		return
	}
	s.began, s.spans, s.length = began, spans, 0
	for _, x := range spans {
		s.length = max(s.length, x.To)
	}
	s.raster.Refresh()
	s.tell()
}

// columns is how many seconds fit.
func (s *strip) columns() int { return max(1, int(s.Size().Width)/columnWidth) }

// first is the second of the leftmost column.
func (s *strip) first() int {
	all := int((s.length + time.Second - 1) / time.Second)
	return max(0, all-s.columns())
}

// tell says in words what the chosen second is.
func (s *strip) tell() {
	if s.chosen < 0 || time.Duration(s.chosen)*time.Second >= s.length {
		s.told("")
		return
	}
	var one [1]app.Stage
	at := time.Duration(s.chosen) * time.Second
	divide(one[:], s.spans, at, time.Second)
	s.told(lang.L("{{.Time}}: {{.Stage}}", values{"Time": clock(s.began.Add(at)), "Stage": stageName(one[0])}))
}

func (s *strip) choose(second int) {
	if s.chosen != second {
		s.chosen = second
		s.raster.Refresh()
		s.tell()
	}
}

func (s *strip) MouseIn(ev *desktop.MouseEvent) { s.MouseMoved(ev) }
func (s *strip) MouseOut()                      { s.choose(-1) }

func (s *strip) MouseMoved(ev *desktop.MouseEvent) {
	if ev.Position.Y > s.Size().Height-overviewHeight && s.length > 0 && s.Size().Width > 0 {
		s.choose(int(float32(s.length/time.Second) * ev.Position.X / s.Size().Width))
		return
	}
	s.choose(s.first() + int(ev.Position.X)/columnWidth)
}

func (s *strip) FocusGained() { s.focused = true; s.Refresh() }

func (s *strip) FocusLost() {
	s.focused = false
	s.choose(-1)
	s.Refresh()
}

func (s *strip) TypedRune(r rune) { s.runes(r) }

func (s *strip) TypedKey(ev *fyne.KeyEvent) {
	last := int(s.length/time.Second) - 1
	now := s.chosen
	if now < 0 {
		now = last + 1
	}
	switch ev.Name {
	case fyne.KeyLeft:
		s.choose(max(0, now-1))
	case fyne.KeyRight:
		s.choose(min(max(0, last), now+1))
	case fyne.KeyHome:
		s.choose(s.first())
	case fyne.KeyEnd:
		s.choose(max(0, last))
	default:
		s.keys(ev)
	}
}

func (s *strip) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (s *strip) AccessibilityLabel() string {
	return lang.L("How far every second of the take has come, {{.Time}} in all", values{"Time": length(s.length)})
}

// paint draws the strip on w by h physical pixels. It reuses its picture, and allocates only when its size has changed.
func (s *strip) paint(w, h int) image.Image {
	if s.image == nil || s.image.Rect.Dx() != w || s.image.Rect.Dy() != h {
		s.image = image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
	}
	n := s.columns()
	if len(s.seconds) != n {
		s.seconds = make([]app.Stage, n)
	}
	if len(s.overview) != w {
		s.overview = make([]app.Stage, w)
	}
	first := s.first()
	divide(s.seconds, s.spans, time.Duration(first)*time.Second, time.Second)
	divide(s.overview, s.spans, 0, s.length/time.Duration(max(w, 1))+1)

	scale := float32(w) / max(1, s.Size().Width)
	b := brush{img: s.image, scale: scale, ground: rgba(colorOf(s, colorSurface)), raised: rgba(colorOf(s, colorRaised))}
	for st := range b.stages {
		b.stages[st] = rgba(colorOf(s, stageColor(app.Stage(st))))
	}
	b.fill(s.image.Rect, b.ground)
	thin := int(overviewHeight * scale)
	foot := h - thin - int(space1*scale)
	for i, st := range s.seconds {
		x := int(float32(i*columnWidth) * scale)
		box := image.Rect(x, 0, x+max(1, int((columnWidth-columnGap)*scale)), foot)
		if first+i == s.chosen {
			b.fill(image.Rect(box.Min.X, 0, int(float32((i+1)*columnWidth)*scale), foot), b.raised)
		}
		box.Min.Y = foot - int(float32(foot)*stageHeight(st)+0.5)
		b.stage(box, st)
	}
	for x, st := range s.overview {
		if st == noStage {
			b.fill(image.Rect(x, h-thin, x+1, h), b.raised)
			continue
		}
		b.stage(image.Rect(x, h-thin, x+1, h), st)
	}
	return s.image
}

// stageColor names the colour of a stage: quiet on this computer, the accent on the way, and green when it is safe.
func stageColor(st app.Stage) fyne.ThemeColorName {
	switch st {
	case app.Captured, app.OnDisk:
		return colorQuiet
	case app.Sent, app.Received:
		return theme.ColorNamePrimary
	case app.Persisted:
		return theme.ColorNameSuccess
	default:
		return colorRecording
	}
}

// brush paints into a picture.
type brush struct {
	img            *image.RGBA
	scale          float32 // pixels for one of Fyne's units
	ground, raised color.RGBA
	stages         [app.Lost + 1]color.RGBA
}

func (b *brush) fill(r image.Rectangle, c color.RGBA) {
	r = r.Intersect(b.img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := b.img.Pix[b.img.PixOffset(r.Min.X, y):b.img.PixOffset(r.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2], row[i+3] = c.R, c.G, c.B, 0xff
		}
	}
}

// stage fills a box with a stage's colour; what is lost is hatched, so that it is told without colours too.
func (b *brush) stage(r image.Rectangle, st app.Stage) {
	switch {
	case st == noStage:
		return
	case !bad(st):
		b.fill(r, b.stages[st])
		return
	}
	period := max(4, int(6*b.scale))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if ink := (x + y) % period; ink < period/2 {
				b.img.SetRGBA(x, y, b.stages[st])
			} else {
				b.img.SetRGBA(x, y, b.ground)
			}
		}
	}
}

// rgba drops what is transparent.
func rgba(c color.Color) color.RGBA {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return color.RGBA{n.R, n.G, n.B, 0xff}
}

func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	return &stripRenderer{strip: s, frame: canvas.NewRectangle(color.Transparent)}
}

type stripRenderer struct {
	strip *strip
	frame *canvas.Rectangle // the focus
}

func (r *stripRenderer) Layout(size fyne.Size) {
	r.strip.raster.Resize(size)
	r.frame.Resize(size)
}

func (r *stripRenderer) MinSize() fyne.Size { return fyne.NewSize(120, stripHeight) }

func (r *stripRenderer) Refresh() {
	r.frame.StrokeWidth, r.frame.StrokeColor = 0, color.Transparent
	if r.strip.focused {
		r.frame.StrokeWidth, r.frame.StrokeColor = 2, colorOf(r.strip, theme.ColorNamePrimary)
	}
	r.frame.Refresh()
	r.strip.raster.Refresh()
}

func (r *stripRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.strip.raster, r.frame}
}

func (r *stripRenderer) Destroy() {}
