package ui

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"kinora/ui/timeline"
)

// goToParts is what the sheet that goes to a time works with.
type goToParts struct {
	data     *timeline.Data
	unseen   func(timeline.Day) bool // whether nobody has watched any of it here; nil: it is not known
	zone     *time.Location
	playhead time.Time
	now      time.Time
	seek     func(time.Time)
	live     func()
	fragment func(number string)

	bookmarks func() // shows them
}

// newGoToPlan is the plan of a sheet that goes to a time: a field that understands what people write, what it has understood and whether
// something is recorded then, and a calendar with the days that have video. refresh gets the newest data.
func newGoToPlan(p goToParts, refresh func() *timeline.Data) sheetPlan {
	field := newEntry(lang.L("10:42, yesterday 9:00, 22 Nov 10:42:07.433, 5 min ago …"))
	meaning := newCaption(" ", colorQuiet).small().cut(0)
	leaf := newCalendar(p.zone, p.now, p.playhead)
	data := p.data
	leaf.filled = func(m *timeline.Month) [len(timeline.Month{})]float64 { return m.Filled(data.Wide.Spans, p.zone) }
	if p.unseen != nil {
		leaf.unseen = p.unseen
	}
	leaf.read()

	var moment timeline.Moment
	var failed error
	var s *sheet
	read := func() {
		if field.Text == "" {
			moment, failed = timeline.Moment{}, timeline.ErrUnclear
			meaning.set(" ")
		} else if moment, failed = timeline.Parse(field.Text, p.playhead.In(p.zone), p.now); failed != nil {
			meaning.set(unclear(failed))
		} else {
			meaning.set(meant(moment, data, p.zone))
			if moment.Fragment == "" && !moment.At.After(p.now) {
				leaf.choose(timeline.DayOf(moment.At, p.zone))
			}
		}
		if s != nil {
			s.enable(failed == nil, "")
		}
	}
	field.OnChanged = func(string) { read() }
	leaf.picked = func(d timeline.Day) {
		at := d.Start(p.zone)
		if first, ok := data.NextSpan(at.Add(-time.Nanosecond), true); ok && first.Before(d.End(p.zone)) && !timeline.Covers(data.Wide.Spans, at) {
			at = first
		}
		field.SetText(typed(at, p.zone, "2006-01-02 15:04:05.999"))
	}
	confirm := func(sh *sheet) {
		switch {
		case failed != nil:
		case moment.Live:
			sh.hide()
			p.live()
		case moment.Fragment != "":
			sh.hide()
			p.fragment(moment.Fragment)
		default:
			sh.hide()
			p.seek(moment.At)
		}
	}
	leaf.opened = func(timeline.Day) { s.submit() }
	field.keys = func(ev *fyne.KeyEvent) { s.key(ev) }
	field.OnSubmitted = func(string) { s.submit() }
	return sheetPlan{
		title: lang.L("Go to a time"), confirm: lang.L("Go"), weight: primary, do: confirm,
		other: lang.L("Bookmarks"), instead: func(sh *sheet) { sh.hide(); p.bookmarks() },
		body:  column(space2, field, meaning, container.NewHBox(layout.NewSpacer(), leaf, layout.NewSpacer()), newLegend()),
		focus: func() fyne.Focusable { return field },
		ready: func(sh *sheet) {
			s = sh
			leaf.keys = sh.key
			read()
		},
		live: func(*model) {
			data = refresh()
			leaf.show()
		},
	}
}

// unclear says why a text is no moment.
func unclear(err error) string {
	if errors.Is(err, timeline.ErrAmbiguous) {
		return lang.L("Which is the day, which the month? Write 3 Apr or 2026-04-03.")
	}
	return lang.L("This is no time yet")
}

// meant says which moment was understood, and what is there.
func meant(m timeline.Moment, d *timeline.Data, zone *time.Location) string {
	switch {
	case m.Live:
		return lang.L("The live edge")
	case m.Fragment != "":
		return lang.L("The fragment of that number")
	}
	when := m.At.In(zone).Format("2006-01-02 15:04:05.000 MST")
	recorded, gap, named := d.At(m.At)
	switch {
	case d.First.IsZero():
		return when
	case recorded:
		return lang.L("{{.Time}}, recorded", values{"Time": when})
	case named && gap.Reason != "":
		return lang.L("{{.Time}}, nothing: {{.Reason}}", values{"Time": when, "Reason": gapName(gap.Reason)})
	}
	return lang.L("{{.Time}}, nothing recorded", values{"Time": when})
}
