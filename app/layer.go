package app

import (
	"slices"
	"time"

	"kinora/media"
)

// Layer is what is known of a time. Everything in it is in order.
type Layer struct {
	From, To time.Time
	Spans    []media.Span
	Gaps     []media.Gap
}

// with is the layer with what a better one knows of the same time.
func (l Layer) with(better Layer) Layer {
	from, to := later(l.From, better.From), earlier(l.To, better.To)
	if !from.Before(to) {
		return l
	}
	spans := union(slices.Concat(cut(l.Spans, l.From, from), cut(l.Spans, to, l.To)), cut(better.Spans, from, to))
	gaps := slices.DeleteFunc(slices.Clone(l.Gaps), func(g media.Gap) bool { return g.From.Before(to) && g.To.After(from) })
	for _, g := range better.Gaps {
		if g.From.Before(to) && g.To.After(from) {
			gaps = append(gaps, g)
		}
	}
	slices.SortFunc(gaps, func(a, b media.Gap) int { return a.From.Compare(b.From) })
	return Layer{l.From, l.To, spans, gaps}
}

// extend replaces what the layer knows from a moment on. Spans closer than join become one.
func (l Layer) extend(from, to time.Time, o media.Overview, join time.Duration) Layer {
	if l.From.IsZero() || from.Before(l.From) {
		return l
	}
	spans := cut(l.Spans, l.From, from)
	for _, s := range o.Spans {
		if n := len(spans); n > 0 && s.From.Sub(spans[n-1].To) <= join {
			spans[n-1].To = later(spans[n-1].To, s.To)
			continue
		}
		spans = append(spans, s)
	}
	gaps := slices.DeleteFunc(slices.Clone(l.Gaps), func(g media.Gap) bool { return !g.From.Before(from) })
	for _, g := range o.Gaps {
		if n := len(gaps); g.To.Sub(g.From) > join && (n == 0 || !g.From.Before(gaps[n-1].To)) {
			gaps = append(gaps, g)
		}
	}
	return Layer{l.From, later(l.To, to), spans, gaps}
}

// cut returns what of spans lies between two times, as a copy.
func cut(spans []media.Span, from, to time.Time) []media.Span {
	var within []media.Span
	for _, s := range spans {
		s.From, s.To = later(s.From, from), earlier(s.To, to)
		if !s.To.Before(s.From) {
			within = append(within, s)
		}
	}
	return within
}

// union joins spans that touch.
func union(a, b []media.Span) []media.Span {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y media.Span) int { return x.From.Compare(y.From) })
	var joined []media.Span
	for _, s := range all {
		n := len(joined)
		if n == 0 || s.From.After(joined[n-1].To) {
			joined = append(joined, s)
			continue
		}
		j := &joined[n-1]
		j.To = later(j.To, s.To)
		j.Fragments += s.Fragments
		j.Bytes += s.Bytes
	}
	return joined
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
