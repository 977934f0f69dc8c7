package timeline

import "time"

// A level is a distance of ticks. Each is a multiple of the one before, but for weeks.
type level struct {
	every time.Duration // 0: days, weeks or months
	days  int           // 0: not days
	need  float64       // units that a label and the room beside it take
}

// The levels, the finest first.
var levels = [...]level{
	{every: 10 * time.Millisecond, need: 56},
	{every: 50 * time.Millisecond, need: 56},
	{every: 100 * time.Millisecond, need: 56},
	{every: 500 * time.Millisecond, need: 56},
	{every: time.Second, need: 72},
	{every: 5 * time.Second, need: 72},
	{every: 15 * time.Second, need: 72},
	{every: time.Minute, need: 56},
	{every: 5 * time.Minute, need: 56},
	{every: 15 * time.Minute, need: 56},
	{every: time.Hour, need: 56},
	{every: 3 * time.Hour, need: 56},
	{every: 6 * time.Hour, need: 56},
	{days: 1, need: 30},
	{days: 7, need: 30},
	{days: 30, need: 40}, // months
}

const (
	levelSecond = 4
	levelMinute = 7
	levelDay    = 13
	levelWeek   = 14
	levelMonth  = 15
)

// length is the level's distance, of months the least.
func (l level) length() time.Duration {
	if l.days > 0 {
		return time.Duration(l.days) * 24 * time.Hour
	}
	return l.every
}

// tickRoom is how far apart ticks must be to be seen, and labels to be read.
const tickRoom = 5.0

// opacity is how much is seen of something that is as far apart as width and needs room: it fades in over half of that.
func opacity(width, room float64) float64 { return min(max((width-room)/(room/2), 0), 1) }

// A zone gives the clock and the calendar of a place, and remembers the offset that was asked for last.
type zone struct {
	loc        *time.Location
	from, to   time.Time // in which offset holds
	offset     time.Duration
	everywhere bool // it holds always
}

func newZone(loc *time.Location) *zone { return &zone{loc: loc} }

// at is by how much clocks are ahead of UTC.
func (z *zone) at(t time.Time) time.Duration {
	if z.everywhere || !z.from.IsZero() && !t.Before(z.from) && t.Before(z.to) {
		return z.offset
	}
	local := t.In(z.loc)
	_, seconds := local.Zone()
	z.offset = time.Duration(seconds) * time.Second
	z.from, z.to = local.ZoneBounds()
	z.everywhere = z.from.IsZero() && z.to.IsZero()
	return z.offset
}

// wall is what a clock shows at t, as nanoseconds; the day begins at multiples of 24 hours.
func (z *zone) wall(t time.Time) int64 { return t.UnixNano() + int64(z.at(t)) }

// before is the last tick of a level that is not after t.
func (z *zone) before(l level, t time.Time) time.Time {
	if l.days > 0 {
		d := DayOf(t, z.loc)
		switch {
		case l.days == 7:
			d = d.Add(-(int(d.Weekday()) + 6) % 7)
		case l.days > 7:
			d.Day = 1
		}
		return d.Start(z.loc)
	}
	return t.Add(-time.Duration(mod(z.wall(t), int64(l.every))))
}

// next is the first tick of a level after the tick t. Where clocks are set, ticks stay at full hours of the clock.
func (z *zone) next(l level, t time.Time) time.Time {
	if l.days > 0 {
		d := DayOf(t, z.loc)
		if l.days > 7 {
			return Day{d.Year, d.Month + 1, 1}.normal().Start(z.loc)
		}
		return d.Add(l.days).Start(z.loc)
	}
	offset := z.at(t)
	n := t.Add(l.every - time.Duration(mod(z.wall(t), int64(l.every))))
	if set := z.at(n); set != offset {
		if beyond := mod(z.wall(n), int64(l.every)); beyond != 0 {
			if back := n.Add(-time.Duration(beyond)); back.After(t) && z.at(back) == set {
				return back
			}
			return n.Add(l.every - time.Duration(beyond))
		}
	}
	return n
}

// rank is the coarsest level that has a tick at the tick t of a finer one.
func (z *zone) rank(fine int, t time.Time) int {
	wall := z.wall(t)
	rank := fine
	for i := fine; i < levelDay; i++ {
		if mod(wall, int64(levels[i].every)) != 0 {
			return rank
		}
		rank = i
	}
	d := DayOf(t, z.loc)
	switch {
	case fine < levelDay && !t.Equal(d.Start(z.loc)):
		return rank
	case d.Day == 1:
		return levelMonth
	case d.Weekday() == time.Monday:
		return levelWeek
	}
	return levelDay
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }
