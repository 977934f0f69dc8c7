package app

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Link names a moment, or a time, of streams of an account, so that it can be sent to somebody:
//
//	kinora://This%20computer/gate                                                    live
//	kinora://This%20computer/gate@2026-11-22T10:00:00.000Z                           a moment
//	kinora://AWS%20field/gate,yard@2026-11-22T10:00:00.000Z..2026-11-22T10:01:30.000Z  a time, of two streams side by side
//	kinora://This%20computer/gate~server@2026-11-22T10:00:00.000Z                    a moment by the server's clock
//
// It holds names and times and never a secret. Times are the producers', in milliseconds, but of streams that are marked with
// another clock.
type Link struct {
	Account  string
	Streams  []string  // one to MostTiles
	Clocks   []Clock   // of Streams; nil: the producers'
	From, To time.Time // both zero: live; To alone zero: a moment
}

// clock is the clock of the i-th stream.
func (l Link) clock(i int) Clock {
	if l.Clocks == nil {
		return ProducerClock
	}
	return l.Clocks[i]
}

const (
	linkScheme  = "kinora://"
	linkTime    = "2006-01-02T15:04:05.000Z"
	longestLink = 2048 // bytes
	longestName = 256  // bytes of an account's name
)

// MostTiles is how many streams are watched side by side at most.
const MostTiles = 4

// String writes the link as ParseLink reads it.
func (l Link) String() string {
	s := linkScheme + url.PathEscape(l.Account) + "/"
	for i, stream := range l.Streams {
		if i > 0 {
			s += ","
		}
		s += l.clock(i).on(stream)
	}
	if !l.From.IsZero() {
		s += "@" + l.From.UTC().Format(linkTime)
	}
	if !l.To.IsZero() {
		s += ".." + l.To.UTC().Format(linkTime)
	}
	return s
}

// ParseLink reads a link. It refuses whatever String would not write, but for times in another zone or with other fractions of a
// second, of which milliseconds are kept.
func ParseLink(text string) (Link, error) {
	l, err := parseLink(text)
	if err != nil {
		return Link{}, fmt.Errorf("this is no link of Kinora: %w; one looks like kinora://This%%20computer/gate@2026-11-22T10:00:00.000Z", err)
	}
	return l, nil
}

func parseLink(text string) (l Link, err error) {
	if len(text) > longestLink {
		return l, fmt.Errorf("it is longer than %d bytes", longestLink)
	}
	rest, ok := strings.CutPrefix(text, linkScheme)
	if !ok {
		return l, errors.New("it does not begin with " + linkScheme)
	}
	account, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return l, errors.New("it names no stream")
	}
	if l.Account, err = url.PathUnescape(account); err != nil {
		return l, errors.New("its account is written wrongly")
	}
	if !validAccount(l.Account) {
		return l, errors.New("its account cannot be the name of one")
	}
	streams, times, timed := strings.Cut(rest, "@")
	l.Streams = strings.Split(streams, ",")
	if len(l.Streams) > MostTiles {
		return l, fmt.Errorf("it names more than %d streams", MostTiles)
	}
	for i, stream := range l.Streams {
		stream, clock, marked := strings.Cut(stream, "~")
		l.Streams[i] = stream
		switch {
		case marked && (Clock(clock) != ServerClock || !timed):
			return l, errors.New("it marks a stream with a clock that there is not, or that tells nothing")
		case marked && l.Clocks == nil:
			l.Clocks = make([]Clock, len(l.Streams))
			fallthrough
		case marked:
			l.Clocks[i] = ServerClock
		}
		if !ValidName(stream) || slices.Contains(l.Streams[:i], stream) {
			return l, errors.New("its stream cannot be the name of one, or is named twice")
		}
	}
	if !timed {
		return l, nil
	}
	from, to, ranged := strings.Cut(times, "..")
	if l.From, err = parseLinkTime(from); err != nil || !ranged {
		return l, err
	}
	if l.To, err = parseLinkTime(to); err == nil && !l.To.After(l.From) {
		err = errors.New("its time ends before it begins")
	}
	return l, err
}

// validAccount reports whether an account may have the name: printable, and of a sensible length.
func validAccount(name string) bool {
	return name != "" && len(name) <= longestName && !strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\ufffd'
	})
}

func parseLinkTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.UTC().Year() < 1970 || t.UTC().Year() > 9999 {
		return time.Time{}, errors.New("its time is not of the form 2026-11-22T10:00:00.000Z")
	}
	return t.UTC().Truncate(time.Millisecond), nil
}
