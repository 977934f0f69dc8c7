package timeline

import (
	"image"
	"image/color"
	"slices"
	"testing"
	"time"

	"kinora/media"
)

func TestPaint(t *testing.T) {
	p := newTestPainter(t, 1)
	v := someView(at(7, 0, 0), at(11, 0, 0))
	d := someData()
	img := picture(v)
	p.Paint(img, v, d)
	row := func(strip [2]float64) int { return int(strip[0]+strip[1]) / 2 }
	s := v.Strips(false)
	hatched := func(from, to time.Time, y int, c color.RGBA) bool {
		inked, bare := false, false
		for x := v.px(v.X(from)); x < v.px(v.X(to)); x++ {
			inked = inked || img.RGBAAt(x, y) == c
			bare = bare || img.RGBAAt(x, y) != c
		}
		return inked && bare
	}
	if got := img.RGBAAt(v.px(v.X(at(8, 0, 0))), row(s.Main)); got != testLook.Span {
		t.Errorf("what is recorded is %v", got)
	}
	if !hatched(at(9, 11, 0), at(9, 14, 0), row(s.Main), testLook.Gap) {
		t.Error("a gap is not hatched")
	}
	if x, y := v.px(v.X(at(9, 25, 0))), row(s.Main); !written(img, x-30, x+30, y) {
		t.Error("a gap has no name")
	}
	if !hatched(at(10, 41, 0), at(10, 42, 7), row(s.Main), testLook.Span) {
		t.Error("what cannot be played yet is not striped")
	}
	if got := img.RGBAAt(v.px(v.X(at(10, 50, 0))), row(s.Main)); got != testLook.Raised {
		t.Errorf("the future is %v", got)
	}
	if got := img.RGBAAt(v.px(v.X(at(8, 30, 0))), int(s.Main[1])-1); got != testLook.Local {
		t.Errorf("the foot of what is local is %v", got)
	}
	var above []color.RGBA // from the foot upwards, each colour once
	for x, y := v.px(v.X(at(8, 30, 0))), int(s.Main[1])-1; y > row(s.Main); y-- {
		if got := img.RGBAAt(x, y); len(above) == 0 || got != above[len(above)-1] {
			above = append(above, got)
		}
	}
	if want := []color.RGBA{testLook.Local, testLook.Raised, testLook.Span}; !slices.Equal(above, want) {
		t.Errorf("from the foot of what is local upwards are %v, want %v", above, want)
	}
	if hatched(at(9, 11, 0), at(9, 14, 0), int(s.Main[1])-1, testLook.Local) || img.RGBAAt(v.px(v.X(at(9, 12, 0))), int(s.Main[1])-1) == testLook.Local {
		t.Error("a gap is said to be local")
	}
	if got := img.RGBAAt(v.px(v.X(at(8, 30, 0))), row(s.Marks)); got != testLook.Mark {
		t.Errorf("a mark is %v", got)
	}
}

// written tells whether there is something as bright as text between two columns, near a row.
func written(img *image.RGBA, from, to, y int) bool {
	for ; from < to; from++ {
		for dy := -4; dy <= 4; dy++ {
			if img.RGBAAt(from, y+dy).R > 200 {
				return true
			}
		}
	}
	return false
}

func TestAnEventOfTwoSecondsIsSeenInAMonth(t *testing.T) {
	p := newTestPainter(t, 1)
	v := someView(at(-24*21, 0, 0), at(24*9, 0, 0))
	d := someData()
	d.Wide.Spans = []media.Span{span(at(3, 0, 0), 2)}
	img := picture(v)
	p.Paint(img, v, d)
	s := v.Strips(false)
	got := img.RGBAAt(int(v.X(at(3, 0, 1))), int(s.Main[0])+1)
	if half := mix(testLook.Raised, testLook.Span, 0.5); got.B < half.B {
		t.Errorf("it has the colour %v, want at least %v", got, half)
	}
}

// A gap that fills no column is hinted at, once where several lie in one, and only where something is recorded around it.
func TestAGapOfAMinuteIsSeenInAMonth(t *testing.T) {
	for _, pixels := range []float64{1, 2} {
		p := newTestPainter(t, pixels)
		v := someView(at(-24*21, 0, 0), at(24*9, 0, 0))
		v.Pixels = pixels
		d := someData()
		first, short, last := at(-24*20, 0, 0), at(-24*3, 20, 0), at(3, 0, 0)
		gap := func(from time.Time) media.Gap { return media.Gap{From: from, To: from.Add(time.Minute)} }
		d.Wide.Spans = []media.Span{{From: first, To: short}, {From: short.Add(time.Minute), To: last}}
		d.Wide.Gaps = []media.Gap{gap(short), gap(last.Add(96 * time.Hour))}
		img := picture(v)
		p.Paint(img, v, d)
		s := v.Strips(false)
		top, foot := v.px(s.Main[0])+1, v.px(s.Main[1])-v.px(4)
		x := int(v.X(short) * pixels)
		if got := img.RGBAAt(x, top); got != testLook.Raised {
			t.Errorf("at %v pixels the gap is %v at the top of its column", pixels, got)
		}
		if got := img.RGBAAt(x, foot); got.B < mix(testLook.Raised, testLook.Span, 0.9).B {
			t.Errorf("at %v pixels the gap is %v at the foot of its column", pixels, got)
		}
		for _, beside := range []int{x - 1, x + 1} {
			if got := img.RGBAAt(beside, top); got != testLook.Span {
				t.Errorf("at %v pixels the column beside the gap is %v", pixels, got)
			}
		}
	}
}

func TestNearLayerIsDrawnOverTheWideOne(t *testing.T) {
	p := newTestPainter(t, 1)
	v := someView(at(7, 0, 0), at(11, 0, 0))
	d := someData()
	d.Near = Layer{From: at(8, 0, 0), To: at(8, 30, 0)}
	img := picture(v)
	p.Paint(img, v, d)
	y := int(v.Strips(false).Main[0]) + 1
	for _, c := range []struct {
		at       time.Time
		recorded bool
	}{{at(7, 59, 0), true}, {at(8, 15, 0), false}, {at(8, 31, 0), true}} {
		if got := img.RGBAAt(v.px(v.X(c.at)), y) == testLook.Span; got != c.recorded {
			t.Errorf("at %v it is recorded: %v, want %v", c.at, got, c.recorded)
		}
	}
}

func TestHit(t *testing.T) {
	v := someView(at(7, 0, 0), at(11, 0, 0))
	v.In, v.Out = at(8, 0, 0), at(8, 0, 10)
	d := someData()
	s := v.Strips(false)
	main, marks := s.Main[0]+4, (s.Marks[0]+s.Marks[1])/2
	for name, c := range map[string]struct {
		x, y float64
		want Part
	}{
		"strip": {400, main, OnStrip}, "ruler": {400, s.Ruler[0] + 2, OnRuler}, "dates": {400, 5, OnRuler}, "days": {400, s.Days[0] + 3, OnDays},
		"in": {v.X(v.In) - 3, main, OnIn}, "out": {v.X(v.Out) + 3, main, OnOut}, "a mark": {v.X(at(8, 30, 0)) + 2, marks, OnMark},
		"between marks": {v.X(at(9, 20, 0)), marks, OnStrip}, "above": {400, -1, Nothing}, "below": {400, 121, Nothing},
	} {
		if got, _ := v.Hit(d, c.x, c.y); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if _, i := v.Hit(d, v.X(at(9, 55, 0)), marks); d.Marks[i].Name != "Marker" {
		t.Errorf("the mark that is hit is %+v", d.Marks[i])
	}
}

func TestPaintingAllocatesNothing(t *testing.T) {
	p := newTestPainter(t, 1)
	v, d := busy()
	img := picture(v)
	p.Paint(img, v, d)
	if n := testing.AllocsPerRun(10, func() {
		v.Scale = v.Move(-1)
		p.Paint(img, v, d)
	}); n > 0 {
		t.Errorf("painting allocates %v times", n)
	}
}

// busy is a full bar: 4000 spans, gaps between them, 1000 marks.
func busy() (*View, *Data) {
	v := someView(at(0, 0, 0), at(24, 0, 0))
	d := &Data{First: at(0, 0, 0), Last: at(24, 0, 0), Seekable: at(23, 0, 0), Names: func(reason string) string { return reason }}
	for i := range 4000 {
		from := at(0, 0, 0).Add(time.Duration(i) * 21600 * time.Millisecond)
		d.Wide.Spans = append(d.Wide.Spans, span(from, 15))
		d.Wide.Gaps = append(d.Wide.Gaps, media.Gap{From: from.Add(15 * time.Second), To: from.Add(21600 * time.Millisecond), Reason: media.GapLost})
		if i%4 == 0 {
			d.Marks = append(d.Marks, media.Mark{At: from, Tag: media.Tag{Name: "x"}})
		}
	}
	d.Local, d.Others, d.Set = d.Wide.Spans, d.Wide.Spans, true
	d.Wide.From, d.Wide.To = d.First, d.Last
	return v, d
}

func BenchmarkPaint(b *testing.B) {
	p := newTestPainter(b, 1)
	v, d := busy()
	img := picture(v)
	b.ReportAllocs()
	for b.Loop() {
		v.Scale = v.Move(-0.5)
		p.Paint(img, v, d)
	}
}

// A label of which an edge would cut off a part is left out: the rest would be another time.
func TestNoLabelIsCut(t *testing.T) {
	p := newTestPainter(t, 1)
	written := func(from, label time.Time) bool {
		v := someView(from, from.Add(4*time.Hour))
		v.Open = false
		img := picture(v)
		p.Paint(img, v, &Data{})
		top := int(v.Strips(false).Ruler[0])
		for x := v.px(v.X(label)) + 4; x < v.px(v.X(label))+26; x++ { // beside its tick
			for y := top; y < top+8; y++ { // above the ticks of minutes
				if c := img.RGBAAt(x, y); c != testLook.Ground && (image.Point{x, y}).In(img.Rect) {
					return true
				}
			}
		}
		return false
	}
	for _, c := range []struct {
		from time.Time
		want bool
	}{{at(6, 58, 0), true}, {at(7, 3, 0), false}, {at(3, 20, 0), true}, {at(3, 4, 0), false}} {
		if got := written(c.from, at(7, 0, 0)); got != c.want {
			t.Errorf("from %v on 7:00 is written: %v", c.from, got)
		}
	}
}

// An archive may begin in 1970, as that of a camera whose clock was not set: its strip of days is no comb of months, and says years.
func TestTheStripOfDaysOfManyYears(t *testing.T) {
	p := newTestPainter(t, 1)
	v, d := someView(at(7, 0, 0), at(11, 0, 0)), someData()
	d.First = time.Unix(0, 0)
	img := picture(v)
	p.Paint(img, v, d)
	strip := v.Strips(false).Days
	scale := v.DaysScale(d)
	lines := 0
	for x := range img.Rect.Dx() {
		if img.RGBAAt(x, int(strip[0])+1) == testLook.Line {
			lines++
		}
	}
	years := at(7, 0, 0).Year() - 1970
	if lines < years/2 || lines > years+1 {
		t.Errorf("there are %d lines for %d years", lines, years)
	}
	x := int(scale.X(time.Date(1990, 1, 1, 0, 0, 0, 0, v.Zone)))
	said := false
	for i := range 9 * 9 {
		said = said || img.RGBAAt(x+3+i%9, int(strip[0])+2+i/9).R > testLook.Line.R+50
	}
	if !said {
		t.Error("a year is not said")
	}
	if steps := p.dayTicks(scale); float64(steps.length()) < 20*float64(24*time.Hour) {
		t.Errorf("it looks every %v for a line", steps.length())
	}
}

// A producer whose clock is ahead has nothing that is still to be played between now and its newest fragment.
func TestTheEdgeOfAProducerThatIsAhead(t *testing.T) {
	p := newTestPainter(t, 1)
	v, d := someView(at(7, 0, 0), at(11, 0, 0)), someData()
	d.Seekable = at(10, 58, 0)
	img := picture(v)
	p.Paint(img, v, d)
	strip := v.Strips(false).Main
	for x := v.px(v.X(at(10, 46, 0))); x < v.px(v.X(at(10, 56, 0))); x++ {
		if img.RGBAAt(x, int(strip[0]+strip[1])/2) == testLook.Span {
			t.Fatalf("what is to come is striped at %d", x)
		}
	}
}
