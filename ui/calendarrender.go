package ui

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"kinora/ui/timeline"
)

type calendarRenderer struct {
	c                    *calendar
	frame                *canvas.Rectangle // the focus
	before, after, month *canvas.Text
	names                [7]*canvas.Text
	days                 [len(timeline.Month{})]leafDay
	objects              []fyne.CanvasObject
}

// leafDay is what one day of a leaf consists of.
type leafDay struct {
	ground, track, bar *canvas.Rectangle
	number             *canvas.Text
	dot                *canvas.Circle // nobody has watched it here
}

func (r *calendarRenderer) update() {
	c := r.c
	text, quiet, accent := colorOf(c, theme.ColorNameForeground), colorOf(c, colorQuiet), colorOf(c, theme.ColorNamePrimary)
	words := calendarWords()
	set := func(t *canvas.Text, what string, col color.Color) {
		t.Text, t.Color, t.TextSize = what, col, c.Theme().Size(theme.SizeNameText)
	}
	set(r.before, "‹", text)
	set(r.after, "›", text)
	set(r.month, words.Months[c.day.Month-1]+" "+strconv.Itoa(c.day.Year), text)
	for i, name := range r.names {
		set(name, words.Days[(i+int(firstDay))%7], quiet)
		name.TextSize = c.Theme().Size(theme.SizeNameCaptionText)
	}
	r.frame.StrokeWidth, r.frame.StrokeColor, r.frame.CornerRadius = 0, color.Transparent, radius
	if c.focused {
		r.frame.StrokeWidth, r.frame.StrokeColor = 2, accent
	}
	for i := range r.days {
		d, day := &r.days[i], c.leaf[i]
		col := text
		if day.Month != c.day.Month || day.Compare(c.today) > 0 || c.share[i] == 0 {
			col = quiet
		}
		set(d.number, strconv.Itoa(day.Day), col)
		if day.Month != c.day.Month { // of what is not recorded only the size tells them apart
			d.number.TextSize = c.Theme().Size(theme.SizeNameCaptionText)
		}
		d.number.TextStyle.Bold = day == c.today
		d.ground.FillColor, d.ground.StrokeWidth, d.ground.StrokeColor = color.Transparent, 0, color.Transparent
		switch {
		case day == c.day:
			d.ground.FillColor = colorOf(c, theme.ColorNameSelection)
			d.ground.StrokeWidth, d.ground.StrokeColor = 1, accent
		case i == c.under:
			d.ground.FillColor = colorOf(c, theme.ColorNameHover)
		case day == c.today:
			d.ground.StrokeWidth, d.ground.StrokeColor = 1, quiet
		}
		d.track.FillColor, d.bar.FillColor = color.Transparent, accent
		d.bar.Hidden = c.share[i] == 0
		d.dot.Hidden, d.dot.FillColor = !c.fresh[i], colorOf(c, theme.ColorNameWarning)
		if !d.bar.Hidden {
			d.track.FillColor = colorOf(c, colorRaised)
		}
	}
}

func (r *calendarRenderer) Layout(size fyne.Size) {
	r.frame.Resize(size)
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	put(r.before, 0, 0, 2*dayWidth, leafHeader)
	put(r.month, 2*dayWidth, 0, 3*dayWidth, leafHeader)
	put(r.after, 5*dayWidth, 0, 2*dayWidth, leafHeader)
	for i, name := range r.names {
		put(name, float32(i)*dayWidth, leafHeader, dayWidth, leafHeader)
	}
	for i := range r.days {
		d := &r.days[i]
		x, y := float32(i%7)*dayWidth, 2*leafHeader+float32(i/7)*dayHeight
		put(d.ground, x+1, y+1, dayWidth-2, dayHeight-2)
		put(d.number, x, y+2, dayWidth, 20)
		const inset, thick, dot = 8, 4, 6
		put(d.dot, x+dayWidth-dot-5, y+5, dot, dot)
		width := float32(dayWidth - 2*inset)
		put(d.track, x+inset, y+dayHeight-thick-5, width, thick)
		put(d.bar, x+inset, y+dayHeight-thick-5, max(3, width*float32(r.c.share[i])), thick)
	}
}

func (r *calendarRenderer) MinSize() fyne.Size {
	return fyne.NewSize(7*dayWidth, 2*leafHeader+6*dayHeight)
}

func (r *calendarRenderer) Refresh() {
	r.update()
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}

func (r *calendarRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *calendarRenderer) Destroy()                     {}
