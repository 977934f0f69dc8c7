package localkvs

import (
	"slices"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
)

// source yields the fragments that a session is about, in the order in which it lists them: LIVE by number, the others by
// their clock. Where the clock is the producers', what was uploaded twice comes once.
type source struct {
	stream *archive.Stream
	p      *playback
	cursor archive.Cursor
	last   archive.Entry // the last one that was taken
	page   []archive.Entry
}

const sourcePage = 1000

// peek returns the next fragment, if there is one now.
func (c *source) peek(s *Service, now time.Time) (archive.Entry, bool, error) {
	for {
		if len(c.page) < 2 { // the next one may be the same fragment again
			if err := c.fill(); err != nil {
				return archive.Entry{}, false, err
			}
		}
		switch {
		case len(c.page) == 0:
			return archive.Entry{}, false, nil
		case c.p.Mode == live:
			return c.settled(s, now)
		case c.p.Clock == archive.ServerTime:
			return c.page[0], true, nil
		case !c.last.Number.IsZero() && c.last.Producer.Equal(c.page[0].Producer):
			c.page = c.page[1:]
		case len(c.page) > 1 && isSame(&c.page[0], &c.page[1]):
			c.page[1] = better(&c.page[0], &c.page[1])
			c.page = c.page[1:]
		default:
			return c.page[0], true, nil
		}
	}
}

// settled is the next one of a LIVE session, unless one with a smaller number still arrives.
func (c *source) settled(s *Service, now time.Time) (archive.Entry, bool, error) {
	feed, err := s.feedOf(c.stream)
	if err != nil {
		return archive.Entry{}, false, err
	}
	e := c.page[0]
	if n, ok := feed.unsettled(now); ok && e.Number.Compare(n) > 0 {
		c.page = nil // so that the other one, when it is stored, is read in front of this one
		return e, false, nil
	}
	return e, true, nil
}

// pass leaves out a fragment, and those in front of it.
func (c *source) pass(n archive.Number) {
	if n.Compare(c.last.Number) > 0 {
		c.last = archive.Entry{Number: n}
	}
	c.page = slices.DeleteFunc(c.page, func(e archive.Entry) bool { return e.Number.Compare(n) <= 0 })
}

// passed is the number behind which a LIVE session goes on.
func (c *source) passed() archive.Number {
	if c.last.Number.IsZero() {
		return c.p.Anchor
	}
	return c.last.Number
}

func (c *source) pop() {
	c.last, c.page = c.page[0], c.page[1:]
	if len(c.page) == 0 {
		c.page = nil // its memory goes
	}
}

func (c *source) fill() error {
	if c.p.Mode == live {
		return c.fillLive()
	}
	to := c.p.To
	if to == 0 {
		to = c.p.Expires
	}
	entries, next, _, err := c.stream.List(c.p.Clock, time.UnixMilli(c.p.From), time.UnixMilli(to), c.cursor, sourcePage)
	c.page, c.cursor = append(c.page, entries...), next
	return err
}

func (c *source) fillLive() error {
	after := c.passed()
	if n := len(c.page); n > 0 {
		after = c.page[n-1].Number
	}
	entries, err := c.stream.Live(after, sourcePage)
	c.page = append(c.page, entries...)
	return err
}

// isSame tells whether two fragments, the second not before the first by their producers' time, are the same time recorded
// twice: they start at the same moment, or overlap and were uploaded at very different times.
func isSame(a, b *archive.Entry) bool {
	return media.Upload{Producer: a.Producer, Length: a.Length, Server: a.Server}.Again(media.Upload{Producer: b.Producer, Length: b.Length, Server: b.Server})
}

// better is which of two is shown: of those that start at the same moment the one with the larger number, of others the one
// that was uploaded first.
func better(a, b *archive.Entry) archive.Entry {
	if a.Producer.Equal(b.Producer) == (a.Number.Compare(b.Number) > 0) {
		return *a
	}
	return *b
}
