package ui

import (
	"image"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/timeline"
)

// timeBar is the bar of time under a picture: package timeline reckons and draws, timeBar knows the pointer, the keys and the screen.
// Its picture is drawn anew only when something on it has moved by a pixel; the playhead and the pointer lie over it and move alone.
type timeBar struct {
	widget.BaseWidget
	box      *fyne.Container // the bar and the bubble over it, for a page to hold after what the bubble lies over
	do       timeBarParts
	data     *timeline.Data
	view     timeline.View // Width, Height and Pixels are those painted last
	playhead time.Time     // zero: there is none
	painter  *timeline.Painter
	face     *timeline.Face
	image    *image.RGBA
	raster   *canvas.Raster
	stamp    *timeStamp
	needle   *canvas.Rectangle
	hair     *canvas.Rectangle // under the pointer
	bubble   *timeBubble

	hand    hand
	motion  *fyne.Animation
	moving  bool
	fitted  bool // the view has been chosen once
	follows bool // the view goes with the playhead
	vacant  bool // it is known that nothing is recorded where the playhead is
	seeks   bool // the playhead is not in sight, and has to be as soon as what is known allows it
	focused bool
	asked   asked             // of looked last
	names   map[string]string // of gaps, by reason
}

// asked is a range of time and how exactly it is wanted.
type asked struct {
	from, to   time.Time
	resolution time.Duration
}

// timeBarParts is what the bar is given to act with. Times are on the clock of the bar's data.
type timeBarParts struct {
	scrub   func(at time.Time)      // the pointer holds the playhead, and has moved it here
	rest    func()                  // it holds it, and moves no more
	release func(at time.Time)      // it has let go here
	play    func(at time.Time)      // play from here
	chosen  func(in, out time.Time) // the handles of the range were moved
	looked  func(from, to time.Time, resolution time.Duration)
	hovered func(at time.Time) // the pointer rests or moves here; zero: elsewhere
	keys    func(*fyne.KeyEvent)
	runes   func(rune)
}

var (
	_ fyne.Focusable      = (*timeBar)(nil)
	_ fyne.Draggable      = (*timeBar)(nil)
	_ fyne.Scrollable     = (*timeBar)(nil)
	_ fyne.DoubleTappable = (*timeBar)(nil)
	_ desktop.Hoverable   = (*timeBar)(nil)
	_ desktop.Mouseable   = (*timeBar)(nil)
	_ desktop.Cursorable  = (*timeBar)(nil)
	_ fyne.Accessible     = (*timeBar)(nil)
)

func newTimeBar(do timeBarParts) *timeBar {
	b := &timeBar{
		do:     do,
		data:   &timeline.Data{},
		names:  make(map[string]string),
		needle: canvas.NewRectangle(color.Transparent),
		hair:   canvas.NewRectangle(color.Transparent),
	}
	b.view = timeline.View{Scale: timeline.Between(time.Now().Add(-time.Hour), time.Now(), 1000), Pixels: 1, Open: true, Zone: zone(), Hover: -1, Now: time.Now()}
	b.follows = true
	b.raster = canvas.NewRaster(b.paint)
	b.raster.ScaleMode = canvas.ImageScalePixels
	b.stamp = newTimeStamp(b)
	b.bubble = newTimeBubble()
	b.needle.Hidden, b.hair.Hidden = true, true
	b.motion = &fyne.Animation{Duration: time.Second, RepeatCount: fyne.AnimationRepeatForever, Curve: fyne.AnimationLinear,
		Tick: func(float32) { b.move(time.Now()) }}
	b.ExtendBaseWidget(b)
	b.box = container.New(barAndBubble{b}, b, b.bubble)
	return b
}

// show replaces what is known of the archive, which nobody changes from then on.
func (b *timeBar) show(d *timeline.Data) {
	if d == b.data {
		return
	}
	d.Names = b.gapName
	b.data = d
	if !b.fitted && !d.First.IsZero() && b.view.Width > 0 {
		b.fitted = true
		b.look(b.firstView())
		return
	}
	b.raster.Refresh()
}

// gapName is the package's gapName, which is asked for at every redraw.
func (b *timeBar) gapName(reason string) string {
	name, ok := b.names[reason]
	if !ok {
		name = gapName(reason)
		b.names[reason] = name
	}
	return name
}

// firstView shows the last hour, or as much as there is when it is less, or as much of the time in which the playhead is.
func (b *timeBar) firstView() timeline.Scale {
	length := min(time.Hour, max(b.view.Now.Sub(b.data.First), time.Minute))
	s := timeline.Between(b.view.Now.Add(-length), b.view.Now.Add(length/6), b.view.Width)
	if b.playhead.IsZero() {
		return s
	}
	return timeline.Follow(s, b.playhead, b.view.Now, b.view.Width)
}

// pass moves the playhead and the present. It is cheap enough for every frame.
func (b *timeBar) pass(playhead, now time.Time) {
	v := &b.view
	if v.Apart(now, v.Now) {
		b.raster.Refresh()
	}
	v.Now = now
	moved := !playhead.Equal(b.playhead)
	b.playhead = playhead
	if (moved || b.seeks) && b.follows && b.hand.mode == idle && !b.moving && !playhead.IsZero() {
		b.keep(playhead)
		x := v.X(playhead)
		b.seeks = b.seeks && (x < 0 || x > v.Width)
	}
	if moved {
		b.placeNeedle()
	}
}

// choose shows the range; zero times are open ends.
func (b *timeBar) choose(in, out time.Time) {
	if !b.view.In.Equal(in) || !b.view.Out.Equal(out) {
		b.view.In, b.view.Out = in, out
		b.raster.Refresh()
	}
}

// open shows all strips, or the main one alone.
func (b *timeBar) open(on bool) {
	if b.view.Open != on {
		b.view.Open = on
		b.Refresh()
	}
}

// zone shows the clock of another place.
func (b *timeBar) zone(loc *time.Location) {
	if b.view.Zone != loc {
		b.view.Zone = loc
		b.Refresh()
	}
}

// clock says whose clock it is, when that is to be said.
func (b *timeBar) clock(name string) {
	if b.view.Clock != name {
		b.view.Clock = name
		b.raster.Refresh()
	}
}

// possibleView is s with its middle where something can be recorded, or, when the playhead is known to be elsewhere, between that and it.
func (b *timeBar) possibleView(s timeline.Scale) timeline.Scale {
	first, last := b.data.First, b.view.Now
	if first.IsZero() {
		first = last.Add(-time.Hour)
	}
	if p := b.playhead; (b.vacant || b.data.First.IsZero()) && !p.IsZero() {
		if p.Before(first) {
			first = p
		} else if p.After(last) {
			last = p
		}
	}
	return s.Within(first, last, b.view.Width)
}

// look shows another part of time.
func (b *timeBar) look(s timeline.Scale) {
	b.view.Scale = b.possibleView(s)
	b.raster.Refresh()
	b.placeNeedle()
	b.ask()
	if b.bubble.Visible() && b.hand.mode == idle {
		b.hoverAt() // something else is under the pointer now
	}
}

// ask says what is seen when more of it is needed than was asked for: some of it is new, or it is to be more exact.
func (b *timeBar) ask() {
	if b.view.Width == 0 {
		return
	}
	from, to := b.view.From, b.view.At(b.view.Width)
	fine := b.view.Resolution(b.view.Pixels)
	if a := b.asked; !from.Before(a.from) && !to.After(a.to) && fine == a.resolution {
		return
	}
	around := to.Sub(from) / 2
	b.asked = asked{from.Add(-around), to.Add(around), fine}
	b.do.looked(b.asked.from, b.asked.to, fine)
}

// reveal shows t, moving as little as that takes, and lets the bar go with the playhead again.
func (b *timeBar) reveal(t time.Time) {
	b.follows = true
	b.keep(t)
}

// seek is reveal of the playhead at the next pass, wherever it is then, and whenever it becomes known that this is possible.
func (b *timeBar) seek() { b.follows, b.seeks = true, true }

// keep keeps t in sight.
func (b *timeBar) keep(t time.Time) {
	if s := b.possibleView(timeline.Follow(b.view.Scale, t, b.view.Now, b.view.Width)); s != b.view.Scale {
		b.look(s)
	}
}

// around shows t in the middle.
func (b *timeBar) around(t time.Time) { b.look(b.view.Around(t, b.view.Width)) }

// whole shows all of the archive that fits.
func (b *timeBar) whole() {
	if !b.data.First.IsZero() {
		b.look(timeline.Between(b.data.First, b.view.Now, b.view.Width))
	}
}

// paint draws the bar on w by h physical pixels. It reuses its picture.
func (b *timeBar) paint(w, h int) image.Image {
	w, h = max(w, 1), max(h, 1)
	if b.image == nil || b.image.Rect.Dx() != w || b.image.Rect.Dy() != h {
		b.image = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	size := b.raster.Size()
	if pixels := float64(w) / float64(max(size.Width, 1)); b.painter == nil || pixels != b.view.Pixels {
		b.view.Pixels = pixels
		b.prepare()
	}
	if b.painter != nil {
		b.painter.Paint(b.image, &b.view, b.data)
	}
	return b.image
}

// prepare makes the painter for the theme and the screen.
func (b *timeBar) prepare() {
	face, err := timeline.NewFace(b.Theme().Font(fyne.TextStyle{}).Content(), 11*b.view.Pixels)
	if err != nil {
		fyne.LogError("ui: the font of the timeline cannot be read", err)
		return
	}
	of := func(name fyne.ThemeColorName) color.RGBA { return rgba(colorOf(b, name)) }
	b.face = face
	b.painter = timeline.NewPainter(face, timeline.Look{
		Ground: of(colorSurface), Raised: of(colorRaised), Line: of(theme.ColorNameSeparator), Text: of(theme.ColorNameForeground),
		Quiet: of(colorQuiet), Span: of(theme.ColorNamePrimary), Other: of(colorBorder), Local: of(theme.ColorNameSuccess),
		Gap: of(colorBorder), Mark: of(theme.ColorNameWarning), Range: of(theme.ColorNameForeground),
	}, calendarWords())
}

func (b *timeBar) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (b *timeBar) AccessibilityLabel() string {
	v := &b.view
	return lang.L("Timeline from {{.From}} to {{.To}}, playhead at {{.At}}",
		values{"From": moment(v.From), "To": moment(v.At(v.Width)), "At": b.precise(b.playhead)})
}

// precise formats a time of the bar to the millisecond.
func (b *timeBar) precise(t time.Time) string { return t.In(b.view.Zone).Format("15:04:05.000") }
