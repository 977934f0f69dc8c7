package recorder

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// trackSet says which of a feed's tracks are meant, by their places.
type trackSet uint8

func (s trackSet) has(index int) bool      { return s&(1<<index) != 0 }
func (s trackSet) with(index int) trackSet { return s | 1<<index }

// muxSession is what is written of one feed: frames of one clock, with heads that differ only in which tracks are left out.
type muxSession struct {
	feed     *feed
	broken   error // why none of it can be recorded
	writer   *mkv.Writer
	heads    map[trackSet][]byte
	silent   trackSet      // tracks that had no frame in the last fragment
	epoch    time.Time     // the producer time of PTS 0
	shift    time.Duration // of that time against the feed's own
	timecode int64         // of the last fragment, in ms since 1970
}

// begin starts a session at a packet.
//
// Timecodes of a take only rise: the service and whoever asks it for a piece of the take depend on it. When the clock was
// set back between two sessions, the second is shifted so that it follows the first; a tag on its fragments and the log say by
// how much. When the clock was set forward there is a gap. Within a session the wall clock is not looked at.
func (m *muxer) begin(f *feed, p *media.Packet) {
	m.muxSession = muxSession{feed: f, epoch: f.epoch, heads: make(map[trackSet][]byte)}
	if m.epoch.IsZero() {
		m.epoch = time.Now().Add(-p.PTS)
	}
	if n := len(f.tracks); n == 0 || n > maxTracks {
		m.unrecordable(fmt.Errorf("a stream takes 1 to %d tracks, and the source has %d", maxTracks, n), p.PTS)
		return
	}
	if at := m.producer(p.PTS); !m.end.IsZero() && at.UnixMilli() <= m.end.UnixMilli() {
		m.shift = m.end.Sub(at).Truncate(time.Millisecond) + 2*time.Millisecond
		m.epoch = m.epoch.Add(m.shift)
		if m.shift >= time.Second { // less is what sound is ahead of a picture that came late
			m.log.Warn("recording: the source's clock was set back; its times are shifted to follow what was recorded before", "shift", m.shift)
		}
	}
	m.writer = mkv.NewWriter(m, f.tracks, mkv.WriterOptions{Epoch: m.epoch})
	if err := m.writer.Begin(p.PTS); err != nil { // writes the head, which is made for each set of tracks instead
		m.unrecordable(err, p.PTS)
	}
}

// unrecordable gives up the session.
func (m *muxer) unrecordable(err error, pts time.Duration) {
	m.broken = fmt.Errorf("this cannot be recorded: %w", err)
	m.lostFrom = m.producer(pts)
	m.note(m.broken)
}

// head returns the Matroska from the EBML header to the end of Tracks for some of the feed's tracks. It is the same bytes each
// time, so that fragments of one session share a connection.
func (s *muxSession) head(tracks trackSet) ([]byte, error) {
	if b := s.heads[tracks]; b != nil {
		return b, nil
	}
	var declared []media.Track
	for i, t := range s.feed.tracks {
		if tracks.has(i) {
			declared = append(declared, t)
		}
	}
	// A writer puts the head in front of its first Cluster, which is written for nothing but that.
	var first bytes.Buffer
	if err := mkv.NewWriter(&first, declared, mkv.WriterOptions{}).Begin(0); err != nil {
		return nil, fmt.Errorf("this cannot be recorded: %w", err)
	}
	e, err := mkv.NewParser(&first, mkv.ParserOptions{}).Next()
	if err != nil {
		return nil, fmt.Errorf("this cannot be recorded: %w", err)
	}
	s.heads[tracks] = bytes.Clone(e.Bytes)
	return s.heads[tracks], nil
}

func (s *muxSession) all() trackSet { return 1<<len(s.feed.tracks) - 1 }

// producer is the producer time of a PTS.
func (s *muxSession) producer(pts time.Duration) time.Time { return s.epoch.Add(pts) }

// clock is the tag that says by how much times were shifted, in milliseconds.
func (s *muxSession) clock() mkv.Tag {
	return mkv.Tag{Name: ClockTag, Value: strconv.FormatInt(s.shift.Milliseconds(), 10)}
}
