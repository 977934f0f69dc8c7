package archive

import "kinora/media"

// gaps returns the times without anything between the spans of an answer, and between these and their neighbours outside of it. What
// retention has removed is the gap in front of the first.
func (q *coverageQuery) gaps() []media.Gap {
	var gaps []media.Gap
	between := func(from, to int64, reason string) {
		if to-from >= q.gap {
			gaps = append(gaps, media.Gap{From: moment(from), To: moment(to), Reason: reason})
		}
	}
	if gone, ok := q.expired(); ok {
		between(gone.from, gone.to, media.GapExpired)
	}
	if !q.any {
		return gaps
	}
	end := q.before
	for _, r := range q.found {
		if end != minMillis {
			between(end, r.from, "")
		}
		end = max(end, r.to)
	}
	if end != minMillis && q.behind != maxMillis {
		between(end, q.behind, "")
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
