package archive

import (
	"cmp"
	"slices"
	"strings"

	"kinora/media"
)

// gaps returns the times without anything between the spans of an answer, and between these and their neighbours outside of it. What
// retention has removed is the gap in front of the first.
func (q *coverageQuery) gaps() []media.Gap {
	var gaps []media.Gap
	between := func(from, to int64, reason func(from, to int64) string) {
		if to-from >= q.gap {
			gaps = append(gaps, media.Gap{From: moment(from), To: moment(to), Reason: reason(from, to)})
		}
	}
	if gone, ok := q.expired(); ok {
		between(gone.from, gone.to, func(int64, int64) string { return media.GapExpired })
	}
	if !q.any {
		return gaps
	}
	end, reason := q.before, q.reasons()
	for _, r := range q.found {
		if end != minMillis {
			between(end, r.from, reason)
		}
		end = max(end, r.to)
	}
	if end != minMillis && q.behind != maxMillis {
		between(end, q.behind, reason)
	}
	return gaps
}

// expired returns the part of the range that retention has removed, as far as the stream is so old.
func (q *coverageQuery) expired() (run, bool) {
	m := q.stream.meta.Load()
	if m.RetentionHours == 0 {
		return run{}, false
	}
	gone := run{from: max(q.lo, m.Created.UnixMilli()), to: q.cutoff}
	if q.any && q.first < q.cutoff+longest.Milliseconds() {
		gone.to = q.first
	}
	return gone, gone.from < gone.to && gone.from <= q.hi
}

// noteSlack is how far, in ms, a note may lie from the end of the gap that it is about.
const noteSlack = 1000

// reasons returns a function that tells the best known reason of a gap on the clock, "" when nobody knows any. What the recorder says of the
// time in front of a fragment counts before all else; of what was noted within the gap, that which explains most.
func (q *coverageQuery) reasons() func(from, to int64) string {
	c := q.clock
	notes := slices.DeleteFunc(slices.Clone(q.stream.notes.Load().Notes), func(n storedNote) bool { return n.place(c) == 0 })
	slices.SortStableFunc(notes, func(a, b storedNote) int { return cmp.Compare(a.place(c), b.place(c)) })
	return func(from, to int64) string {
		i, _ := slices.BinarySearchFunc(notes, from-noteSlack, func(n storedNote, at int64) int { return cmp.Compare(n.place(c), at) })
		best := ""
		for ; i < len(notes) && notes[i].place(c) <= to+noteSlack; i++ {
			n := &notes[i]
			switch at := n.place(c); {
			case n.Before && at >= to-noteSlack:
				return n.Reason
			case !n.Before && at < to && weight(n.Reason) >= weight(best):
				best = n.Reason
			}
		}
		return best
	}
}

// weight orders reasons by how much they explain: that an upload ended says less than why.
func weight(reason string) int {
	switch {
	case reason == "":
		return 0
	case reason == media.GapEnded:
		return 1
	case reason == media.GapLost:
		return 2
	case reason == media.GapService:
		return 3
	case strings.HasPrefix(reason, media.GapError):
		return 4
	}
	return 5
}
