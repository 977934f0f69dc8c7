package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// condition is what a mark says; each has a shape of its own, so that colour is never alone.
type condition int

const (
	conditionNone   condition = iota // nothing is drawn
	conditionLive                    // filled: fragments arrive now
	conditionSilent                  // ring: none do
	conditionFailed                  // cross: it cannot be told, or something is wrong
	conditionRecord                  // a filled dot in a ring, red: this program records into it
	conditionSafe                    // filled and green: everything is in the stream
)

const markSize = 10

// mark is a drawn shape of markSize.
type mark struct {
	widget.BaseWidget
	condition condition
}

func newMark(c condition) *mark {
	m := &mark{condition: c}
	m.ExtendBaseWidget(m)
	return m
}

func (m *mark) set(c condition) {
	if m.condition != c {
		m.condition = c
		m.Refresh()
	}
}

func (m *mark) CreateRenderer() fyne.WidgetRenderer {
	r := &markRenderer{
		mark: m,
		ring: canvas.NewCircle(color.Transparent),
		disc: canvas.NewCircle(color.Transparent),
		down: canvas.NewLine(color.Transparent),
		up:   canvas.NewLine(color.Transparent),
	}
	r.ring.StrokeWidth, r.down.StrokeWidth, r.up.StrokeWidth = 1.5, 2, 2
	r.update()
	return r
}

type markRenderer struct {
	mark       *mark
	ring, disc *canvas.Circle
	down, up   *canvas.Line
}

func (r *markRenderer) update() {
	c := r.mark.condition
	r.disc.Hidden = c != conditionLive && c != conditionRecord && c != conditionSafe
	r.ring.Hidden = c != conditionSilent && c != conditionRecord
	r.down.Hidden = c != conditionFailed
	r.up.Hidden = c != conditionFailed
	accent := colorOf(r.mark, theme.ColorNamePrimary)
	red := colorOf(r.mark, colorRecording)
	r.disc.FillColor, r.ring.StrokeColor = accent, colorOf(r.mark, colorQuiet)
	if c == conditionRecord {
		r.disc.FillColor, r.ring.StrokeColor = red, red
	}
	if c == conditionSafe {
		r.disc.FillColor = colorOf(r.mark, theme.ColorNameSuccess)
	}
	r.down.StrokeColor = colorOf(r.mark, theme.ColorNameWarning)
	r.up.StrokeColor = r.down.StrokeColor
}

func (r *markRenderer) Layout(size fyne.Size) {
	at := fyne.NewPos((size.Width-markSize)/2, (size.Height-markSize)/2)
	place := func(o fyne.CanvasObject, inset float32) {
		o.Move(at.AddXY(inset, inset))
		o.Resize(fyne.NewSquareSize(markSize - 2*inset))
	}
	disc := float32(1)
	if r.mark.condition == conditionRecord {
		disc = 2.5
	}
	place(r.disc, disc)
	place(r.ring, 0)
	if r.mark.condition == conditionSilent {
		place(r.ring, 0.75)
	}
	r.down.Position1, r.down.Position2 = at.AddXY(1, 1), at.AddXY(markSize-1, markSize-1)
	r.up.Position1, r.up.Position2 = at.AddXY(1, markSize-1), at.AddXY(markSize-1, 1)
}

func (r *markRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(markSize) }

func (r *markRenderer) Refresh() {
	r.update()
	r.Layout(r.mark.Size())
	canvas.Refresh(r.mark)
}

func (r *markRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.disc, r.down, r.up}
}

func (r *markRenderer) Destroy() {}
