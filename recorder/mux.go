package recorder

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

const (
	fragmentTime  = 19 * time.Second // of a fragment, key frame or not; the service takes 20 s
	fragmentBytes = 45 << 20         // likewise; the service takes 50 MB
	heldBytes     = 8 << 20          // of a fragment that waits for its head
	stepBack      = 5 * time.Second  // time that steps back further than this begins a new session
	maxTracks     = 3                // of a stream
)

// muxer writes a take: it decides which fragment a frame goes to and what stands around it. Its methods are called with
// Intake.writing held.
//
// A fragment is written in two steps. At first it is held in memory, until each of its tracks has shown a frame; then its
// head is known, the spool's file is begun with it, and frames go to the file as they come. The service refuses fragments
// in which a declared track has no frame (ERROR 4011), and so none is ever written. With pictures and sound the first
// step takes some milliseconds. A track that falls silent holds one fragment up to its end, and is left out from the next
// one on; when it speaks again, a fragment that declares it begins there and then.
type muxer struct {
	take    *spool.Take
	tags    []mkv.Tag     // given to every fragment
	length  time.Duration // of a fragment, at which the next key frame ends it
	patient bool
	limit   int64 // bytes of a patient intake's take that may wait to be sent
	tally   *tally
	log     *slog.Logger

	muxSession // of the feed that is written

	// The fragment.
	open     bool
	waiting  bool            // none may begin before a key frame
	since    time.Duration   // PTS at which that began
	file     *spool.Fragment // nil while it is held
	failure  error           // of the last write to file
	held     []byte          // the Cluster so far
	frames   int             // of the source in it
	declared trackSet        // that are to show a frame before the head is written, then those that the head declares
	seen     trackSet        // that have shown one
	size     int
	leads    int           // tags in front of the Cluster
	start    time.Duration // PTS of its first frame
	earliest time.Duration // least PTS
	reached  time.Duration // greatest PTS

	// The take.
	zero     time.Time // the producer time of its beginning, which is its media time zero
	end      time.Time // the latest producer time of a frame
	named    bool      // name, operator and note were written
	markers  []mkv.Tag // pressed and not written yet
	full     error     // why nothing can be stored; nil: it can
	told     bool      // full is of an earlier fragment, and stays for the length of one
	stored   time.Time // the producer time up to which the last fragment reaches
	gap      string    // why nothing is stored behind that, as in media.Gap
	ending   string    // why nothing will be stored behind the last fragment, likewise
	lostFrom time.Time // what could not be stored and was not counted yet; zero: nothing
	lostTo   time.Time
}

func newMuxer(take *spool.Take, o *IntakeOptions, t *tally, tags []mkv.Tag) *muxer {
	return &muxer{take: take, tags: tags, length: o.FragmentLength, patient: o.Patient, limit: o.Ahead, tally: t, log: o.Log.With("take", take.ID())}
}

// write takes a frame. The error, for a patient intake only, says that there is no room and that the frame was not taken.
func (m *muxer) write(f *feed, p *media.Packet) error {
	if err := m.due(); err != nil {
		return err
	}
	if f != m.feed || p.PTS < m.reached-stepBack {
		if err := m.seal(); err != nil {
			return err
		}
		m.account(m.lostTo)
		if f != m.feed {
			m.missed(media.GapDevice)
		}
		m.begin(f, p)
		m.wait(p.PTS)
		m.reached = p.PTS
	}
	index := f.index(p.Track)
	if m.broken != nil || index < 0 || len(p.Data) > fragmentBytes {
		m.refuse(p)
		return nil
	}
	if m.waiting && !m.mayStart(p) {
		m.pass(p)
		return nil
	}
	if m.open && m.ends(p, index) {
		if err := m.sealAt(p.PTS); err != nil {
			return err
		}
	}
	if !m.open {
		if err := m.ahead(); err != nil {
			return err
		}
		m.cut(p, index)
	}
	m.add(p, index)
	return nil
}

// wait lets no fragment begin before a key frame.
func (m *muxer) wait(since time.Duration) { m.waiting, m.since = true, since }

// mayStart reports whether a frame ends that wait. When no key frame comes, something is better than nothing.
func (m *muxer) mayStart(p *media.Packet) bool {
	waited := p.PTS - m.since
	if !m.feed.starts(p) && waited < fragmentTime {
		return false
	}
	return m.full == nil || m.feed.video != 0 || waited >= m.length
}

// ends reports whether the open fragment ends in front of a frame.
func (m *muxer) ends(p *media.Packet, index int) bool {
	enough := m.length
	if m.feed.video != 0 {
		enough = enough * 9 / 10 // key frames that are meant to come at just the length may be a little early
	}
	switch {
	case max(p.PTS, m.reached)-min(p.PTS, m.earliest) >= fragmentTime, m.size+len(p.Data) > fragmentBytes:
		return true
	case m.file != nil && !m.declared.has(index):
		return true // it was silent, and the head is written
	}
	return m.feed.starts(p) && p.PTS-m.start >= enough
}

// cut begins a fragment at a frame.
func (m *muxer) cut(p *media.Packet, index int) {
	if m.producer(p.PTS).UnixMilli() <= m.timecode {
		m.begin(m.feed, p)
	}
	m.open, m.waiting, m.file, m.failure = true, false, nil, nil
	m.held, m.frames, m.size, m.seen = m.held[:0], 0, 0, 0
	m.declared = m.all()&^m.silent | trackSet(0).with(index)
	m.start, m.earliest, m.reached = p.PTS, p.PTS, p.PTS
	m.timecode = m.producer(p.PTS).UnixMilli()
	if err := m.writer.Begin(p.PTS); err != nil {
		m.open = false
		m.unrecordable(err, p.PTS)
	}
}

// add writes a frame to the open fragment, and behind its first frame what the data tracks said last: whoever jumps to the
// fragment knows the state of things.
func (m *muxer) add(p *media.Packet, index int) {
	first := m.frames == 0
	if !m.encode(p, index) {
		m.finish()
		if !m.patient {
			m.lostFrom = m.producer(m.reached)
			m.lose(m.failure, p.PTS, 1)
			return
		}
		m.note(m.failure)
		m.cut(p, index)
		first = m.encode(p, index)
	}
	m.frames++
	for i, t := range m.feed.tracks {
		if first && t.Kind == media.Data && i != index {
			m.encode(&media.Packet{Track: t.ID, PTS: p.PTS, DTS: p.PTS, Key: true, Data: m.feed.values[t.ID]}, i)
		}
	}
	if m.file == nil && m.ready() {
		if err := m.flush(); err != nil && !m.patient {
			m.abandon(err)
		}
	}
}

// encode writes one frame. It returns false when the file takes no more.
func (m *muxer) encode(p *media.Packet, index int) bool {
	if err := m.writer.Write(p); err != nil {
		m.log.Debug("recording: a frame is left out", "err", err)
		m.tally.skip(1)
		return true
	}
	if m.failure != nil {
		return false
	}
	m.seen = m.seen.with(index)
	m.size += len(p.Data)
	m.earliest, m.reached = min(m.earliest, p.PTS), max(m.reached, p.PTS)
	m.end = later(m.end, m.producer(p.PTS))
	if m.file != nil {
		m.file.Reach(m.media(m.reached))
	}
	return true
}

// close ends the take, for a reason that stands on its last fragment unless it is empty. The error says why its end could not be stored.
func (m *muxer) close(reason string) error {
	m.ending = reason
	if err := m.seal(); err != nil {
		m.abandon(err)
	}
	m.account(m.lostTo)
	err := m.full
	if len(m.markers) > 0 {
		err = errors.Join(err, fmt.Errorf("%d markers were pressed while nothing was being stored: they are not in the recording", len(m.markers)))
	}
	return err
}

// media is the take's media time of a PTS.
func (m *muxer) media(pts time.Duration) time.Duration { return m.producer(pts).Sub(m.zero) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
