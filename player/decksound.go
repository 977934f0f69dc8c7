package player

import (
	"context"
	"time"

	"kinora/media"
)

// soundBefore is what is decoded of the sound in front of where it begins: decoders need some to be right.
const soundBefore = 100 * time.Millisecond

// deckSound is the sound of a deck, which is heard while time goes by at its own speed. Its media time is the archive's, counted
// from 1970. It belongs to the deck's goroutine.
type deckSound struct {
	decoded
	playing bool
	rec     *media.Recorded
	next    int          // packet of rec to look at
	packet  media.Packet // being decoded
}

// hear brings the sound to what a wish asks for: a piece of it, so that it must be called some times a second.
func (d *Deck) hear(ctx context.Context, w wish) {
	s := &d.sound
	if s.voice == nil {
		return
	}
	plays := w.runs && w.rate == 1 && w.course.rate == 1 && d.rate == 1 && d.mode == inOrder && d.aim.place == w.place &&
		(d.roll != nil || s.playing) // behind a fragment without pictures there is none until the next is entered
	if !plays {
		s.hush()
		return
	}
	at := w.course.position(time.Now())
	if !s.playing {
		s.playing, s.rec, s.next = true, nil, 0
		if s.decoder != nil {
			s.decoder.Flush()
		}
	}
	s.voice.Follow(NewClock(time.Duration(w.course.at.UnixNano()), w.course.from))
	for {
		if s.rec == nil || s.next == len(s.rec.Packets) {
			next := d.following(ctx, w)
			if next == nil {
				return
			}
			s.rec, s.next = next, 0
			continue
		}
		p := s.rec.Packets[s.next]
		if when := s.rec.Start.Add(p.PTS); when.Sub(at) > soundLead {
			return
		} else if at.Sub(when) <= soundBefore {
			s.hear(p, when)
		}
		s.next++
	}
}

// following is the fragment whose sound comes next; nil: it is not there yet.
func (d *Deck) following(ctx context.Context, w wish) *media.Recorded {
	s := &d.sound
	if s.rec == nil || d.roll != nil && d.roll.rec.Start.After(s.rec.Start) {
		return d.roll.rec
	}
	if n := d.peek(ctx, w); n != nil && n.rec != nil && n.rec.Start.After(s.rec.Start) {
		return n.rec
	}
	return nil
}

// hear decodes a packet, if it is of the first sound.
func (s *deckSound) hear(p *media.Packet, when time.Time) {
	track, ok := media.AudioTrack(s.rec.Tracks)
	if !ok || p.Track != track.ID {
		return
	}
	if err := s.prepare(track); err != nil {
		s.log.Warn("player: the archive plays in silence", "error", err)
	}
	s.packet = *p
	s.packet.PTS, s.packet.DTS = time.Duration(when.UnixNano()), time.Duration(when.UnixNano())
	s.packet.Discontinuity = false
	s.play(&s.packet)
}

func (s *deckSound) hush() {
	if s.playing {
		s.playing = false
		s.voice.Hush()
	}
}
