package archive

import (
	"cmp"
	"math"
	"slices"
	"time"

	"kinora/media"
)

const maxMillis = math.MaxInt64

// Coverage says when a stream has something stored, on one clock.
type Coverage struct {
	Spans       []media.Span
	Gaps        []media.Gap   // between them, and to what is stored next on either side
	First, Last time.Time     // of all that is stored; zero when nothing is
	Resolution  time.Duration // spans that were less than this apart are one
}

const (
	// MaxSpans bounds a Coverage. Where there are more spans the resolution is doubled until there are not.
	MaxSpans = 10_000
	// fineRange is how much may be asked for at a finer resolution than that of summaries.
	fineRange = 24 * time.Hour
	// longest is more than any fragment lasts.
	longest = time.Minute
)

// Coverage returns what overlaps a range, both ends included, on a clock. What is less than resolution apart is one span; a resolution
// below a millisecond counts as a second, and in ranges of more than a day a second is the least. Whole segments are taken from their
// summaries, so that a month costs no more than its segments do.
func (s *Stream) Coverage(c Clock, from, to time.Time, resolution time.Duration) (Coverage, error) {
	if resolution < time.Millisecond || resolution < time.Second && to.Sub(from) > fineRange {
		resolution = time.Second
	}
	v, ok, err := s.look()
	if err != nil {
		return Coverage{}, err
	}
	q := coverageQuery{stream: s, clock: c, lo: ceilMillis(from), hi: to.UnixMilli(), cutoff: v.cutoff, gap: resolution.Milliseconds()}
	if ok {
		if err = q.gather(); err == nil {
			err = q.neighbours()
		}
		if err != nil {
			_, _, err = s.one(Entry{}, false, err)
			return Coverage{}, err
		}
	}
	return q.answer(), nil
}

// coverageQuery is a Coverage in the making; times are in ms.
type coverageQuery struct {
	stream *Stream
	clock  Clock
	lo, hi int64
	cutoff int64
	gap    int64

	found       runs
	before      int64 // the end of what is stored in front of the range; minMillis when nothing is
	behind      int64 // the start of what is stored behind the range; maxMillis when nothing is
	first, last int64 // of all that is stored
	any         bool  // something is stored
}

func (q *coverageQuery) overlaps(from, to int64) bool { return from <= q.hi && to >= q.lo }

// take adds a run. Memory is bounded: what is too much is joined more coarsely.
func (q *coverageQuery) take(r run) {
	q.found = append(q.found, r)
	if len(q.found) >= 8*MaxSpans {
		q.shrink(4 * MaxSpans)
	}
}

func (q *coverageQuery) shrink(limit int) {
	q.found = q.found.joined(q.gap)
	for len(q.found) > limit {
		q.gap *= 2
		q.found = q.found.joined(q.gap)
	}
}

func (q *coverageQuery) gather() error {
	defer q.shrink(MaxSpans)
	x, id := q.stream.archive.index, q.stream.id
	if q.gap < runGap {
		return x.timesAlong(q.clock, id, q.lo-longest.Milliseconds(), q.hi, q.cutoff, func(from, length, bytes int64) {
			if q.overlaps(from, from+length) {
				q.take(run{from, from + length, 1, bytes})
			}
		})
	}
	wanted := q.segments()
	if len(wanted) == 0 {
		return nil
	}
	err := x.summariesOf(q.clock, id, wanted[0].id, wanted[len(wanted)-1].id, func(segment int64, list runs) {
		i, ok := slices.BinarySearchFunc(wanted, segment, func(g wantedSegment, id int64) int { return cmp.Compare(g.id, id) })
		if ok && wanted[i].oldest >= q.cutoff {
			wanted[i].taken = q.takeWhole(list)
		}
	})
	for i := 0; i < len(wanted) && err == nil; i++ {
		if !wanted[i].taken {
			err = q.takeRows(&wanted[i].segment)
		}
	}
	return err
}

// takeRows adds what of a segment is in the range.
func (q *coverageQuery) takeRows(g *segment) error {
	return q.stream.archive.index.times(q.stream.id, g, func(times [2]int64, length, bytes int64) {
		from := times[q.clock]
		if times[ServerTime] >= q.cutoff && q.overlaps(from, from+length) {
			q.take(run{from, from + length, 1, bytes})
		}
	})
}

// takeWhole adds those of a segment's runs that are in the range. It takes none and returns false when one is in it only in part.
func (q *coverageQuery) takeWhole(list runs) bool {
	for _, r := range list {
		if q.overlaps(r.from, r.to) && (r.from < q.lo || r.to > q.hi) {
			return false
		}
	}
	for _, r := range list {
		if q.overlaps(r.from, r.to) {
			q.take(r)
		}
	}
	return true
}

// wantedSegment is one that may have something in the range.
type wantedSegment struct {
	segment
	taken bool
}

func (q *coverageQuery) segments() []wantedSegment {
	s := q.stream
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []wantedSegment
	for _, g := range s.segments {
		from, to := g.oldest, g.newest
		if q.clock == ProducerTime {
			from, to = g.earliest, g.latest
		}
		if g.count > 0 && g.newest >= q.cutoff && q.overlaps(from, to+longest.Milliseconds()) {
			list = append(list, wantedSegment{segment: g})
		}
	}
	return list
}

// neighbours asks for what is stored beside the range, and for the ends of all that is.
func (q *coverageQuery) neighbours() (err error) {
	x, id := q.stream.archive.index, q.stream.id
	by := &x.by[q.clock]
	q.before, q.behind = minMillis, maxMillis
	if q.first, _, q.any, err = x.moment(by.behind, id, minMillis, q.cutoff); err != nil || !q.any {
		return err
	}
	if _, q.last, _, err = x.moment(by.before, id, maxMillis, q.cutoff); err != nil {
		return err
	}
	edge := q.lo
	if len(q.found) > 0 {
		edge = min(edge, q.found[0].from)
	}
	if _, end, ok, err := x.moment(by.before, id, edge, q.cutoff); err != nil {
		return err
	} else if ok {
		q.before = end
	}
	if start, _, ok, err := x.moment(by.behind, id, q.hi, q.cutoff); err != nil {
		return err
	} else if ok {
		q.behind = start
	}
	return nil
}

func (q *coverageQuery) answer() Coverage {
	out := Coverage{Resolution: time.Duration(q.gap) * time.Millisecond}
	for _, r := range q.found {
		out.Spans = append(out.Spans, media.Span{From: moment(r.from), To: moment(r.to), Fragments: int(r.fragments), Bytes: r.bytes})
	}
	if q.any {
		out.First, out.Last = moment(q.first), moment(q.last)
	}
	out.Gaps = q.gaps()
	return out
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
