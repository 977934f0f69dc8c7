package timeline

import (
	"image"
	"time"
)

// ticks draws the ticks and what is written beside them.
func (p *Painter) ticks(b brush, v *View, s Strips) {
	finest, labelled := p.levels(v.Scale)
	top, bottom := v.px(s.Ruler[0]), v.px(s.Ruler[1])
	full := bottom - top
	width := b.img.Rect.Dx()
	end := v.At(v.Width)
	for t := p.zone.before(levels[finest], v.At(-90)); t.Before(end); t = p.zone.next(levels[finest], t) {
		x := v.px(v.X(t))
		rank := p.zone.rank(finest, t)
		l := levels[rank]
		seen := opacity(float64(l.length())/v.PerUnit, tickRoom)
		if rank > finest {
			seen = 1
		}
		height := full * (rank - finest + 2) / 8
		b.veil(image.Rect(x, bottom-min(height, full), x+max(1, v.px(1)), bottom), p.look.Quiet, 0.8*seen)
		if rank < labelled {
			continue
		}
		p.text = p.label(p.text[:0], t, rank, labelled, v)
		if left := x + v.px(3); left >= 0 && left+p.face.Width(p.text) <= width { // a part of it would be another time
			p.face.Draw(b.img, image.Rect(0, top, width, bottom), left, top-v.px(1), p.text, p.look.Quiet, 1)
		}
	}
	if v.Open {
		p.dates(b, v, s.Dates, labelled)
	}
}

// levels are the finest one whose ticks are seen, and the finest one whose labels are.
func (p *Painter) levels(s Scale) (finest, labelled int) {
	labelled = levelMonth
	for i := len(levels) - 1; i >= 0; i-- {
		apart := float64(levels[i].length()) / s.PerUnit
		if apart >= tickRoom {
			finest = i
		}
		if apart >= levels[i].need {
			labelled = i
		}
	}
	return min(finest, levelDay), max(labelled, min(finest, levelDay))
}

// label is what is written at a tick.
func (p *Painter) label(text []byte, t time.Time, rank, labelled int, v *View) []byte {
	local := t.In(v.Zone)
	switch {
	case labelled >= levelMonth || rank == levelMonth && labelled >= levelDay && !v.Open:
		return append(text, p.words.Months[local.Month()-1]...)
	case labelled >= levelDay:
		return appendInt(text, local.Day(), 1)
	case rank >= levelDay && !v.Open:
		text = append(appendInt(text, local.Day(), 1), ' ')
		return append(text, p.words.Months[local.Month()-1]...)
	case labelled >= levelMinute:
		return local.AppendFormat(text, "15:04")
	case labelled >= levelSecond || rank >= levelSecond:
		return local.AppendFormat(text, "15:04:05")
	default:
		return appendInt(append(text, '.'), local.Nanosecond()/int(time.Millisecond), 3)
	}
}

// dates writes the days or months that are seen; the first stays at the left edge as long as it lasts.
func (p *Painter) dates(b brush, v *View, strip [2]float64, labelled int) {
	l := levels[levelDay]
	if labelled >= levelDay {
		l = levels[levelMonth]
	}
	y, width := v.px(strip[0]), b.img.Rect.Dx()
	end := v.At(v.Width)
	t := p.zone.before(l, v.From)
	next := p.zone.next(l, t)
	for first := true; t.Before(end); first = false {
		x := max(v.px(v.X(t)), 0) + v.px(4)
		limit := v.px(v.X(next))
		p.text = p.date(p.text[:0], t, l.days > 1, v.Zone)
		if first {
			if labelled < levelSecond {
				p.text = v.From.In(v.Zone).AppendFormat(append(p.text, ' '), "15:04:05")
			}
			p.text = v.From.In(v.Zone).AppendFormat(append(p.text, ' '), "MST")
			if v.Clock != "" {
				p.text = append(append(p.text, " · "...), v.Clock...)
			}
		}
		if wide := p.face.Width(p.text) + v.px(8); x+wide > limit {
			x = limit - wide
		}
		p.face.Draw(b.img, image.Rect(max(0, v.px(v.X(t))), 0, width, b.img.Rect.Dy()), x, y, p.text, p.look.Text, 1)
		t, next = next, p.zone.next(l, next)
	}
}

// date is a day, or a month with its year.
func (p *Painter) date(text []byte, t time.Time, month bool, loc *time.Location) []byte {
	d := DayOf(t, loc)
	if month {
		text = append(append(text, p.words.Months[d.Month-1]...), ' ')
		return appendInt(text, d.Year, 4)
	}
	return p.weekday(text, d)
}

// weekday is a day with its name: "Sat 22 Nov".
func (p *Painter) weekday(text []byte, d Day) []byte {
	text = append(append(text, p.words.Days[d.Weekday()]...), ' ')
	text = append(appendInt(text, d.Day, 1), ' ')
	return append(text, p.words.Months[d.Month-1]...)
}

// appendInt writes n with at least so many digits.
func appendInt(text []byte, n, digits int) []byte {
	var buf [20]byte
	i := len(buf)
	for n > 0 || digits > 0 {
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
		digits--
	}
	return append(text, buf[i:]...)
}
