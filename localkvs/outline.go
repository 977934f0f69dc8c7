package localkvs

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
)

// configOf is the same for heads whose tracks are coded alike, whatever else the heads say. It is never zero.
func configOf(tracks []media.Track) int64 {
	described := make([]media.Track, len(tracks))
	for i, t := range tracks {
		described[i] = t
		described[i].Name = ""
	}
	text, err := json.Marshal(described)
	if err != nil {
		panic("localkvs: tracks cannot be written: " + err.Error()) // they are numbers and bytes
	}
	sum := sha256.Sum256(text)
	return int64(binary.BigEndian.Uint64(sum[:])>>1 | 1)
}

// leading is the track whose frames say how long a fragment lasts: the picture, or the sound where there is none. It is 0
// when there is neither.
func leading(tracks []media.Track) int {
	t, ok := media.VideoTrack(tracks)
	if !ok {
		t, _ = media.AudioTrack(tracks)
	}
	return t.ID
}

// extent measures how far the frames of a fragment's leading track reach from its start.
type extent struct {
	first, last time.Duration
	frames      int
}

func (e *extent) add(at time.Duration) {
	if e.frames == 0 {
		e.first, e.last = at, at
	}
	e.first, e.last = min(e.first, at), max(e.last, at)
	e.frames++
}

// duration is from the fragment's start to where its last frame ends, which lasts as long as the others do. A single frame
// does not say: 0.
func (e *extent) duration() time.Duration {
	if e.frames < 2 {
		return 0
	}
	return max(0, e.last+(e.last-e.first)/time.Duration(e.frames-1))
}

// outline is what playlists say of the fragment that arrived.
func (u *session) outline() archive.Outline {
	return archive.Outline{Config: u.config, Duration: u.current.extent.duration()}
}

// outline is that of a fragment whose row has none.
func (p *parsed) outline() archive.Outline {
	leads := leading(p.tracks)
	var e extent
	for _, packet := range p.packets {
		if packet.Track == leads {
			e.add(packet.PTS)
		}
	}
	return archive.Outline{Config: configOf(p.tracks), Duration: e.duration()}
}
