package mp4

import (
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"kinora/media"
)

// pauseOf is a fragment of G.711 in which nothing is said for a while between two frames.
func pauseOf(pause time.Duration, rate, channels int) *media.Recorded {
	return &media.Recorded{
		Tracks: []media.Track{{ID: 1, Kind: media.Audio, Codec: media.MuLaw, Rate: rate, Channels: channels}},
		Packets: []*media.Packet{
			{Track: 1, Data: make([]byte, 160*channels)},
			{Track: 1, PTS: pause, Data: make([]byte, 160*channels)},
		},
	}
}

// Silence between samples of G.711 takes as many bytes as sound: what a producer claims of its sound must not become memory.
func TestSilenceIsBounded(t *testing.T) {
	for _, c := range []struct{ rate, channels int }{{math.MaxInt32, 1}, {8000, 200}, {math.MaxInt32, math.MaxInt32 / 160}} {
		f := pauseOf(time.Second, c.rate, 1)
		f.Tracks[0].Channels = c.channels
		if _, err := new(Movie).Add(f); !errors.Is(err, ErrCodec) {
			t.Errorf("%d channels of %d Hz: %v, want ErrCodec", c.channels, c.rate, err)
		}
	}
	for pause, want := range map[time.Duration]int64{time.Minute: 480_000 + 160, 9 * time.Hour: 160} {
		var m Movie
		if _, err := m.Add(pauseOf(pause, 8000, 1)); err != nil {
			t.Fatal(err)
		}
		if m.Size() != want {
			t.Errorf("a pause of %s makes %s bytes, want %d", pause, strconv.FormatInt(m.Size(), 10), want)
		}
	}
}
