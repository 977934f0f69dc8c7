package ui

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/timeline"
)

// The still of a bubble, in units.
const (
	stillWidth  = 320
	stillHeight = 180
	numberWidth = 348 // of a fragment's number
)

// hoverAt shows what is under the pointer.
func (b *timeBar) hoverAt() {
	part, mark := b.view.Hit(b.data, b.hand.x, b.hand.y)
	scale := b.view.Scale
	if part == timeline.OnDays {
		scale = b.view.DaysScale(b.data)
	}
	at := scale.At(b.hand.x)
	if part == timeline.OnMark {
		at = b.data.Marks[mark].At
	}
	if part == timeline.Nothing || at.After(b.view.Now) {
		b.unhover()
		return
	}
	b.hair.Move(fyne.NewPos(float32(b.hand.x), 0))
	b.hair.Show()
	recorded, gap, named := b.data.At(at)
	words, more := "", ""
	switch {
	case part == timeline.OnMark:
		words = markName(b.data.Marks[mark].Name, b.data.Marks[mark].Value, b.data.Marker)
	case !recorded && named:
		words = gapSentence(gap.Reason)
		more = lang.L("{{.Time}}, from {{.From}} to {{.To}}", values{"Time": age(gap.To.Sub(gap.From)), "From": b.toTheSecond(gap.From), "To": b.toTheSecond(gap.To)})
	case !recorded && !b.data.First.IsZero() && at.Before(b.data.First):
		words = gapSentence("")
	}
	b.bubble.ask(at, at.In(b.view.Zone).Format("2006-01-02 15:04:05.000 MST"), words, more, recorded || part == timeline.OnMark)
	b.bubble.place(float32(b.hand.x), b.Size().Width)
	b.do.hovered(at)
}

// toTheSecond formats a time of the bar, with its date where that is another day than the pointer's.
func (b *timeBar) toTheSecond(t time.Time) string {
	if timeline.DayOf(t, b.view.Zone) != timeline.DayOf(b.view.At(b.hand.x), b.view.Zone) {
		return t.In(b.view.Zone).Format("2006-01-02 15:04:05")
	}
	return t.In(b.view.Zone).Format("15:04:05")
}

// unhover shows that the pointer is elsewhere.
func (b *timeBar) unhover() {
	if b.bubble.Visible() {
		b.hair.Hide()
		b.bubble.Hide()
		b.do.hovered(time.Time{})
	}
}

// picture shows the still nearest to the time that hovered was called with last, and the fragment that is there.
func (b *timeBar) picture(of time.Time, still *image.RGBA, fragment string) {
	b.bubble.answer(of, still, fragment)
}

// timeBubble is what lies over the bar while the pointer is on it: a still, its time, and words.
type timeBubble struct {
	widget.BaseWidget
	at       time.Time // that is asked about
	pictured bool      // there can be a still of it
	still    *canvas.Image
	time     *caption
	words    *caption
	more     *caption // about a gap how long it is, about a still of which fragment
	box      *fyne.Container
}

func newTimeBubble() *timeBubble {
	u := &timeBubble{
		still: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest},
		time:  newCaption("", theme.ColorNameForeground).figures(),
		words: newCaption("", theme.ColorNameForeground).cut(0),
		more:  newCaption("", colorQuiet).small().cut(0),
	}
	u.still.SetMinSize(fyne.NewSize(stillWidth, stillHeight))
	u.box = container.New(sized{width: numberWidth + 2*space2}, padded(column(space1, u.still, u.time, u.words, u.more), space2, space2, space2, space2))
	u.ExtendBaseWidget(u)
	u.Hide()
	return u
}

// ask shows a time, and keeps the still that is there until another comes; pictured is false where there can be none.
func (u *timeBubble) ask(at time.Time, clock, words, more string, pictured bool) {
	u.at, u.pictured = at, pictured
	u.time.set(clock)
	u.words.set(words)
	resized := setShown(u.words, words != "")
	if !pictured || more != "" {
		u.more.set(more)
	}
	if !pictured {
		resized = setShown(u.still, false) || resized
	}
	resized = setShown(u.more, u.more.text != "") || resized
	if resized || u.Size() != u.MinSize() {
		u.Resize(u.MinSize())
	}
	setVisible(u, true)
}

// answer shows a still when it is of the time that is asked about.
func (u *timeBubble) answer(of time.Time, still *image.RGBA, fragment string) {
	if !of.Equal(u.at) || !u.pictured || !u.Visible() {
		return
	}
	u.more.set(fragment)
	setShown(u.more, fragment != "")
	if still != nil && u.still.Image != image.Image(still) {
		u.still.Image = still
		u.still.Refresh()
	}
	setShown(u.still, still != nil)
	if size := u.MinSize(); size != u.Size() {
		foot := u.Position().Y + u.Size().Height
		u.Resize(size)
		u.Move(fyne.NewPos(u.Position().X, foot-size.Height))
	}
}

// setShown is setVisible that tells whether it has changed anything.
func setShown(o fyne.CanvasObject, on bool) bool {
	was := o.Visible()
	setVisible(o, on)
	return was != on
}

// place puts the bubble over x, as far as the bar's width allows.
func (u *timeBubble) place(x, width float32) {
	size := u.Size()
	u.Move(fyne.NewPos(max(0, min(x-size.Width/2, width-size.Width)), -size.Height-space1))
}

func (u *timeBubble) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(newPlate(), u.box))
}
