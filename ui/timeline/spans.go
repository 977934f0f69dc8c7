package timeline

import (
	"sort"
	"time"

	"kinora/media"
)

// firstEnding is the index of the first span that does not end before t; spans are in order.
func firstEnding(spans []media.Span, t time.Time) int {
	return sort.Search(len(spans), func(i int) bool { return !spans[i].To.Before(t) })
}

// Covers tells whether something is recorded at t; spans are in order.
func Covers(spans []media.Span, t time.Time) bool {
	i := firstEnding(spans, t)
	return i < len(spans) && !spans[i].From.After(t)
}

// NextSpan is where the next span begins after t, or, backwards, where the span that t is in begins, or the one before that
// when t is in its first second. Ok is false when there is none.
func NextSpan(spans []media.Span, t time.Time, forward bool) (at time.Time, ok bool) {
	if forward {
		i := sort.Search(len(spans), func(i int) bool { return spans[i].From.After(t) })
		if i == len(spans) {
			return time.Time{}, false
		}
		return spans[i].From, true
	}
	i := sort.Search(len(spans), func(i int) bool { return !spans[i].From.Before(t.Add(-time.Second)) })
	if i == 0 {
		return time.Time{}, false
	}
	return spans[i-1].From, true
}

// firstMark is the index of the first mark that is not before t; marks are in order.
func firstMark(marks []media.Mark, t time.Time) int {
	return sort.Search(len(marks), func(i int) bool { return !marks[i].At.Before(t) })
}

// GapAt is the gap that t is in.
func GapAt(gaps []media.Gap, t time.Time) (media.Gap, bool) {
	i := sort.Search(len(gaps), func(i int) bool { return gaps[i].To.After(t) })
	if i == len(gaps) || gaps[i].From.After(t) {
		return media.Gap{}, false
	}
	return gaps[i], true
}

// cover adds to each column how much of it spans cover, from 0 to 1. Columns are perColumn nanoseconds wide, the first begins
// at from.
func cover(columns []float32, spans []media.Span, from time.Time, perColumn float64) {
	origin, each := from.UnixNano(), 1/perColumn
	for i := firstEnding(spans, from); i < len(spans); i++ {
		a := float64(spans[i].From.UnixNano()-origin) * each
		if a > float64(len(columns)) {
			return
		}
		fill(columns, a, max(float64(spans[i].To.UnixNano()-origin)*each, a+least))
	}
}

// least is the share of a column that the shortest span covers.
const least = 0.001

// fill adds a range of columns.
func fill(columns []float32, a, b float64) {
	a, b = max(a, 0), min(b, float64(len(columns)))
	if b <= a {
		return
	}
	first, last := int(a), int(b)
	if first == last {
		columns[first] += float32(b - a)
		return
	}
	columns[first] += float32(float64(first+1) - a)
	for i := first + 1; i < last; i++ {
		columns[i] = 1
	}
	if last < len(columns) {
		columns[last] += float32(b - float64(last))
	}
}
