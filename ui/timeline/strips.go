package timeline

import "kinora/media"

// Strips says from where to where the parts of a bar go, in units from its upper edge. A part of no height is not there.
type Strips struct {
	Dates  [2]float64 // names of days
	Ruler  [2]float64 // ticks and their labels
	Main   [2]float64 // what is recorded
	Marks  [2]float64
	Others [2]float64 // the other streams of the set
	Days   [2]float64 // the whole archive, to go far
}

// The heights of a bar.
const (
	Collapsed = 28
	Opened    = 120
)

// Strips lays out the bar.
func (v *View) Strips(set bool) Strips {
	if !v.Open {
		return Strips{Ruler: [2]float64{0, 13}, Main: [2]float64{13, v.Height - 1}, Marks: [2]float64{13, v.Height - 1}}
	}
	s := Strips{Dates: [2]float64{2, 17}, Ruler: [2]float64{17, 36}, Days: [2]float64{v.Height - 20, v.Height - 3}}
	foot := s.Days[0] - 6
	if set {
		s.Others = [2]float64{foot - 8, foot}
		foot -= 11
	}
	s.Marks = [2]float64{foot - 13, foot}
	s.Main = [2]float64{37, foot - 14}
	return s
}

// A Part is what the pointer is on.
type Part int

const (
	Nothing Part = iota
	OnRuler      // moves the bar
	OnStrip      // chooses a moment
	OnMark       // a mark of Data.Marks
	OnIn         // the beginning of the range
	OnOut
	OnDays // chooses what is seen
)

// reach is how far from a handle or a mark the pointer may be, in units.
const reach = 6.0

// Hit is what is at (x, y), and which mark when it is one.
func (v *View) Hit(d *Data, x, y float64) (Part, int) {
	s := v.Strips(d.Set)
	if y < 0 || y > v.Height {
		return Nothing, 0
	}
	in := func(p [2]float64) bool { return p[1] > p[0] && y >= p[0] && y <= p[1] }
	if in(s.Main) || in(s.Ruler) {
		near := func(e float64) bool { return e >= -reach && e <= reach }
		out := !v.Out.IsZero() && near(v.X(v.Out)-x)
		if !v.In.IsZero() && near(v.X(v.In)-x) && !(out && x > v.X(v.In)) {
			return OnIn, 0
		}
		if out {
			return OnOut, 0
		}
	}
	if v.Open && in(s.Marks) {
		if i, ok := v.markAt(d.Marks, x); ok {
			return OnMark, i
		}
	}
	switch {
	case in(s.Days):
		return OnDays, 0
	case in(s.Dates), v.Open && in(s.Ruler):
		return OnRuler, 0
	}
	return OnStrip, 0
}

// markAt is the mark nearest to x, within reach.
func (v *View) markAt(marks []media.Mark, x float64) (int, bool) {
	i := firstMark(marks, v.At(x))
	best, distance := 0, reach+1
	for _, j := range [2]int{i - 1, i} {
		if j < 0 || j >= len(marks) {
			continue
		}
		if far := v.X(marks[j].At) - x; max(far, -far) < distance {
			best, distance = j, max(far, -far)
		}
	}
	return best, distance <= reach
}

// DaysScale is the scale of the strip of days: the whole archive until now, at least a day.
func (v *View) DaysScale(d *Data) Scale {
	from, to := d.First, later(v.Now, d.Last)
	if from.IsZero() {
		from = to
	}
	loc := v.Zone
	begin := DayOf(from, loc).Start(loc)
	end := DayOf(to, loc).End(loc)
	return Scale{begin, float64(end.Sub(begin)) / max(v.Width, 1)}
}
