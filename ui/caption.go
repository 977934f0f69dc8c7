package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// caption is one line of text without padding, cut with an ellipsis where it does not fit. Fields may be set before it
// is shown; afterwards use set.
type caption struct {
	widget.BaseWidget
	text  string
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
	style fyne.TextStyle
	align fyne.TextAlign
	least float32 // the least width; longer text is cut to what there is
}

var _ fyne.Accessible = (*caption)(nil)

func newCaption(text string, color fyne.ThemeColorName) *caption {
	c := &caption{text: text, color: color, size: theme.SizeNameText, least: -1}
	c.ExtendBaseWidget(c)
	return c
}

// small makes it a caption of caption size.
func (c *caption) small() *caption { c.size = theme.SizeNameCaptionText; return c }

// bold makes it bold.
func (c *caption) bold() *caption { c.style.Bold = true; return c }

// figures makes all its characters equally wide, so that changing digits do not move.
func (c *caption) figures() *caption { c.style.Monospace = true; return c }

// right aligns it to the right.
func (c *caption) right() *caption { c.align = fyne.TextAlignTrailing; return c }

// cut lets it become as narrow as w.
func (c *caption) cut(w float32) *caption { c.least = w; return c }

func (c *caption) set(text string) {
	if c.text != text {
		c.text = text
		c.Refresh()
	}
}

func (c *caption) AccessibilityLabel() string             { return c.text }
func (c *caption) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (c *caption) CreateRenderer() fyne.WidgetRenderer {
	r := &captionRenderer{caption: c, text: canvas.NewText("", nil), width: -1}
	r.update()
	return r
}

type captionRenderer struct {
	caption *caption
	text    *canvas.Text
	width   float32 // that the text was cut for; negative before the first layout
}

func (r *captionRenderer) update() {
	c := r.caption
	r.text.Color = colorOf(c, c.color)
	r.text.TextSize = c.Theme().Size(c.size)
	r.text.TextStyle = c.style
	r.text.Alignment = c.align
	r.text.Text = c.text
	if r.width >= 0 && r.wide(c.text) > r.width {
		r.text.Text = r.fit(c.text)
	}
}

func (r *captionRenderer) wide(s string) float32 {
	return fyne.MeasureText(s, r.text.TextSize, r.text.TextStyle).Width
}

// fit cuts s to the width, keeping as much as possible: nothing where there is no room for the ellipsis.
func (r *captionRenderer) fit(s string) string {
	if r.wide("…") > r.width {
		return ""
	}
	runes := []rune(s)
	keep, no := 0, len(runes)
	for no-keep > 1 {
		if mid := (keep + no) / 2; r.wide(string(runes[:mid])+"…") <= r.width {
			keep = mid
		} else {
			no = mid
		}
	}
	return string(runes[:keep]) + "…"
}

func (r *captionRenderer) Layout(size fyne.Size) {
	if r.width != size.Width {
		r.width = size.Width
		r.update()
	}
	h := r.text.MinSize().Height
	r.text.Move(fyne.NewPos(0, (size.Height-h)/2))
	r.text.Resize(fyne.NewSize(size.Width, h))
}

func (r *captionRenderer) MinSize() fyne.Size {
	size := fyne.MeasureText(r.caption.text, r.caption.Theme().Size(r.caption.size), r.caption.style)
	if least := r.caption.least; least >= 0 {
		size.Width = fyne.Min(size.Width, least)
	}
	return size
}

func (r *captionRenderer) Refresh() {
	r.update()
	r.text.Refresh()
}

func (r *captionRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text} }
func (r *captionRenderer) Destroy()                     {}
