package timeline

import (
	"cmp"
	"time"

	"kinora/media"
)

// A Day is a date, without a zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the date at t in a zone.
func DayOf(t time.Time, loc *time.Location) Day {
	y, m, d := t.In(loc).Date()
	return Day{y, m, d}
}

// Add is the date so many days later.
func (d Day) Add(days int) Day { return Day{d.Year, d.Month, d.Day + days}.normal() }

// AddMonths is the same day of another month, or what comes as many days after its last.
func (d Day) AddMonths(months int) Day {
	return Day{d.Year, d.Month + time.Month(months), d.Day}.normal()
}

// normal is the same day with month and day in their ranges.
func (d Day) normal() Day {
	return DayOf(time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC), time.UTC)
}

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Weekday()
}

// Start is when the day begins in a zone: at midnight, or where clocks are set then, at the first moment that has its date. A day that
// a zone leaves out, as Samoa did in 2011, begins and ends with the next.
func (d Day) Start(loc *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
	set, end := t.ZoneBounds()
	switch c := DayOf(t, loc).Compare(d); {
	case c < 0:
		return end
	case c > 0:
		return set
	}
	if !set.IsZero() && DayOf(set, loc) == d {
		return set // clocks are set before t, and on the same day
	}
	return t
}

// End is when the next day begins.
func (d Day) End(loc *time.Location) time.Time { return d.Add(1).Start(loc) }

// Length is how long the day is: 23, 24 or 25 hours, mostly.
func (d Day) Length(loc *time.Location) time.Duration { return d.End(loc).Sub(d.Start(loc)) }

// Compare orders days.
func (d Day) Compare(other Day) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// A Month is a leaf of a calendar: six weeks that begin with the given day and hold the whole month.
type Month [6 * 7]Day

// MonthOf is the leaf that holds d; weeks begin on first.
func MonthOf(d Day, first time.Weekday) Month {
	begin := Day{d.Year, d.Month, 1}
	begin = begin.Add(-((int(begin.Weekday()) - int(first) + 7) % 7))
	var m Month
	for i := range m {
		m[i] = begin.Add(i)
	}
	return m
}

// Filled tells of each day of the leaf how much of it spans cover, from 0 to 1; anything at all is at least a hundredth. The
// spans are in order.
func (m *Month) Filled(spans []media.Span, loc *time.Location) (share [len(Month{})]float64) {
	for i, d := range m {
		from, to := d.Start(loc), d.End(loc)
		var covered time.Duration
		any := false
		for _, s := range spans[firstEnding(spans, from):] {
			if !s.From.Before(to) {
				break
			}
			any = true
			covered += earlier(s.To, to).Sub(later(s.From, from))
		}
		if any && to.After(from) {
			share[i] = min(max(float64(covered)/float64(to.Sub(from)), 0.01), 1)
		}
	}
	return share
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
