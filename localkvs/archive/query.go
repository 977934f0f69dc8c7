package archive

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Clock chooses one of a fragment's two wall clocks.
type Clock int

// The clocks of a fragment.
const (
	ServerTime   Clock = iota // when the service began to receive it
	ProducerTime              // when the producer says that it was recorded
)

const minMillis = math.MinInt64

// Cursor is a place in a List. The zero Cursor is the beginning.
type Cursor struct {
	ms     int64
	number Number
}

// String returns the cursor in standard base64, 40 characters; "" for the zero Cursor.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+numberSize), uint64(c.ms))
	return base64.StdEncoding.EncodeToString(append(b, c.number.b[:]...))
}

// ParseCursor reads what String wrote.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != 8+numberSize {
		return Cursor{}, errors.New("the text is not a cursor of a fragment list")
	}
	c := Cursor{ms: int64(binary.BigEndian.Uint64(b))}
	copy(c.number.b[:], b[8:])
	if !c.number.valid() {
		return Cursor{}, errors.New("the text is not a cursor of a fragment list")
	}
	return c, nil
}

// view is what of a stream may be shown now: rows from a number and a server time on.
type view struct {
	floor  Number // no shown fragment has a smaller number
	cutoff int64  // ms
}

// look returns the present view. ok is false when there is nothing to show. Segments that are wholly expired but still on
// disk are left out by their numbers, so that queries need not step over their rows.
func (s *Stream) look() (v view, ok bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.deleted:
		return v, false, fmt.Errorf("stream %q: %w", s.name, ErrDeleted)
	case s.archive.isClosing():
		return v, false, ErrClosed
	}
	v.cutoff = s.cutoff()
	for i := range s.segments {
		g := &s.segments[i]
		if g.count > 0 && g.newest >= v.cutoff && (!ok || g.first.Compare(v.floor) < 0) {
			v.floor, ok = g.first, true
		}
	}
	return v, ok, nil
}

// cutoff returns the server time, in ms, before which nothing is shown.
func (s *Stream) cutoff() int64 {
	hours := s.meta.Load().RetentionHours
	if hours == 0 {
		return math.MaxInt64
	}
	now, _ := s.archive.clock.now()
	return now.Add(-time.Duration(hours) * time.Hour).UnixMilli()
}

// After returns the stored fragment with the next larger number. The zero Number asks for the first.
func (s *Stream) After(n Number) (Entry, bool, error) {
	v, ok, err := s.look()
	if !ok || err != nil {
		return Entry{}, false, err
	}
	if n = n.next(); n.Compare(v.floor) < 0 {
		n = v.floor
	}
	return s.one(s.archive.index.one(s.archive.index.after, s.id, n.b[:], v.cutoff))
}

// Find returns the stored fragment with this number.
func (s *Stream) Find(n Number) (Entry, bool, error) {
	v, ok, err := s.look()
	if !ok || err != nil {
		return Entry{}, false, err
	}
	return s.one(s.archive.index.one(s.archive.index.find, s.id, n.b[:], v.cutoff))
}

// Last returns the stored fragment with the largest number.
func (s *Stream) Last() (Entry, bool, error) {
	v, ok, err := s.look()
	if !ok || err != nil {
		return Entry{}, false, err
	}
	return s.one(s.archive.index.one(s.archive.index.last, s.id, v.floor.b[:], v.cutoff))
}

// Live returns up to limit stored fragments behind a number, in the order of their numbers and without backfill: what those
// see who watch live.
func (s *Stream) Live(after Number, limit int) ([]Entry, error) {
	v, ok, err := s.look()
	if !ok || err != nil {
		return nil, err
	}
	if after = after.next(); after.Compare(v.floor) < 0 {
		after = v.floor
	}
	return s.all(s.archive.index.many(s.archive.index.live, s.id, after.b[:], v.cutoff, limit))
}

// NewestLive returns the last up to limit fragments of Live, in the same order.
func (s *Stream) NewestLive(limit int) ([]Entry, error) {
	v, ok, err := s.look()
	if !ok || err != nil {
		return nil, err
	}
	entries, err := s.all(s.archive.index.many(s.archive.index.newestLive, s.id, v.floor.b[:], v.cutoff, limit))
	slices.Reverse(entries)
	return entries, err
}

// From returns the fragment with the smallest number among those whose time on the clock is t or later. As numbers need not
// follow the clock, it looks segment by segment, skipping those whose times are all earlier.
func (s *Stream) From(c Clock, t time.Time) (Entry, bool, error) {
	v, ok, err := s.look()
	if !ok || err != nil {
		return Entry{}, false, err
	}
	since := ceilMillis(t)
	cutoff, producer := v.cutoff, int64(minMillis)
	if c == ServerTime {
		cutoff = max(cutoff, since)
	} else {
		producer = since
	}
	var best Entry
	var found bool
	for _, g := range s.candidates(cutoff, producer) {
		if found && g.first.Compare(best.Number) > 0 {
			continue
		}
		e, ok, err := s.one(s.archive.index.one(s.archive.index.from, s.id, g.first.b[:], g.last.b[:], producer, cutoff))
		if err != nil {
			return Entry{}, false, err
		}
		if ok && (!found || e.Number.Compare(best.Number) < 0) {
			best, found = e, true
		}
	}
	return best, found, nil
}

// candidates returns the segments that have both times somewhere in them.
func (s *Stream) candidates(server, producer int64) []segment {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []segment
	for _, g := range s.segments {
		if g.count > 0 && g.newest >= server && g.latest >= producer {
			list = append(list, g)
		}
	}
	return list
}

// List returns up to limit fragments whose time on the clock lies within from and to, both included, in order of that time
// and then of their numbers, beginning behind the cursor after. next continues where this list ends; more tells whether
// there is anything. limit must be positive.
func (s *Stream) List(c Clock, from, to time.Time, after Cursor, limit int) (entries []Entry, next Cursor, more bool, err error) {
	if limit <= 0 {
		return nil, after, false, fmt.Errorf("a list of %d fragments makes no sense", limit)
	}
	v, ok, err := s.look()
	if !ok || err != nil {
		return nil, after, false, err
	}
	x, start := s.archive.index, s.start(c, from, after, v)
	entries, err = s.all(x.many(x.by[c].list, s.id, start.ms, start.number.b[:], to.UnixMilli(), v.cutoff, limit+1))
	if err != nil {
		return nil, after, false, err
	}
	if more = len(entries) > limit; more {
		entries = entries[:limit]
	}
	next = after
	if len(entries) > 0 {
		next = CursorAt(c, entries[len(entries)-1])
	}
	return entries, next, more, nil
}

// start returns the place behind which a list begins: at a time, or where the list before ended.
func (s *Stream) start(c Clock, from time.Time, after Cursor, v view) Cursor {
	start := Cursor{ms: ceilMillis(from)}
	if c == ServerTime {
		start.ms = max(start.ms, v.cutoff)
	}
	if after.ms > start.ms || after.ms == start.ms && after.number.Compare(start.number) > 0 {
		start = after
	}
	return start
}

// CursorAt returns the place of a fragment in a list by a clock: what follows it is listed behind this.
func CursorAt(c Clock, e Entry) Cursor {
	if c == ProducerTime {
		return Cursor{ms: e.Producer.UnixMilli(), number: e.Number}
	}
	return Cursor{ms: e.Server.UnixMilli(), number: e.Number}
}

// one gives an error of the index its place.
func (s *Stream) one(e Entry, ok bool, err error) (Entry, bool, error) {
	if err != nil {
		if s.archive.isClosing() {
			return Entry{}, false, ErrClosed
		}
		return Entry{}, false, fmt.Errorf("stream %q: asking the index: %w", s.name, err)
	}
	return e, ok, nil
}

// all is one for a list.
func (s *Stream) all(entries []Entry, err error) ([]Entry, error) {
	_, _, err = s.one(Entry{}, false, err)
	return entries, err
}

// ceilMillis returns the first whole millisecond that is not before t.
func ceilMillis(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }
