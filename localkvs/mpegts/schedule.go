package mpegts

import (
	"slices"
	"time"

	"kinora/media"
)

// usualReorder is by how many frames most encoders change the order at most.
const usualReorder = 2

// schedule returns the decoding times of a track's frames: the times at which frames are shown, in their order, so many frames earlier
// that each is decoded when it is shown. Fragments of one stream differ in that, and decoding times should go on from one to the
// next: it is as much as is usual wherever the coding allows frames to change their order, and more only where a fragment does.
func schedule(packets []*media.Packet, t media.Track) []time.Duration {
	var order []time.Duration
	for _, p := range packets {
		if p.Track == t.ID {
			order = append(order, p.PTS)
		}
	}
	shown := slices.Sorted(slices.Values(order))
	earlier := 0
	if reorders(t) {
		earlier = usualReorder
	}
	for i, at := range order {
		place, _ := slices.BinarySearch(shown, at)
		earlier = max(earlier, i-place)
	}
	shortest := time.Second / 25
	for i := 1; i < len(shown); i++ {
		if d := shown[i] - shown[i-1]; d > 0 {
			shortest = min(shortest, d)
		}
	}
	decode := make([]time.Duration, len(order))
	for i := range decode {
		if i < earlier { // the frames in front are another fragment's
			decode[i] = shown[0] - time.Duration(earlier-i)*shortest
		} else {
			decode[i] = shown[i-earlier]
		}
	}
	return decode
}

// reorders tells whether frames of a track may be shown in another order than they are decoded in: not so in the baseline of H.264, nor
// in sound.
func reorders(t media.Track) bool {
	const baseline = 66
	return t.Kind == media.Video && !(t.Codec == media.H264 && len(t.Private) > 1 && t.Private[1] == baseline)
}
