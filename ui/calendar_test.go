package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/media"
	"kinora/ui/timeline"
)

func newCalendarTest(t *testing.T) (c *calendar, picked, opened *[]timeline.Day) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look{alwaysDark})
	c = newCalendar(time.Local, now, now)
	data := archive()
	c.filled = func(m *timeline.Month) [len(timeline.Month{})]float64 { return m.Filled(data.Wide.Spans, time.Local) }
	picked, opened = new([]timeline.Day), new([]timeline.Day)
	c.picked = func(d timeline.Day) { *picked = append(*picked, d) }
	c.opened = func(d timeline.Day) { *opened = append(*opened, d) }
	w := test.NewTempWindow(t, c)
	w.SetPadded(false)
	w.Resize(c.MinSize())
	c.show()
	return c, picked, opened
}

func TestCalendarMarksDaysWithVideo(t *testing.T) {
	c, _, _ := newCalendarTest(t)
	r := test.WidgetRenderer(c).(*calendarRenderer)
	for i, d := range c.leaf {
		want := d.Month == 11 && d.Day >= 20 && d.Day <= 22
		if got := !r.days[i].bar.Hidden; got != want {
			t.Errorf("%v has a bar: %v, want %v", d, got, want)
		}
	}
	if text := visible(c); !strings.Contains(text, "Nov 2025") || !strings.HasPrefix(text, "‹\n›\nNov 2025\nMon\n") {
		t.Errorf("it says %q", text)
	}
}

func TestCalendarMarksDaysThatNobodyWatched(t *testing.T) {
	c, _, _ := newCalendarTest(t)
	c.unseen = func(d timeline.Day) bool { return d.Day != 21 }
	c.show()
	r := test.WidgetRenderer(c).(*calendarRenderer)
	for i, d := range c.leaf {
		want := d.Month == 11 && (d.Day == 20 || d.Day == 22)
		if got := !r.days[i].dot.Hidden; got != want {
			t.Errorf("%v has a dot: %v, want %v", d, got, want)
		}
	}
	if label := c.AccessibilityLabel(); !strings.Contains(label, "not watched") {
		t.Errorf("of a day that nobody watched it says %q", label)
	}
}

func TestCalendarByKeys(t *testing.T) {
	c, picked, opened := newCalendarTest(t)
	press := func(names ...fyne.KeyName) {
		for _, name := range names {
			c.TypedKey(&fyne.KeyEvent{Name: name})
		}
	}
	press(fyne.KeyLeft, fyne.KeyUp, fyne.KeyPageUp)
	if want := (timeline.Day{Year: 2025, Month: 10, Day: 14}); c.day != want || c.leaf != timeline.MonthOf(want, firstDay) {
		t.Errorf("it is on %v, want %v", c.day, want)
	}
	press(fyne.KeyPageDown, fyne.KeyPageDown)
	if want := timeline.DayOf(now, time.Local); c.day != want {
		t.Errorf("in the future it is on %v, want today, %v", c.day, want)
	}
	press(fyne.KeyReturn)
	if len(*picked) != 5 || len(*opened) != 1 || (*opened)[0] != c.day {
		t.Errorf("it picked %v and opened %v", *picked, *opened)
	}
	c.choose(timeline.Day{Year: 2025, Month: 10, Day: 31})
	press(fyne.KeyPageUp)
	if want := (timeline.Day{Year: 2025, Month: 9, Day: 30}); c.day != want {
		t.Errorf("a month before the 31st it is on %v, want %v", c.day, want)
	}
}

func TestCalendarByPointer(t *testing.T) {
	c, picked, opened := newCalendarTest(t)
	tap := func(x, y float32) { c.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x, y)}) }
	tap(2.5*dayWidth, 2*leafHeader+2.5*dayHeight) // Wednesday of the third week
	if want := (timeline.Day{Year: 2025, Month: 11, Day: 12}); len(*picked) != 1 || (*picked)[0] != want {
		t.Fatalf("it picked %v, want %v", *picked, want)
	}
	tap(2.5*dayWidth, 2*leafHeader+2.5*dayHeight)
	if len(*opened) != 1 {
		t.Error("the second tap does not open the day")
	}
	tap(5, 5)
	if c.day.Month != 10 {
		t.Errorf("the arrow leads to %v", c.day)
	}
}

func goTo(t *testing.T, w *window) (field *entry, went *[]time.Time, lives *int) {
	t.Helper()
	went, lives = new([]time.Time), new(int)
	data := archive()
	plan := newGoToPlan(goToParts{data: data, zone: time.Local, playhead: now.Add(-time.Hour), now: now,
		seek: func(at time.Time) { *went = append(*went, at) }, live: func() { *lives++ },
		fragment: func(string) {}}, func() *timeline.Data { return data })
	w.open(plan)
	return w.canvas().Focused().(*entry), went, lives
}

func TestGoToATime(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	_, went, _ := goTo(t, w)
	if !w.sheet.confirm.disabled {
		t.Error("nothing can be gone to")
	}
	w.write("9:15")
	if text := w.sheetText(); !strings.Contains(text, "2025-11-22 09:15:00.000") || !strings.Contains(text, ", recorded") {
		t.Errorf("it says %q", text)
	}
	w.press(fyne.KeyReturn)
	if want := time.Date(2025, 11, 22, 9, 15, 0, 0, time.Local); len(*went) != 1 || !(*went)[0].Equal(want) || w.sheet != nil {
		t.Errorf("it goes to %v, want %v", *went, want)
	}

	field, went, lives := goTo(t, w)
	field.SetText("10:05")
	if text := w.sheetText(); !strings.Contains(text, "nothing: connection lost") {
		t.Errorf("in a gap it says %q", text)
	}
	field.SetText("soon")
	w.press(fyne.KeyReturn)
	if text := w.sheetText(); !strings.Contains(text, "no time yet") || len(*went) > 0 {
		t.Errorf("of what it does not understand it says %q, and goes to %v", text, *went)
	}
	field.SetText("now")
	w.press(fyne.KeyReturn)
	if *lives != 1 {
		t.Error("it does not go live")
	}
}

func TestGoToADayOfTheCalendar(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	field, went, _ := goTo(t, w)
	var leaf *calendar
	walk(w.sheet.popup, func(o fyne.CanvasObject) {
		if c, ok := o.(*calendar); ok {
			leaf = c
		}
	})
	leaf.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	leaf.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	first := now.Add(-48 * time.Hour)
	if want := first.Format("2006-01-02 15:04:05"); field.Text != want {
		t.Errorf("the day on which recording began is %q, want its first picture, %q", field.Text, want)
	}
	leaf.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(*went) != 1 || !(*went)[0].Equal(first) {
		t.Errorf("it goes to %v", *went)
	}
}

// The first picture of a day is gone to exactly: in front of it there is nothing.
func TestGoToADayThatBeginsWithinASecond(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	first := now.Add(-48*time.Hour + 483*time.Millisecond)
	data := &timeline.Data{Wide: timeline.Layer{From: now.Add(-72 * time.Hour), To: now, Spans: []media.Span{{From: first, To: now}}}, First: first, Last: now}
	var went []time.Time
	w.open(newGoToPlan(goToParts{data: data, zone: time.Local, playhead: now, now: now, seek: func(at time.Time) { went = append(went, at) }},
		func() *timeline.Data { return data }))
	walk(w.sheet.popup, func(o fyne.CanvasObject) {
		if c, ok := o.(*calendar); ok {
			c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
			c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
			c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		}
	})
	if len(went) != 1 || !went[0].Equal(first) {
		t.Errorf("it goes to %v, want %v", went, first)
	}
}
