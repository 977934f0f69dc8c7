package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// streamRow is one stream in the side bar.
type streamRow struct {
	widget.BaseWidget
	name  *caption
	age   *caption
	keeps *caption
	live  *mark
	rec   *mark
	tap   func()
	menu  func(at fyne.Position) // at a position of the window
	shown rowText
}

// rowText is what a row shows.
type rowText struct {
	name, age string
	keeps     string // how long it keeps its fragments
	condition condition
	recording condition // conditionNone, conditionRecord, or conditionFailed
	watched   bool
	focused   bool // the keys mean this row
}

const rowHeight = 48

var (
	_ fyne.Tappable          = (*streamRow)(nil)
	_ fyne.SecondaryTappable = (*streamRow)(nil)
)

func newStreamRow() *streamRow {
	r := &streamRow{
		name:  newCaption("", theme.ColorNameForeground).cut(0),
		age:   newCaption("", colorQuiet).small().figures().right(),
		keeps: newCaption("", colorQuiet).small().cut(0),
		live:  newMark(conditionNone),
		rec:   newMark(conditionNone),
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *streamRow) show(t rowText, tap func(), menu func(fyne.Position)) {
	r.tap, r.menu = tap, menu
	if t == r.shown {
		return
	}
	r.shown = t
	r.name.style.Bold = t.watched
	r.name.text, r.age.text, r.keeps.text = t.name, t.age, t.keeps
	r.live.condition, r.rec.condition = t.condition, t.recording
	r.Refresh()
}

// Tapped opens the stream.
func (r *streamRow) Tapped(*fyne.PointEvent) { r.tap() }

// TappedSecondary opens the row's menu.
func (r *streamRow) TappedSecondary(ev *fyne.PointEvent) { r.menu(ev.AbsolutePosition) }

func (r *streamRow) CreateRenderer() fyne.WidgetRenderer {
	return &streamRowRenderer{row: r, veil: canvas.NewRectangle(colorOf(r, theme.ColorNameSelection))}
}

type streamRowRenderer struct {
	row  *streamRow
	veil *canvas.Rectangle
}

func (r *streamRowRenderer) Layout(size fyne.Size) {
	row := r.row
	line := fyne.Max(row.name.MinSize().Height, markSize)
	below := row.keeps.MinSize().Height
	top := (size.Height - line - below) / 2
	centre := func(o fyne.CanvasObject, x, w, h float32) { // on the first line
		o.Move(fyne.NewPos(x, top+(line-h)/2))
		o.Resize(fyne.NewSize(w, h))
	}
	r.veil.CornerRadius = radius
	r.veil.Move(fyne.NewPos(space2, 1))
	r.veil.Resize(fyne.NewSize(size.Width-2*space2, size.Height-2))
	centre(row.live, space3, markSize, markSize)
	age := row.age.MinSize()
	right := size.Width - space3 - age.Width
	centre(row.age, right, age.Width, age.Height)
	if row.rec.condition != conditionNone {
		right -= markSize + space2
		centre(row.rec, right, markSize, markSize)
	}
	left := space3 + markSize + space2 + space1
	centre(row.name, left, fyne.Max(0, right-space2-left), row.name.MinSize().Height)
	row.keeps.Move(fyne.NewPos(left, top+line))
	row.keeps.Resize(fyne.NewSize(fyne.Max(0, size.Width-space3-left), below))
}

func (r *streamRowRenderer) MinSize() fyne.Size { return fyne.NewSize(120, rowHeight) }

func (r *streamRowRenderer) Refresh() {
	r.veil.Hidden = !r.row.shown.watched && !r.row.shown.focused
	r.veil.FillColor, r.veil.StrokeWidth = color.Transparent, 0
	if r.row.shown.watched {
		r.veil.FillColor = colorOf(r.row, theme.ColorNameSelection)
	}
	if r.row.shown.focused {
		r.veil.StrokeColor, r.veil.StrokeWidth = colorOf(r.row, theme.ColorNamePrimary), 2
	}
	r.Layout(r.row.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *streamRowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.veil, r.row.live, r.row.name, r.row.rec, r.row.age, r.row.keeps}
}

func (r *streamRowRenderer) Destroy() {}
