package archive

import (
	"encoding/binary"
	"slices"
)

// run is a stretch of one clock in which fragments follow each other closely, in ms.
type run struct {
	from, to         int64 // its first frame and its last
	fragments, bytes int64
}

type runs []run

// runGap is the distance, in ms, from which on fragments are of two runs of a summary.
const runGap = 1000

// joined sorts runs and makes one of those that are less than gap apart. The result takes the place of r.
func (r runs) joined(gap int64) runs {
	slices.SortFunc(r, func(a, b run) int { return int(min(max(a.from-b.from, -1), 1)) })
	out := r[:0]
	for _, next := range r {
		if n := len(out); n > 0 && next.from-out[n-1].to < gap {
			last := &out[n-1]
			last.to = max(last.to, next.to)
			last.fragments += next.fragments
			last.bytes += next.bytes
			continue
		}
		out = append(out, next)
	}
	return out
}

// summary tells when the fragments of a segment are, on each clock. It says nothing that the segment's rows do not.
type summary [2]runs

// A summary is stored as its version and, for each clock, the number of runs and four varints for each: how far it begins behind the end
// of the one before, its length, its fragments, its bytes.
const summaryVersion = 1

func (s *summary) encode() []byte {
	b := []byte{summaryVersion}
	for _, list := range s {
		b = binary.AppendUvarint(b, uint64(len(list)))
		var end int64
		for _, r := range list {
			b = binary.AppendVarint(b, r.from-end)
			b = binary.AppendUvarint(b, uint64(r.to-r.from))
			b = binary.AppendUvarint(b, uint64(r.fragments))
			b = binary.AppendUvarint(b, uint64(r.bytes))
			end = r.to
		}
	}
	return b
}

// decodeSummary reads what encode wrote; ok is false when there is none that can be read.
func decodeSummary(b []byte) (s summary, ok bool) {
	if len(b) == 0 || b[0] != summaryVersion {
		return s, false
	}
	in := varints{b: b[1:]}
	for c := range s {
		count := in.unsigned()
		if in.bad || count < 0 || count > int64(len(in.b)) {
			return s, false
		}
		list := make(runs, count)
		var end int64
		for i := range list {
			r := &list[i]
			r.from = end + in.signed()
			r.to = r.from + in.unsigned()
			r.fragments, r.bytes = in.unsigned(), in.unsigned()
			end = r.to
		}
		s[c] = list
	}
	return s, !in.bad && len(in.b) == 0
}

// varints takes numbers from the front of b, zeros once that was not possible.
type varints struct {
	b   []byte
	bad bool
}

func (v *varints) signed() int64 {
	n, size := binary.Varint(v.b)
	return v.take(n, size)
}

func (v *varints) unsigned() int64 {
	n, size := binary.Uvarint(v.b)
	return v.take(int64(n), size)
}

func (v *varints) take(n int64, size int) int64 {
	if size <= 0 {
		v.bad = true
		return 0
	}
	v.b = v.b[size:]
	return n
}

// summarize makes one summary that is missing, of a segment to which nothing is added any more. It reports whether there may be more to
// do now.
func (a *Archive) summarize() (more bool, err error) {
	s, g, err := a.unsummed()
	if s == nil || err != nil {
		return false, err
	}
	var sum summary
	first := int64(maxMillis)
	err = a.index.times(s.id, &g, func(times [2]int64, length, bytes int64) {
		for c, from := range times {
			sum[c] = append(sum[c], run{from, from + length, 1, bytes})
		}
		first = min(first, times[ProducerTime])
	})
	if err != nil {
		return false, err
	}
	for c := range sum {
		sum[c] = sum[c].joined(runGap)
	}
	err = a.transaction(func() error {
		_, err := a.index.putSummary.Exec(sum.encode(), first, s.id, g.id)
		return err
	})
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.segments {
		if s.segments[i].id == g.id {
			s.segments[i].earliest = first
		}
	}
	return true, nil
}

// unsummed returns a segment that has no summary although it is full.
func (a *Archive) unsummed() (*Stream, segment, error) {
	of := make(map[int64]*Stream)
	for _, s := range a.Streams() {
		of[s.id] = s
	}
	rows, err := a.index.unsummed.Query()
	if err != nil {
		return nil, segment{}, a.index.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		var stream, id int64
		if err := rows.Scan(&stream, &id); err != nil {
			return nil, segment{}, a.index.failed(err)
		}
		if s := of[stream]; s != nil {
			if g, ok := s.fullSegment(id); ok {
				return s, g, nil
			}
		}
	}
	return nil, segment{}, a.index.failed(rows.Err())
}

// fullSegment returns a segment that is shown and is not the last one.
func (s *Stream) fullSegment(id int64) (segment, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := slices.IndexFunc(s.segments, func(g segment) bool { return g.id == id })
	if i < 0 || i == len(s.segments)-1 {
		return segment{}, false
	}
	return s.segments[i], true
}
