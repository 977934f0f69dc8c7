package telemetry

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"kinora/media"
)

const (
	mergeLimit = 1024             // packets of data that wait for the pictures to come up to them
	apart      = 10 * time.Second // between the clocks of both, at which they cannot be the same clock
)

// Merge gives the packets of both sources, in the order of their times, on the video's timeline and epoch. data has one
// track. Data is given when the pictures have come up to it, at its own wall time or, when that is behind, at theirs; where the video has no wall time, or another one
// than data, as an old file does, it gets the time of the picture that was the newest when it arrived. Whatever becomes of
// data, the video goes on; the result's method Trouble() error says so, and Counts() Counts is that of data, with
// what was left out here counted as dropped. The result has the methods Level, SetBitrate, Bitrate and Encoder of the video, if
// that has them. Close closes both.
func Merge(video, data media.Source) media.Source {
	m := &merged{video: video, data: data, done: make(chan struct{})}
	m.id = m.freeID()
	go func() {
		defer close(m.done)
		m.collect()
	}()
	return m
}

// line is data that waits.
type line struct {
	packet  *media.Packet
	arrived time.Duration // the video's newest PTS then
}

type merged struct {
	video, data media.Source
	id          int           // of the data's track
	next        *media.Packet // of the video, behind the data that goes first
	floor       time.Duration // the greatest PTS that was given since the last discontinuity
	done        chan struct{} // collect has ended

	mu      sync.Mutex
	lines   []line
	newest  time.Duration // PTS of the video
	dropped int
	trouble error
}

// collect reads the data, so that nobody waits for it.
func (m *merged) collect() {
	for {
		p, err := m.data.Read()
		m.mu.Lock()
		if err != nil {
			m.trouble = fmt.Errorf("the data beside the picture has ended: %w", err)
			if err == io.EOF {
				m.trouble = errors.New("the data beside the picture has ended")
			}
			m.mu.Unlock()
			return
		}
		if len(m.lines) >= mergeLimit {
			m.lines = m.lines[1:]
			m.dropped++
		}
		m.lines = append(m.lines, line{p, m.newest})
		m.mu.Unlock()
	}
}

// Read returns what is due next. Only the video can make it wait or end.
func (m *merged) Read() (*media.Packet, error) {
	if m.next == nil {
		p, err := m.video.Read()
		if err != nil {
			return nil, err
		}
		m.see(p)
		if p.Discontinuity {
			return p, nil // nothing may come between it and what was before
		}
		m.next = p
	}
	if p := m.due(m.next.PTS); p != nil {
		return p, nil
	}
	p := m.next
	m.next = nil
	m.floor = max(m.floor, p.PTS)
	return p, nil
}

// see takes note of the video's time.
func (m *merged) see(p *media.Packet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newest = p.PTS
	if !p.Discontinuity {
		return
	}
	m.id, m.floor = m.freeID(), p.PTS
	for i := range m.lines {
		m.lines[i].arrived = p.PTS
	}
}

// due returns the first data that is not later than a PTS, nil when there is none.
func (m *merged) due(pts time.Duration) *media.Packet {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.lines) == 0 {
		return nil
	}
	l := m.lines[0]
	at, known := m.mapped(l.packet.PTS)
	switch {
	case !known, at > pts+apart, at < l.arrived-apart:
		at = l.arrived
	case at > pts:
		return nil
	}
	m.lines = m.lines[1:]
	p := *l.packet
	p.Track, p.PTS = m.id, max(at, m.floor)
	p.DTS, p.Discontinuity = p.PTS, false
	return &p
}

// mapped returns a PTS of the data on the video's timeline, and whether that is known.
func (m *merged) mapped(pts time.Duration) (time.Duration, bool) {
	video, data := m.video.Epoch(), m.data.Epoch()
	if video.IsZero() || data.IsZero() {
		return 0, false
	}
	return data.Add(pts).Sub(video), true
}

// freeID returns a number for the data's track that the video does not use.
func (m *merged) freeID() int {
	id := 1
	for _, t := range m.video.Tracks() {
		id = max(id, t.ID+1)
	}
	return id
}

func (m *merged) Tracks() []media.Track {
	tracks := append([]media.Track(nil), m.video.Tracks()...)
	for _, t := range m.data.Tracks()[:1] {
		t.ID = m.id
		tracks = append(tracks, t)
	}
	return tracks
}

func (m *merged) Epoch() time.Time { return m.video.Epoch() }

// Close waits until nobody reads the data any more.
func (m *merged) Close() error {
	err := errors.Join(m.video.Close(), m.data.Close())
	<-m.done
	return err
}

// Trouble is the video's, or else the data's.
func (m *merged) Trouble() error {
	for _, s := range []media.Source{m.video, m.data} {
		if t, ok := media.As[interface{ Trouble() error }](s); ok && t.Trouble() != nil {
			return t.Trouble()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.trouble
}

func (m *merged) Counts() Counts {
	var c Counts
	if s, ok := m.data.(interface{ Counts() Counts }); ok {
		c = s.Counts()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c.Lines -= m.dropped
	c.Dropped += m.dropped
	return c
}

// Unwrap gives what else the video has to offer.
func (m *merged) Unwrap() media.Source { return m.video }
