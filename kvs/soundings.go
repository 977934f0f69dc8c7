package kvs

import (
	"context"
	"sync"
	"time"

	"kinora/media"
)

const (
	sample    = 100 // fragments that are listed to find out whether a time is recorded
	finest    = 256 // parts into which a time is divided at most
	mostKnown = 2000
)

// cell is a piece of time: level 0 is a minute, each further one four times as long.
type cell struct {
	level int
	n     int64 // counted from 1970
}

func unit(level int) int64 { return time.Minute.Milliseconds() << (2 * level) }

func (c cell) span() span { return span{c.n * unit(c.level), (c.n + 1) * unit(c.level)} }

// sounding is what was found in a cell.
type sounding struct {
	spans []media.Span // all that is there, or, when there is more than a sample, all of the cell as one
	all   bool
	asked time.Time
}

// soundings remembers what was found.
type soundings struct {
	mu    sync.Mutex
	known map[cell]sounding
}

// get returns what is known, unless something may have been added since.
func (s *soundings) get(c cell, now time.Time, clock Clock) (sounding, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.known[c]
	good := 5 * time.Second
	if found.asked.UnixMilli() >= c.span().to+settling.Milliseconds() {
		if good = 24 * time.Hour; clock == ProducerTime {
			good = 5 * filled
		}
	}
	return found, ok && now.Sub(found.asked) < good
}

func (s *soundings) put(c cell, found sounding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= mostKnown {
		s.known = make(map[cell]sounding)
	}
	s.known[c] = found
}

// probe looks into w in cells, large ones first, and divides those that hold more than a sample. tell gets what is known after each
// round.
func (a *Archive) probe(ctx context.Context, w span, resolution time.Duration, tell func(spans []media.Span, complete bool)) error {
	level, last := 0, 0
	for ; unit(level) < (w.to-w.from)/4; level++ {
		if unit(level) <= max((w.to-w.from)/finest, resolution.Milliseconds()) {
			last = level
		}
	}
	var row []cell // those of w by time: of this round's level, and of levels above that need no division
	for n := w.from / unit(level); n <= (w.to-1)/unit(level); n++ {
		row = append(row, cell{level, n})
	}
	for divided := true; divided; {
		divided = false
		var next []cell
		var spans []media.Span
		for _, c := range row {
			found, err := a.sound(ctx, c)
			if err != nil {
				return err
			}
			spans = append(spans, found.spans...)
			if found.all || c.level <= last {
				next = append(next, c)
				continue
			}
			divided = true
			for i := range int64(4) {
				if part := (cell{c.level - 1, c.n*4 + i}); part.span().from < w.to && part.span().to > w.from {
					next = append(next, part)
				}
			}
		}
		tell(spans, !divided)
		row = next
	}
	return nil
}

// sound finds out what is in a cell.
func (a *Archive) sound(ctx context.Context, c cell) (sounding, error) {
	now := a.now()
	if found, ok := a.soundings.get(c, now, a.clock); ok {
		return found, nil
	}
	w := c.span()
	some, next, err := a.listSome(ctx, w, "", sample)
	if err != nil {
		return sounding{}, err
	}
	list := arrange(some, a.clock)
	found := sounding{all: next == "", asked: now}
	for i := range list {
		found.spans = append(found.spans, spanOf(&list[i]))
	}
	found.spans = merge(found.spans, joint)
	if !found.all {
		whole := media.Span{From: time.UnixMilli(w.from), To: time.UnixMilli(min(w.to-1, now.UnixMilli()))}
		for _, s := range found.spans {
			whole.Fragments += s.Fragments
			whole.Bytes += s.Bytes
		}
		found.spans = []media.Span{whole}
	}
	a.soundings.put(c, found)
	return found, nil
}
