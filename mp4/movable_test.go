package mp4

import (
	"bytes"
	"testing"
	"time"

	"kinora/media"
)

// A segment that was moved is the one that would have been made there.
func TestMovableSegment(t *testing.T) {
	tracks := []media.Track{
		{ID: 1, Kind: media.Audio, Codec: media.MuLaw, Rate: 8000, Channels: 1},
		{ID: 2, Kind: media.Audio, Codec: media.ALaw, Rate: 44100, Channels: 2},
	}
	for _, track := range tracks {
		packets := []*media.Packet{
			{Track: track.ID, PTS: 3 * time.Millisecond, Data: make([]byte, 160)},
			{Track: track.ID, PTS: 23 * time.Millisecond, Data: make([]byte, 160)},
		}
		moved, err := NewMovable(Segment{Sequence: 7}, track, packets)
		if err != nil {
			t.Fatal(err)
		}
		for _, base := range []time.Duration{40 * 24 * time.Hour, 1795341600 * time.Second} {
			want, err := AppendSegment(nil, Segment{Sequence: 7, Base: base}, []media.Track{track}, packets)
			if err != nil {
				t.Fatal(err)
			}
			head, rest := moved.At(base)
			if got := append(head, rest...); !bytes.Equal(got, want) || len(got) != moved.Len() {
				t.Errorf("at %s: %d bytes, want %d that are equal", base, len(got), len(want))
			}
		}
	}
	if m, err := NewMovable(Segment{}, tracks[0], nil); err != nil || m.Len() != 0 {
		t.Errorf("no packets make %d bytes, %v", m.Len(), err)
	}
}
