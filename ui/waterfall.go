package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

// waterfall shows the stages from the click to the picture, each as a bar from when it began to when it ended, with how long it took.
type waterfall struct {
	box  *fyne.Container
	rows []*fall
}

// fall is one stage.
type fall struct {
	box        *fyne.Container
	name, took *caption
	bar        *ground
	span       *fallSpan
}

// Widths of a waterfall's parts, in Fyne's units.
const (
	fallName   = 96
	fallTook   = 68
	fallBar    = 6
	fallHeight = 20
	fallWidth  = 272
)

func newWaterfall() *waterfall {
	w := &waterfall{box: column(0)}
	for range stageNames() {
		f := &fall{name: newCaption("", colorQuiet).small().cut(0), took: newCaption("", colorQuiet).small().figures().right().cut(0),
			bar: newGround(theme.ColorNamePrimary), span: &fallSpan{}}
		f.bar.radius = fallBar / 2
		f.bar.Hide()
		f.box = container.New(f.span, f.name, f.bar, f.took)
		f.box.Hide()
		w.rows = append(w.rows, f)
		w.box.Add(f.box)
	}
	return w
}

// stageNames are the stages in words.
func stageNames() []string {
	return []string{lang.L("Channel"), lang.L("Endpoints"), lang.L("Relays"), lang.L("Signaling"), lang.L("Offer"), lang.L("Answer"),
		lang.L("Way (ICE)"), lang.L("Keys (DTLS)"), lang.L("First packet"), lang.L("First picture")}
}

// show brings the bars to a moment.
func (w *waterfall) show(c *app.Call, now time.Time) {
	end := now
	if !c.Picture.IsZero() {
		end = c.Picture
	} else if c.Phase.Over() {
		end = c.Since
	}
	for _, s := range c.Stages {
		if s.Ended.After(end) {
			end = s.Ended
		}
	}
	whole := float32(max(end.Sub(c.Began), time.Millisecond))
	names := stageNames()
	changed := false
	for i, f := range w.rows {
		was := f.box.Visible()
		on := i < len(c.Stages)
		setVisible(f.box, on)
		changed = changed || was != on
		if !on {
			continue
		}
		s := c.Stages[i]
		f.name.set(names[s.Name])
		color, text := theme.ColorNamePrimary, ""
		if !s.Began.IsZero() {
			text = milli(s.Took(end))
		}
		if s.Err != nil || c.Phase == app.CallFailed && !s.Began.IsZero() && s.Ended.IsZero() {
			color, text = theme.ColorNameWarning, lang.L("failed")
		}
		f.took.set(text)
		if f.bar.color != color {
			f.bar.color = color
			f.bar.Refresh()
		}
		span := fallSpan{}
		if !s.Began.IsZero() {
			span.from = float32(s.Began.Sub(c.Began)) / whole
			span.to = span.from + float32(s.Took(end))/whole
		}
		if *f.span != span {
			*f.span = span
			setVisible(f.bar, span.to > 0)
			f.span.Layout(f.box.Objects, f.box.Size())
		}
	}
	if changed {
		relayout(w.box)
	}
}

// fallSpan lays out a stage: its name, its bar between two shares of the whole time, and how long it took.
type fallSpan struct{ from, to float32 }

func (s *fallSpan) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	name, bar, took := objects[0], objects[1], objects[2]
	name.Resize(fyne.NewSize(fallName, size.Height))
	name.Move(fyne.Position{})
	took.Resize(fyne.NewSize(fallTook, size.Height))
	took.Move(fyne.NewPos(size.Width-fallTook, 0))
	room := max(0, size.Width-fallName-fallTook-2*space2)
	from, to := min(max(s.from, 0), 1), min(max(s.to, 0), 1)
	width := max(2, (to-from)*room)
	bar.Resize(fyne.NewSize(width, fallBar))
	bar.Move(fyne.NewPos(fallName+space2+min(from*room, room-width), (size.Height-fallBar)/2))
}

func (s *fallSpan) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(fallWidth, fallHeight) }
