package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"kinora/ui/timeline"
)

// calendar is a leaf of a month that shows how much of each day is recorded, as a bar under its number, and with a dot beside the
// number that nobody has watched any of it here. The arrow keys choose a
// day, Page up and Page down turn the leaf, Enter opens the day. Days without video can be chosen all the same.
type calendar struct {
	widget.BaseWidget
	zone   *time.Location
	today  timeline.Day
	day    timeline.Day // chosen
	filled func(m *timeline.Month) [len(timeline.Month{})]float64
	unseen func(timeline.Day) bool // whether nobody has watched what is recorded of it here
	picked func(timeline.Day)      // chosen by hand
	opened func(timeline.Day)      // and to be gone to
	keys   func(*fyne.KeyEvent)

	leaf    timeline.Month
	share   [len(timeline.Month{})]float64
	fresh   [len(timeline.Month{})]bool // with video that nobody has watched here
	focused bool
	under   int // the day under the pointer; -1: none
}

var (
	_ fyne.Focusable    = (*calendar)(nil)
	_ fyne.Tappable     = (*calendar)(nil)
	_ desktop.Hoverable = (*calendar)(nil)
	_ fyne.Scrollable   = (*calendar)(nil)
	_ fyne.Accessible   = (*calendar)(nil)
)

// The calendar's measures in Fyne's units.
const (
	dayWidth   = 44
	dayHeight  = 34
	leafHeader = 28 // the month, and the names of days below it
	firstDay   = time.Monday
)

func newCalendar(zone *time.Location, now, chosen time.Time) *calendar {
	c := &calendar{zone: zone, today: timeline.DayOf(now, zone), day: timeline.DayOf(chosen, zone), under: -1}
	c.filled = func(*timeline.Month) (none [len(timeline.Month{})]float64) { return none }
	c.unseen = func(timeline.Day) bool { return false }
	c.picked, c.opened, c.keys = func(timeline.Day) {}, func(timeline.Day) {}, func(*fyne.KeyEvent) {}
	c.leaf = timeline.MonthOf(c.day, firstDay)
	c.ExtendBaseWidget(c)
	return c
}

// show brings the bars up to date.
func (c *calendar) show() {
	share, fresh := c.share, c.fresh
	if c.read(); c.share != share || c.fresh != fresh {
		c.Refresh()
	}
}

// read asks what there is of each day of the leaf.
func (c *calendar) read() {
	c.share = c.filled(&c.leaf)
	for i, d := range c.leaf {
		c.fresh[i] = c.share[i] > 0 && c.unseen(d)
	}
}

// choose shows a day on its leaf.
func (c *calendar) choose(d timeline.Day) {
	if c.day == d {
		return
	}
	c.day = d
	c.leaf = timeline.MonthOf(d, firstDay)
	c.read()
	c.Refresh()
}

// pick is choose by hand.
func (c *calendar) pick(d timeline.Day) {
	if d.Compare(c.today) > 0 {
		d = c.today
	}
	c.choose(d)
	c.picked(d)
}

// turn goes to the same day of another month, or to its last.
func (c *calendar) turn(months int) {
	first := timeline.Day{Year: c.day.Year, Month: c.day.Month, Day: 1}.AddMonths(months)
	d := first
	d.Day = min(c.day.Day, first.AddMonths(1).Add(-1).Day)
	c.pick(d)
}

// at is which day of the leaf is at a place; -1: none.
func (c *calendar) at(p fyne.Position) int {
	x, y := int(p.X)/dayWidth, int(p.Y-2*leafHeader)/dayHeight
	if p.Y < 2*leafHeader || p.X < 0 || x > 6 || y > 5 {
		return -1
	}
	return 7*y + x
}

func (c *calendar) Tapped(ev *fyne.PointEvent) {
	switch i := c.at(ev.Position); {
	case i >= 0 && c.leaf[i] == c.day:
		c.opened(c.day)
	case i >= 0:
		c.pick(c.leaf[i])
	case ev.Position.Y < leafHeader && ev.Position.X < 2*dayWidth:
		c.turn(-1)
	case ev.Position.Y < leafHeader && ev.Position.X > 5*dayWidth:
		c.turn(1)
	}
}

func (c *calendar) Scrolled(ev *fyne.ScrollEvent) {
	if ev.Scrolled.DY > 0 {
		c.turn(-1)
	} else if ev.Scrolled.DY < 0 {
		c.turn(1)
	}
}

func (c *calendar) MouseIn(ev *desktop.MouseEvent) { c.MouseMoved(ev) }
func (c *calendar) MouseOut()                      { c.over(-1) }
func (c *calendar) MouseMoved(ev *desktop.MouseEvent) {
	c.over(c.at(ev.Position))
}

func (c *calendar) over(i int) {
	if c.under != i {
		c.under = i
		c.Refresh()
	}
}

func (c *calendar) FocusGained()   { c.focused = true; c.Refresh() }
func (c *calendar) FocusLost()     { c.focused = false; c.Refresh() }
func (c *calendar) TypedRune(rune) {}

func (c *calendar) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyLeft:
		c.pick(c.day.Add(-1))
	case fyne.KeyRight:
		c.pick(c.day.Add(1))
	case fyne.KeyUp:
		c.pick(c.day.Add(-7))
	case fyne.KeyDown:
		c.pick(c.day.Add(7))
	case fyne.KeyPageUp:
		c.turn(-1)
	case fyne.KeyPageDown:
		c.turn(1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		c.opened(c.day)
	default:
		c.keys(ev)
	}
}

func (c *calendar) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (c *calendar) AccessibilityLabel() string {
	for i, d := range c.leaf {
		switch {
		case d == c.day && c.fresh[i]:
			return lang.L("{{.Day}}, with video that was not watched here", values{"Day": c.name(d)})
		case d == c.day && c.share[i] > 0:
			return lang.L("{{.Day}}, with video", values{"Day": c.name(d)})
		}
	}
	return lang.L("{{.Day}}, without video", values{"Day": c.name(c.day)})
}

func (c *calendar) name(d timeline.Day) string {
	return d.Start(c.zone).In(c.zone).Format("2006-01-02")
}

func (c *calendar) CreateRenderer() fyne.WidgetRenderer {
	r := &calendarRenderer{c: c, frame: canvas.NewRectangle(color.Transparent), before: newLeafText(), after: newLeafText(), month: newLeafText()}
	r.objects = append(r.objects, r.frame, r.before, r.after, r.month)
	for i := range r.names {
		r.names[i] = newLeafText()
		r.objects = append(r.objects, r.names[i])
	}
	for i := range r.days {
		d := &r.days[i]
		d.ground, d.track, d.bar, d.number = canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent), newLeafText()
		d.dot = canvas.NewCircle(color.Transparent)
		d.ground.CornerRadius = radius
		r.objects = append(r.objects, d.ground, d.track, d.bar, d.number, d.dot)
	}
	r.update()
	return r
}

func newLeafText() *canvas.Text {
	t := canvas.NewText("", color.Transparent)
	t.Alignment = fyne.TextAlignCenter
	return t
}
