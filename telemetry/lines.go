package telemetry

import (
	"bytes"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"kinora/media"
)

const (
	lineLimit = 4 << 10 // bytes
	perSecond = 50      // lines; as many may come at once
)

// read gives the lines of r until its end or an error. A line without its end counts only at io.EOF, or when r gives
// whole lines.
func (s *source) read(r io.Reader) error {
	buf := make([]byte, 64<<10)
	var line []byte
	long := false // the rest of the line is left out
	flush := func() {
		s.line(line, long, time.Now())
		line, long = line[:0], false
	}
	for {
		n, err := r.Read(buf)
		for b := buf[:n]; len(b) > 0; {
			part, rest, ended := bytes.Cut(b, []byte{'\n'})
			if room := lineLimit - len(line); len(part) > room {
				part, long = part[:room], true
			}
			line, b = append(line, part...), rest
			if ended || s.whole && len(rest) == 0 {
				flush()
			}
		}
		if err != nil {
			if err == io.EOF {
				flush()
			}
			return err
		}
	}
}

// line gives one line, and the fix that it holds.
func (s *source) line(b []byte, long bool, at time.Time) {
	text := strings.TrimRight(strings.ToValidUTF8(string(trim(b, long)), "\uFFFD"), "\r")
	if strings.TrimSpace(text) == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if long {
		s.counts.Cut++
	}
	sentence, ok := parseSentence(text)
	if !ok {
		s.counts.Bad++
		return
	}
	s.give(text, at)
	if fix, ok := sentence.fix(at); ok {
		s.give(fix.line(), at)
	}
}

// trim cuts a long line between two characters.
func trim(b []byte, long bool) []byte {
	for i := 1; long && i < utf8.UTFMax && i < len(b); i++ {
		if start := len(b) - i; utf8.RuneStart(b[start]) {
			if !utf8.FullRune(b[start:]) {
				return b[:start]
			}
			break
		}
	}
	return b
}

// give queues a line unless there were too many of late: then it waits, and gives way to the next.
func (s *source) give(text string, at time.Time) {
	pts := at.Sub(s.epoch)
	p := &media.Packet{Track: track, PTS: pts, DTS: pts, Key: true, Data: []byte(text)}
	if s.limit.pending != nil {
		s.counts.Dropped++
		s.limit.pending = p
		return
	}
	if wait := s.limit.take(at); wait > 0 {
		s.limit.pending = p
		s.limit.timer = time.AfterFunc(wait, s.late)
		return
	}
	s.enqueue(p)
}

// late gives the line that waited, once there is room for it.
func (s *source) late() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.limit.pending; p != nil {
		s.limit.pending = nil
		s.limit.take(time.Now())
		s.enqueue(p)
	}
}

// enqueue hands a line to the reader. When that is too slow the oldest one goes.
func (s *source) enqueue(p *media.Packet) {
	if len(s.queue) >= queueLimit {
		s.queue = s.queue[1:]
		s.counts.Dropped++
		s.counts.Lines--
	}
	s.queue = append(s.queue, p)
	s.counts.Lines++
	s.more.Signal()
}

// limiter is a token bucket with one line that waits for the next token.
type limiter struct {
	tokens  float64
	at      time.Time // when tokens were counted
	pending *media.Packet
	timer   *time.Timer
}

// take takes a token, or returns how long the next one takes.
func (l *limiter) take(now time.Time) time.Duration {
	l.tokens = min(perSecond, l.tokens+perSecond*now.Sub(l.at).Seconds())
	l.at = now
	if l.tokens < 1 {
		return time.Duration((1-l.tokens)/perSecond*float64(time.Second)) + time.Microsecond
	}
	l.tokens--
	return 0
}
