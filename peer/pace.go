package peer

import (
	"time"

	"kinora/media"
)

// Standstill is why a picture stands still, as far as what comes shows it.
type Standstill int

// The kinds of standstill.
const (
	Moving     Standstill = iota // it does not
	Silence                      // nothing comes from the other side
	NoPictures                   // the other side is there, but sends none: its camera may be paused
	SoundAlone                   // likewise; its sound goes on
	NoKeyFrame                   // packets come, but nothing can be decoded before a key frame
	Incomplete                   // packets come, but not all of a picture
)

const (
	recent     = 400 * time.Millisecond  // so long ago is now, of packets
	alive      = 2500 * time.Millisecond // likewise, of answers on the way to the other side
	firstPause = time.Second             // that is noticed before it is known how often pictures come
)

// pace knows how often pictures come, and whether they have stopped.
type pace struct {
	last  time.Time // when the last whole picture was there
	usual time.Duration
	torn  bool // nothing can be decoded before a key frame

	packet, sound, answer time.Time // when the last packet of each came, and the last answer on the way to the other side
}

// came takes note of a packet.
func (p *pace) came(k media.Kind, now time.Time) {
	if k == media.Video {
		p.packet = now
	} else {
		p.sound = now
	}
}

// pause is how long the picture has stood still; zero while it is no longer than pictures take, by the measure of
// https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-freezecount.
func (p *pace) pause(now time.Time) time.Duration {
	if p.last.IsZero() {
		return 0
	}
	bound := firstPause
	if p.usual > 0 {
		bound = max(3*p.usual, p.usual+150*time.Millisecond)
	}
	if d := now.Sub(p.last); d > bound {
		return d
	}
	return 0
}

// picture takes note of a whole picture, and returns the pause before it, if that counts as one.
func (p *pace) picture(now time.Time) (frozen time.Duration) {
	d := now.Sub(p.last)
	switch {
	case p.last.IsZero():
	case p.usual == 0:
		p.usual = d
	default:
		if frozen = p.pause(now); frozen == 0 {
			p.usual += (d - p.usual) / 16
		}
	}
	p.last = now
	return frozen
}

// why says what is known of a pause.
func (p *pace) why(now time.Time) Standstill {
	switch {
	case now.Sub(p.packet) < recent && p.torn:
		return NoKeyFrame
	case now.Sub(p.packet) < recent:
		return Incomplete
	case now.Sub(p.sound) < recent:
		return SoundAlone
	case p.answer.Sub(p.packet) > recent && now.Sub(p.answer) < alive:
		return NoPictures
	}
	return Silence
}
