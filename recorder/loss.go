package recorder

import (
	"fmt"
	"time"

	"kinora/media"
)

// note keeps why nothing can be stored, or that it can again (nil), and logs when that changes.
func (m *muxer) note(err error) {
	before := m.full
	m.full = err
	m.tally.set(err)
	switch {
	case err != nil && before == nil:
		m.log.Warn("recording: nothing can be stored", "err", err)
	case err == nil && before != nil:
		m.log.Info("recording: there is room again")
	}
}

// missed keeps why time is missing behind what is stored. The first reason stays until something is stored again.
func (m *muxer) missed(reason string) {
	if m.gap == "" {
		m.gap = reason
	}
}

// ahead returns a sentence when a patient intake has read so far ahead of the upload that it waits.
func (m *muxer) ahead() error {
	if !m.patient || m.take.Figures().Bytes < m.limit {
		return nil
	}
	err := fmt.Errorf("reading waits: %d MB are on this disk and have yet to be sent", m.limit/1_000_000)
	m.tally.set(err)
	return err
}

// abandon gives up a fragment that is held and for which there is no room.
func (m *muxer) abandon(err error) {
	m.open = false
	m.missed(media.GapDisk)
	if m.lostFrom.IsZero() {
		m.lostFrom = m.producer(m.start)
	}
	m.lose(err, m.reached, m.frames)
}

// lose waits for the next key frame after the disk has failed, and counts frames up to a PTS as lost.
func (m *muxer) lose(err error, to time.Duration, frames int) {
	m.missed(media.GapDisk)
	m.note(err)
	m.wait(to)
	m.lostTo = later(m.lostTo, m.producer(to))
	m.tally.skip(frames)
}

// pass leaves out a frame in front of which there has to be a key frame first. What data tracks say is not lost: it is
// written with the next fragment.
func (m *muxer) pass(p *media.Packet) {
	if m.full == nil && m.feed.data(p) {
		return
	}
	m.refuse(p)
}

// refuse counts a frame that cannot be recorded, and its time if that is because of the disk.
func (m *muxer) refuse(p *media.Packet) {
	m.tally.skip(1)
	if !m.open {
		m.reached = max(m.reached, p.PTS)
	}
	if m.full == nil {
		return
	}
	at := m.producer(p.PTS)
	if m.lostFrom.IsZero() {
		m.lostFrom = at
	}
	m.lostTo, m.end = later(m.lostTo, at), later(m.end, at)
	if d := m.lostTo.Sub(m.lostFrom); d >= time.Second {
		m.take.Lose(d)
		m.lostFrom = m.lostTo
	}
}

// account tells the take what was lost up to a time.
func (m *muxer) account(to time.Time) {
	if m.lostFrom.IsZero() {
		return
	}
	if d := to.Sub(m.lostFrom); d > 0 {
		m.take.Lose(d)
	}
	m.lostFrom, m.lostTo = time.Time{}, time.Time{}
}
