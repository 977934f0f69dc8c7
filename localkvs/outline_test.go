package localkvs

import (
	"testing"
	"time"

	"kinora/media"
)

func TestConfigOfTracks(t *testing.T) {
	video := media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 2}, Width: 640}
	same, other := video, video
	same.Name, other.Private = "another name", []byte{1, 3}
	want := configOf([]media.Track{video})
	if want == 0 || configOf([]media.Track{same}) != want {
		t.Error("a track's name is no part of how it is coded")
	}
	if configOf([]media.Track{other}) == want || configOf([]media.Track{video, video}) == want {
		t.Error("what is coded otherwise has the same configuration")
	}
}

func TestDurationOfFragment(t *testing.T) {
	for _, c := range []struct {
		times []time.Duration // ms
		want  time.Duration
	}{
		{[]time.Duration{0, 40, 80}, 120 * time.Millisecond},
		{[]time.Duration{0, 80, 40}, 120 * time.Millisecond}, // in decode order
		{[]time.Duration{20, 60}, 100 * time.Millisecond},
		{[]time.Duration{0}, 0},
		{nil, 0},
	} {
		var e extent
		for _, at := range c.times {
			e.add(at * time.Millisecond)
		}
		if got := e.duration(); got != c.want {
			t.Errorf("frames at %d ms last %s, want %s", c.times, got, c.want)
		}
	}
}

// What a playlist says of a fragment, rounded, is not more than its target, also where it was rounded before.
func TestTargetDuration(t *testing.T) {
	for length, want := range map[time.Duration]int{
		2*time.Second + 499_400*time.Microsecond: 2,
		2*time.Second + 499_600*time.Microsecond: 3, // 2.500
		100 * time.Millisecond:                   1,
	} {
		if got := targetDuration(&window{shown: []shown{{length: length}}}); got != want {
			t.Errorf("of fragments of %s, which are listed as %s, the target is %d, want %d", length, seconds3(length), got, want)
		}
	}
}
