package timeline

import (
	"image/color"
	"time"

	"kinora/media"
)

// Data is what is known of an archive. Everything is in order of time. It is not changed while it is drawn.
type Data struct {
	Wide, Near  Layer // all of the archive, coarsely; and what is fetched around the view, drawn over it
	Others      []media.Span
	Set         bool         // Others are the spans of the other streams that are seen
	Local       []media.Span // where stills lie on this computer
	Marks       []media.Mark
	Marker      string    // the name of marks that a person has set
	First, Last time.Time // of what is stored; zero: nothing is, or it is not known
	Seekable    time.Time // what is later cannot be played from the archive yet; zero: all can
	Names       func(reason string) string
}

// A Layer is what is known of a time.
type Layer struct {
	From, To time.Time
	Spans    []media.Span
	Gaps     []media.Gap
}

// holds tells whether the layer knows all of a time.
func (l *Layer) holds(from, to time.Time) bool {
	return !l.From.IsZero() && !l.From.After(from) && !l.To.Before(to)
}

// At is what the finest layer that knows t says of it: whether it is recorded, and the gap that it is in.
func (d *Data) At(t time.Time) (recorded bool, gap media.Gap, named bool) {
	l := d.layer(t)
	gap, named = GapAt(l.Gaps, t)
	return Covers(l.Spans, t), gap, named
}

func (d *Data) layer(t time.Time) *Layer {
	if d.Near.holds(t, t) {
		return &d.Near
	}
	return &d.Wide
}

// NextSpan is where the next span begins, or the one before, as far as is known. See [NextSpan].
func (d *Data) NextSpan(t time.Time, forward bool) (time.Time, bool) {
	if l := &d.Near; l.holds(t, t) {
		if at, ok := NextSpan(l.Spans, t, forward); ok && l.holds(at, at) {
			// The first span of what was fetched may have begun before.
			if forward || at.After(l.From) {
				return at, true
			}
		}
	}
	return NextSpan(d.Wide.Spans, t, forward)
}

// A View is what is seen, and how.
type View struct {
	Scale
	Width, Height float64 // units
	Pixels        float64 // for one unit
	Open          bool    // all strips, not the main one alone
	Zone          *time.Location
	Clock         string // is written beside the zone
	Now           time.Time
	In, Out       time.Time // the range that is chosen; zero: open at that end
	Hover         float64   // where the pointer is; negative: elsewhere
}

// Apart tells whether two times lie on different pixels.
func (v *View) Apart(a, b time.Time) bool { return v.px(v.X(a)) != v.px(v.X(b)) }

// Look is the colours, all opaque.
type Look struct {
	Ground, Raised, Line, Text, Quiet, Span, Other, Local, Gap, Mark, Range color.RGBA
}

// Words are the names that are drawn.
type Words struct {
	Months [12]string // short
	Days   [7]string  // short, Sunday first
}
