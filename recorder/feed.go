package recorder

import (
	"time"

	"kinora/media"
)

// feed is what a source gives between two discontinuities: the same tracks on one clock. It belongs to the goroutine that
// reads, but for what never changes.
type feed struct {
	tracks []media.Track
	epoch  time.Time
	video  int            // ID of the video track, 0 when there is none
	values map[int][]byte // the latest of each data track
}

// next is the feed behind a discontinuity. What a data track said still holds.
func (f *feed) next(src media.Source) *feed {
	n := newFeed(src)
	for id, value := range f.values {
		if i := n.index(id); i >= 0 && n.tracks[i].Kind == media.Data {
			n.values[id] = value
		}
	}
	return n
}

func newFeed(src media.Source) *feed {
	f := &feed{tracks: src.Tracks(), epoch: src.Epoch(), values: make(map[int][]byte)}
	if t, ok := media.VideoTrack(f.tracks); ok {
		f.video = t.ID
	}
	return f
}

// index returns where a track stands among the feed's, -1 when it is not one of them.
func (f *feed) index(id int) int {
	for i := range f.tracks {
		if f.tracks[i].ID == id {
			return i
		}
	}
	return -1
}

// starts reports whether decoding can start at a packet.
func (f *feed) starts(p *media.Packet) bool {
	return f.video == 0 || p.Track == f.video && p.Key
}

func (f *feed) data(p *media.Packet) bool {
	i := f.index(p.Track)
	return i >= 0 && f.tracks[i].Kind == media.Data
}

// remember keeps what a data track said last.
func (f *feed) remember(p *media.Packet) {
	if f.data(p) {
		f.values[p.Track] = p.Data
	}
}
