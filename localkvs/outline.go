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

// extent measures how far the frames of a fragment's leading track reach, in units of the head's scale.
type extent struct {
	first, last int16
	frames      int
}

func (e *extent) add(at int16) {
	if e.frames == 0 {
		e.first, e.last = at, at
	}
	e.first, e.last = min(e.first, at), max(e.last, at)
	e.frames++
}

// duration is from the fragment's start to where its last frame ends, which lasts as long as the others do. A single frame
// does not say: 0.
func (e *extent) duration(scale time.Duration) time.Duration {
	if e.frames < 2 {
		return 0
	}
	step := (time.Duration(e.last) - time.Duration(e.first)) * scale / time.Duration(e.frames-1)
	return max(0, time.Duration(e.last)*scale+step)
}

// outline is what playlists say of a fragment that arrived.
func (u *session) outline() archive.Outline {
	return archive.Outline{Config: u.config, Duration: u.current.extent.duration(u.head.Scale)}
}
