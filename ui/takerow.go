package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// takeRow is one take: what it is, how long, how far it has come, and what can be done with it.
type takeRow struct {
	widget.BaseWidget
	mark         *mark
	title, about *caption
	length       *caption
	bar          *shareBar
	words        *caption
	play, more   *spot
	tap          func()
	menu         func(at fyne.Position)
	shown        takeText
}

const takeHeight = 48

var (
	_ fyne.Tappable          = (*takeRow)(nil)
	_ fyne.SecondaryTappable = (*takeRow)(nil)
	_ fyne.DoubleTappable    = (*takeRow)(nil)
	_ fyne.Accessible        = (*takeRow)(nil)
)

func newTakeRow() *takeRow {
	r := &takeRow{
		mark:   newMark(conditionNone),
		title:  newCaption("", theme.ColorNameForeground).cut(0),
		about:  newCaption("", colorQuiet).small().cut(0),
		length: newCaption("", theme.ColorNameForeground).small().figures().right(),
		bar:    newShareBar(),
		words:  newCaption("", colorQuiet).small().cut(0),
		play:   newSpot("play", lang.L("Play from this disk")),
		more:   newSpot("actions", lang.L("More that can be done with the take")),
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *takeRow) show(t takeText, tap, play func(), menu func(fyne.Position)) {
	r.tap, r.menu, r.play.tapped = tap, menu, play
	r.more.tapped = func() {
		menu(fyne.CurrentApp().Driver().AbsolutePositionForObject(r.more).AddXY(0, target))
	}
	if t == r.shown {
		return
	}
	r.shown = t
	r.mark.condition = t.condition
	r.title.text, r.about.text, r.length.text, r.words.text = t.title, t.about, t.length, t.words
	r.bar.shares = t.shares
	r.play.Hidden = !t.held
	r.Refresh()
}

func (r *takeRow) Tapped(*fyne.PointEvent) { r.tap() }
func (r *takeRow) DoubleTapped(*fyne.PointEvent) {
	if r.shown.held {
		r.play.tapped()
	}
}
func (r *takeRow) TappedSecondary(ev *fyne.PointEvent) { r.menu(ev.AbsolutePosition) }

func (r *takeRow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }
func (r *takeRow) AccessibilityLabel() string {
	return r.shown.title + ", " + r.shown.about + ", " + r.shown.length + ", " + r.shown.words
}

func (r *takeRow) CreateRenderer() fyne.WidgetRenderer {
	return &takeRowRenderer{row: r, veil: canvas.NewRectangle(color.Transparent)}
}

type takeRowRenderer struct {
	row  *takeRow
	veil *canvas.Rectangle
}

func (r *takeRowRenderer) Layout(size fyne.Size) {
	row := r.row
	r.veil.CornerRadius = radius
	r.veil.Move(fyne.NewPos(space2, 1))
	r.veil.Resize(fyne.NewSize(size.Width-2*space2, size.Height-2))
	middle := func(o fyne.CanvasObject, x, w, h float32) {
		o.Move(fyne.NewPos(x, (size.Height-h)/2))
		o.Resize(fyne.NewSize(w, h))
	}
	right := size.Width - space3 - target
	middle(row.more, right, target, target)
	right -= target
	middle(row.play, right, target, target)
	words := min(max(size.Width*0.3, 140), 420)
	right -= words + space2
	line := row.words.MinSize().Height
	bar := float32(shareBarHeight)
	top := (size.Height - line - bar - space1) / 2
	row.bar.Move(fyne.NewPos(right, top))
	row.bar.Resize(fyne.NewSize(words, bar))
	row.words.Move(fyne.NewPos(right, top+bar+space1))
	row.words.Resize(fyne.NewSize(words, line))
	length := row.length.MinSize()
	right -= length.Width + space3
	middle(row.length, right, length.Width, length.Height)
	left := space3 + markSize + space2 + space1
	middle(row.mark, space3, markSize, markSize)
	th, ah := row.title.MinSize().Height, row.about.MinSize().Height
	y := (size.Height - th - ah) / 2
	width := max(0, right-space3-left)
	row.title.Move(fyne.NewPos(left, y))
	row.title.Resize(fyne.NewSize(width, th))
	row.about.Move(fyne.NewPos(left, y+th))
	row.about.Resize(fyne.NewSize(width, ah))
}

func (r *takeRowRenderer) MinSize() fyne.Size { return fyne.NewSize(320, takeHeight) }

func (r *takeRowRenderer) Refresh() {
	r.veil.FillColor, r.veil.StrokeWidth = color.Transparent, 0
	if r.row.shown.focused {
		r.veil.StrokeColor, r.veil.StrokeWidth = colorOf(r.row, theme.ColorNamePrimary), 2
	}
	r.Layout(r.row.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *takeRowRenderer) Objects() []fyne.CanvasObject {
	row := r.row
	return []fyne.CanvasObject{r.veil, row.mark, row.title, row.about, row.length, row.bar, row.words, row.play, row.more}
}

func (r *takeRowRenderer) Destroy() {}
