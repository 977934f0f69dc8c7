package localkvs

import (
	"cmp"
	"slices"
	"time"

	"kinora/media"
)

// shot is what is between two key frames of a call, by time, with its tracks: the picture, and the sound if there is any.
type shot struct {
	tracks  []media.Track
	packets []*media.Packet
}

// cutter makes shots of the packets that a call brings.
type cutter struct {
	pictures, sounds []*media.Packet
	coded            []media.Track // how the picture is coded from each of its key frames on
	sound            media.Track
	heard            time.Duration // when the last sound was
	bytes            int
}

const (
	soundLag    = 500 * time.Millisecond // that sound may come behind its picture
	longestHeld = 15 * time.Second       // a fragment may have 20
	mostHeld    = 16 << 20
	mostSounds  = 1000 // without a picture
)

// put takes a packet of one of the tracks, and returns the shot that is whole by it. What gets too long without a key frame is
// given up: lost.
func (c *cutter) put(p *media.Packet, tracks []media.Track) (whole *shot, lost bool) {
	picture, _ := media.VideoTrack(tracks)
	switch {
	case p.Track != picture.ID:
		c.sound, _ = media.AudioTrack(tracks)
		if c.heard > 0 && p.PTS <= c.heard { // the master's clock is known better than before
			p.PTS = c.heard + time.Millisecond
			p.DTS = p.PTS
		}
		c.heard = p.PTS
		c.sounds = append(c.sounds, p)
	case p.Key:
		c.coded = append(c.coded, picture)
		c.pictures = append(c.pictures, p)
	case len(c.pictures) > 0:
		c.pictures = append(c.pictures, p)
	default:
		return nil, false
	}
	c.bytes += len(p.Data)
	if next := c.next(); next > 0 {
		return c.cut(next), false
	}
	if c.bytes > mostHeld || c.age() > longestHeld || len(c.sounds) > mostSounds {
		lost = len(c.pictures) > 0
		*c = cutter{heard: c.heard}
	}
	return nil, lost
}

// age is how much of picture is held.
func (c *cutter) age() time.Duration {
	if len(c.pictures) == 0 {
		return 0
	}
	return c.pictures[len(c.pictures)-1].PTS - c.pictures[0].PTS
}

// next is the key frame that begins the next shot, when all that belongs before it has come; 0 when it has not.
func (c *cutter) next() int {
	if len(c.coded) < 2 {
		return 0
	}
	i := c.second()
	end := c.pictures[i].PTS
	late := c.pictures[len(c.pictures)-1].PTS >= end+soundLag
	if late || len(c.sounds) > 0 && c.sounds[len(c.sounds)-1].PTS >= end {
		return i
	}
	return 0
}

// rest is all that is held, whole or not.
func (c *cutter) rest() (shots []*shot) {
	for len(c.coded) > 1 {
		shots = append(shots, c.cut(c.second()))
	}
	if len(c.pictures) > 0 {
		shots = append(shots, c.cut(len(c.pictures)))
	}
	return shots
}

// second is the second key frame; there must be one.
func (c *cutter) second() int {
	return 1 + slices.IndexFunc(c.pictures[1:], func(p *media.Packet) bool { return p.Key })
}

// cut takes what lies before a picture off what is held. Sound that is older than its first picture belongs to nothing.
func (c *cutter) cut(next int) *shot {
	s := &shot{tracks: []media.Track{c.coded[0]}, packets: slices.Clone(c.pictures[:next])}
	start, end := c.pictures[0].PTS, time.Duration(1<<63-1)
	if next < len(c.pictures) {
		end = c.pictures[next].PTS
	}
	c.coded, c.pictures = c.coded[1:], slices.Clone(c.pictures[next:])
	var later []*media.Packet
	for _, p := range c.sounds {
		switch {
		case p.PTS >= end:
			later = append(later, p)
		case p.PTS >= start:
			s.packets = append(s.packets, p)
		}
	}
	if len(s.packets) > next {
		s.tracks = append(s.tracks, c.sound)
	}
	c.sounds, c.bytes = later, 0
	for _, p := range slices.Concat(c.pictures, c.sounds) {
		c.bytes += len(p.Data)
	}
	slices.SortStableFunc(s.packets, func(a, b *media.Packet) int { return cmp.Compare(a.PTS, b.PTS) })
	return s
}
