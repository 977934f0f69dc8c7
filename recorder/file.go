package recorder

import (
	"errors"
	"slices"
	"time"

	"kinora/mkv"
	"kinora/recorder/spool"
)

// Write takes what the Matroska writer writes.
func (m *muxer) Write(b []byte) (int, error) {
	if m.file == nil {
		m.held = append(m.held, b...)
	} else if m.failure == nil {
		m.failure = m.put(m.file, b)
	}
	return len(b), nil // the writer would never write again after an error
}

// put writes to a file, and tries again once: the spool tells by a failure that an earlier fragment could not be made durable,
// which need not be so for this one.
func (m *muxer) put(f *spool.Fragment, b []byte) error {
	_, err := f.Write(b)
	if errors.Is(err, spool.ErrReadOnly) {
		m.note(err)
		m.told = true
		_, err = f.Write(b)
	}
	return err
}

// create begins a file, likewise.
func (m *muxer) create(head []byte) (*spool.Fragment, error) {
	f, err := m.take.Create(head, m.producer(m.start), m.media(m.start))
	if errors.Is(err, spool.ErrReadOnly) {
		m.note(err)
		m.told = true
		f, err = m.take.Create(head, m.producer(m.start), m.media(m.start))
	}
	return f, err
}

// ready reports whether the head of a held fragment is known.
func (m *muxer) ready() bool { return m.seen&m.declared == m.declared || len(m.held) >= heldBytes }

// due flushes what a patient intake could not flush before.
func (m *muxer) due() error {
	if !m.patient || !m.open || m.file != nil || !m.ready() {
		return nil
	}
	return m.flush()
}

// flush begins the file of a fragment that was held, now that its tracks are known.
func (m *muxer) flush() error {
	first := m.zero.IsZero()
	if first {
		m.zero = m.producer(m.start).Truncate(time.Millisecond)
	}
	head, err := m.head(m.seen)
	if err != nil {
		return err
	}
	f, err := m.create(head)
	if err == nil {
		tags := m.leading(f.Number())
		m.leads = len(tags)
		// All in one piece: a disk that fills up leaves a fragment with all of its tracks, or none.
		if err = m.put(f, append(mkv.AppendTags(nil, tags...), m.held...)); err != nil {
			f.Finish()
		}
	}
	if err != nil {
		if first {
			m.zero = time.Time{}
		}
		m.note(err)
		return err
	}
	f.Reach(m.media(m.reached))
	m.file, m.declared, m.named, m.gap = f, m.seen, true, ""
	m.silent = m.all() &^ m.seen
	m.held = m.held[:0]
	if cap(m.held) > heldBytes {
		m.held = nil
	}
	if !m.told {
		m.note(nil)
	}
	m.told = false
	m.account(m.producer(m.start))
	return nil
}

// seal ends the open fragment, if there is one. The error, for a patient intake only, says that there is no room.
func (m *muxer) seal() error { return m.sealAt(m.reached) }

// sealAt ends the open fragment in front of a frame at next, to which it then lasts.
func (m *muxer) sealAt(next time.Duration) error {
	if !m.open {
		return nil
	}
	if m.file == nil {
		if err := m.flush(); err != nil {
			if m.patient {
				return err
			}
			m.abandon(err)
			return nil
		}
	}
	if next-m.start <= fragmentTime+time.Second {
		m.file.Until(m.media(next))
	}
	n := min(len(m.markers), m.room())
	behind := m.markers[:n]
	if m.ending != "" && n < m.room() {
		behind = append(slices.Clone(behind), mkv.Tag{Name: mkv.GapBehind, Value: m.ending})
	}
	if err := m.writer.End(behind...); err != nil {
		m.log.Warn("recording: the end of a fragment", "err", err)
	}
	if m.failure == nil {
		m.markers = append(m.markers[:0], m.markers[n:]...)
	} else {
		m.note(m.failure) // the fragment is whole all the same; its markers go to the next one
	}
	m.finish()
	return nil
}

// finish hands the open fragment over to be made durable.
func (m *muxer) finish() {
	m.file.Finish()
	m.stored = m.producer(m.reached)
	m.open, m.file = false, nil
}
