package mp4

import (
	"bytes"
	"encoding/binary"
	"time"

	"kinora/media"
)

// movable is where media time zero stands in a segment that can be moved. It is far enough from zero for a decoding time of
// 64 bits in every timescale, so that any other has room in its place.
const movable = 30 * 24 * time.Hour

// Movable is a segment of one track that can be put anywhere on a timeline without being made again. It is a value and shares
// its bytes.
type Movable struct {
	b     []byte
	time  int // where the decoding time stands in b
	scale int
}

// NewMovable makes a segment as AppendSegment does, wherever s says that it stands. It is empty when the track has no packets.
func NewMovable(s Segment, t media.Track, packets []*media.Packet) (Movable, error) {
	s.Base = movable
	b, err := AppendSegment(nil, s, []media.Track{t}, packets)
	if err != nil || len(b) == 0 {
		return Movable{}, err
	}
	return movableOf(b, t), nil
}

// movableOf takes a segment whose media time zero stands at movable.
func movableOf(b []byte, t media.Track) Movable {
	box := []byte("tfdt\x01\x00\x00\x00") // version 1, no flags
	return Movable{b: b, time: bytes.Index(b, box) + len(box), scale: timescale(t)}
}

// Len is how many bytes the segment has.
func (m Movable) Len() int { return len(m.b) }

// At returns the segment with media time zero of its packets at a time that is not negative, to the tick, in two pieces. The second is
// shared and must not be changed.
func (m Movable) At(base time.Duration) (head, rest []byte) {
	if len(m.b) == 0 {
		return nil, nil
	}
	end := m.time + 8
	head = bytes.Clone(m.b[:end])
	at := int64(binary.BigEndian.Uint64(head[m.time:])) + ticks(base, m.scale) - ticks(movable, m.scale)
	binary.BigEndian.PutUint64(head[m.time:], uint64(max(0, at)))
	return head, m.b[end:]
}
