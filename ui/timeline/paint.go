package timeline

import (
	"image"
	"image/color"
	"math"
	"sort"
	"time"
)

// A Painter draws bars. It keeps what it needs from one to the next, and allocates only when a bar gets wider or a character is
// drawn for the first time.
type Painter struct {
	face    *Face
	look    Look
	words   Words
	columns []float32
	text    []byte
	zone    *zone
}

// NewPainter returns a painter that writes with a face.
func NewPainter(face *Face, look Look, words Words) *Painter {
	return &Painter{face: face, look: look, words: words}
}

// Paint draws all of the bar but the playhead and the pointer.
func (p *Painter) Paint(img *image.RGBA, v *View, d *Data) {
	if p.zone == nil || p.zone.loc != v.Zone {
		p.zone = newZone(v.Zone)
	}
	b := brush{img}
	b.fill(img.Rect, p.look.Ground)
	s := v.Strips(d.Set)
	p.main(b, v, d, s.Main)
	p.others(b, v, d, s.Others)
	p.ticks(b, v, s)
	if v.Open {
		p.days(b, v, d, s.Days)
	}
	p.marks(b, v, d, s.Marks)
	p.chosen(b, v, s)
	if x := v.px(v.X(v.Now)); x >= 0 && x < img.Rect.Dx() {
		b.fill(image.Rect(x, v.px(s.Main[0]), x+max(1, v.px(1)), v.px(s.Main[1])), p.look.Span)
	}
}

// Stamp fills a picture with a text in its middle, dark on light.
func (p *Painter) Stamp(img *image.RGBA, text []byte) {
	brush{img}.fill(img.Rect, p.look.Text)
	size := img.Rect.Size()
	p.face.Draw(img, img.Rect, (size.X-p.face.Width(text))/2, (size.Y-p.face.Height())/2, text, p.look.Ground, 1)
}

// px is a length in pixels.
func (v *View) px(units float64) int {
	return int(math.Round(min(max(units*v.Pixels, -1e6), 1e6)))
}

// covered is how much of each pixel of the width is recorded.
func (p *Painter) covered(v *View, d *Data, width int) []float32 {
	columns := p.blank(width)
	per := v.PerUnit / v.Pixels
	to := v.At(v.Width)
	if d.Near.holds(v.From, to) {
		cover(columns, d.Near.Spans, v.From, per)
		return columns
	}
	cover(columns, d.Wide.Spans, v.From, per)
	if d.Near.From.IsZero() {
		return columns
	}
	from, end := min(max(v.px(v.X(d.Near.From)), 0), width), min(max(v.px(v.X(d.Near.To)), 0), width)
	if end > from {
		near := columns[from:end]
		clear(near)
		cover(near, d.Near.Spans, v.From.Add(time.Duration(float64(from)*per)), per)
	}
	return columns
}

// blank returns cleared columns.
func (p *Painter) blank(width int) []float32 {
	if cap(p.columns) < width {
		p.columns = make([]float32, width)
	}
	columns := p.columns[:width]
	clear(columns)
	return columns
}

// main draws what is recorded, the gaps between, and what is local.
func (p *Painter) main(b brush, v *View, d *Data, strip [2]float64) {
	top, bottom, width := v.px(strip[0]), v.px(strip[1]), b.img.Rect.Dx()
	b.fill(image.Rect(0, top, width, bottom), p.look.Raised)
	columns := p.covered(v, d, width)
	if !d.First.IsZero() {
		first, last := max(0, v.px(v.X(d.First))), min(width, v.px(v.X(later(d.Last, d.Seekable))))
		p.empty(b, columns, first, last, top, bottom, v.Pixels)
	}
	b.columns(0, top, bottom, columns, p.look.Span, p.look.Raised)
	p.notches(b, v, d, columns, top, bottom)
	p.names(b, v, d, top, bottom)
	if !d.Seekable.IsZero() && d.Seekable.Before(v.Now) {
		from := max(0, v.px(v.X(d.Seekable)))
		edge := image.Rect(from, top, min(width, v.px(v.X(v.Now))), bottom)
		b.fill(edge, p.look.Raised)
		b.hatch(edge, p.look.Span, max(4, v.px(6)), max(2, v.px(3)))
	}
	p.local(b, v, d, columns, bottom)
}

// empty hatches the columns from first to last in which nothing is recorded.
func (p *Painter) empty(b brush, columns []float32, first, last, top, bottom int, pixels float64) {
	for i := first; i < last; i++ {
		if columns[i] > 0 {
			continue
		}
		end := i + 1
		for end < last && columns[end] == 0 {
			end++
		}
		b.hatch(image.Rect(i, top, end, bottom), p.look.Gap, max(6, int(9*pixels)), max(1, int(pixels)))
		i = end
	}
}

// notches cuts into what is recorded where a gap is so short that it fills no column: it would not be seen otherwise.
func (p *Painter) notches(b brush, v *View, d *Data, columns []float32, top, bottom int) {
	gaps := p.seen(v, d).Gaps
	last := -1
	for i := sort.Search(len(gaps), func(i int) bool { return gaps[i].To.After(v.From) }); i < len(gaps); i++ {
		from, to := v.X(gaps[i].From)*v.Pixels, v.X(gaps[i].To)*v.Pixels
		if from >= float64(len(columns)) {
			return
		}
		x := int((from + to) / 2)
		if math.Floor(to)-math.Ceil(from) >= 1 || x == last || x < 0 || x >= len(columns) || columns[x] == 0 {
			continue
		}
		last = x
		b.fill(image.Rect(x, top, x+1, top+(bottom-top+2)/3), p.look.Raised)
	}
}

// seen is the layer that knows most of what is seen.
func (p *Painter) seen(v *View, d *Data) *Layer {
	if d.Near.holds(v.From, v.At(v.Width)) {
		return &d.Near
	}
	return &d.Wide
}

// names writes into gaps why they are there, where there is room.
func (p *Painter) names(b brush, v *View, d *Data, top, bottom int) {
	l := p.seen(v, d)
	if d.Names == nil || float64(bottom-top) < float64(p.face.Height()) {
		return
	}
	for i := sort.Search(len(l.Gaps), func(i int) bool { return l.Gaps[i].To.After(v.From) }); i < len(l.Gaps); i++ {
		g := &l.Gaps[i]
		from := max(v.X(g.From), 0)
		if from > v.Width {
			return
		}
		to := min(v.X(g.To), v.Width)
		if to-from < 24 {
			continue
		}
		name := d.Names(g.Reason)
		if name == "" {
			continue
		}
		p.text = append(p.text[:0], name...)
		wide := p.face.Width(p.text)
		room := v.px(to - from)
		pad := v.px(5)
		if wide+2*pad > room {
			continue
		}
		x := v.px(from) + (room-wide)/2
		y := top + (bottom-top-p.face.Height())/2
		b.fill(image.Rect(x-pad, y, x+wide+pad, y+p.face.Height()), p.look.Raised)
		p.face.Draw(b.img, b.img.Rect, x, y, p.text, p.look.Text, 1)
	}
}

// local draws a line under what is recorded and has stills on this computer, apart from it, since neither colour can be told from the
// other in every appearance. Stills are known by the minute, so that alone the line
// would reach beyond what is recorded.
func (p *Painter) local(b brush, v *View, d *Data, recorded []float32, bottom int) {
	thick, apart := max(2, v.px(2.5)), max(1, v.px(1.5))
	for i := firstEnding(d.Local, v.From); i < len(d.Local); i++ {
		from, to := max(0, v.px(v.X(d.Local[i].From))), min(len(recorded), v.px(v.X(d.Local[i].To))+1)
		if from >= len(recorded) {
			return
		}
		for x := from; x < to; x++ {
			if recorded[x] > 0 {
				b.fill(image.Rect(x, bottom-thick-apart, x+1, bottom-thick), p.look.Raised)
				b.fill(image.Rect(x, bottom-thick, x+1, bottom), p.look.Local)
			}
		}
	}
}

// others draws the strip of the set.
func (p *Painter) others(b brush, v *View, d *Data, strip [2]float64) {
	if strip[1] <= strip[0] {
		return
	}
	top, bottom := v.px(strip[0]), v.px(strip[1])
	columns := p.blank(b.img.Rect.Dx())
	b.fill(image.Rect(0, top, len(columns), bottom), p.look.Raised)
	cover(columns, d.Others, v.From, v.PerUnit/v.Pixels)
	b.columns(0, top, bottom, columns, p.look.Other, p.look.Raised)
}

// marks draws tags as diamonds and markers that a person has set as wedges; where they would overlap, one stands for all.
func (p *Painter) marks(b brush, v *View, d *Data, strip [2]float64) {
	size := max(2, v.px(4))
	y := (v.px(strip[0]) + v.px(strip[1])) / 2
	if !v.Open {
		size, y = max(2, v.px(3)), v.px(strip[0])+max(2, v.px(3))
	}
	occupied := math.MinInt
	for i := firstMark(d.Marks, v.At(-10)); i < len(d.Marks); {
		m := &d.Marks[i]
		x := v.px(v.X(m.At))
		if x > b.img.Rect.Dx()+size {
			return
		}
		if x-size <= occupied {
			i = max(i+1, firstMark(d.Marks[i:], v.At(float64(occupied+size)/v.Pixels))+i)
			continue
		}
		if m.Name == d.Marker {
			b.wedge(x, y+size, 2*size, p.look.Mark)
		} else {
			b.dot(x, y, size, p.look.Mark)
		}
		occupied = x + size
		i++
	}
}

// chosen draws the range and its handles.
func (p *Painter) chosen(b brush, v *View, s Strips) {
	if v.In.IsZero() && v.Out.IsZero() {
		return
	}
	width := b.img.Rect.Dx()
	from, to := 0, width
	if !v.In.IsZero() {
		from = v.px(v.X(v.In))
	}
	if !v.Out.IsZero() {
		to = v.px(v.X(v.Out))
	}
	top, bottom := v.px(s.Main[0]), v.px(s.Main[1])
	b.veil(image.Rect(from, top, to, bottom), p.look.Range, 0.3)
	thick, flag := max(2, v.px(2)), max(4, v.px(6))
	handle := func(x, toward int, c color.RGBA) {
		b.fill(image.Rect(x-thick/2, top-v.px(3), x-thick/2+thick, bottom), c)
		b.fill(image.Rect(min(x, x+toward), top-v.px(3), max(x, x+toward), top+v.px(3)), c)
	}
	if !v.In.IsZero() {
		handle(from, flag, p.look.Range)
	}
	if !v.Out.IsZero() {
		handle(to, -flag, p.look.Range)
	}
}

// dayTicks is the level of the ticks of a strip of days: of months where days are too narrow to be told apart.
func (p *Painter) dayTicks(s Scale) level {
	if float64(24*time.Hour)/s.PerUnit < tickRoom {
		return levels[levelMonth]
	}
	return levels[levelDay]
}

// days draws the whole archive in small, and what of it is seen.
func (p *Painter) days(b brush, v *View, d *Data, strip [2]float64) {
	scale := v.DaysScale(d)
	top, bottom, width := v.px(strip[0]), v.px(strip[1]), b.img.Rect.Dx()
	b.fill(image.Rect(0, top, width, bottom), p.look.Raised)
	columns := p.blank(width)
	cover(columns, d.Wide.Spans, scale.From, scale.PerUnit/v.Pixels)
	foot := bottom - max(3, v.px(5))
	b.columns(0, foot, bottom, columns, p.look.Span, p.look.Raised)

	every := p.dayTicks(scale)
	perDay := float64(24*time.Hour) / scale.PerUnit
	end := scale.At(v.Width)
	for t := p.zone.before(every, scale.From); t.Before(end); t = p.zone.next(every, t) {
		x := v.px(scale.X(t))
		date := DayOf(t, v.Zone)
		crowded := perDay*28 < tickRoom // the months of many years
		if crowded && date.Month != time.January {
			continue
		}
		b.fill(image.Rect(x, top, x+max(1, v.px(1)), bottom), p.look.Line)
		p.text = p.text[:0]
		switch {
		case perDay >= 64:
			p.text = p.weekday(p.text, date)
		case perDay >= 22 && date.Day != 1:
			p.text = appendInt(p.text, date.Day, 1)
		case date.Day == 1 && perDay*28 >= 30:
			p.text = append(p.text, p.words.Months[date.Month-1]...)
		case crowded && (perDay*365 >= 30 || date.Year%10 == 0):
			p.text = appendInt(p.text, date.Year, 4)
		}
		p.face.Draw(b.img, image.Rect(x, top, width, foot), x+v.px(3), top-v.px(1.5), p.text, p.look.Quiet, 1)
	}
	a, z := v.px(scale.X(v.From)), v.px(scale.X(v.At(v.Width)))
	if z < a+max(3, v.px(3)) {
		z = a + max(3, v.px(3))
	}
	line := max(1, v.px(1.5))
	seen := image.Rect(a, top, z, bottom)
	b.veil(seen, p.look.Text, 0.12)
	for _, side := range [4]image.Rectangle{{seen.Min, image.Pt(seen.Max.X, top+line)}, {image.Pt(seen.Min.X, bottom-line), seen.Max},
		{seen.Min, image.Pt(seen.Min.X+line, bottom)}, {image.Pt(seen.Max.X-line, top), seen.Max}} {
		b.fill(side, p.look.Text)
	}
}
