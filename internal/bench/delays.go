package main

import (
	"slices"
	"sort"
	"time"

	"kinora/internal/rig"
)

// delays matches what was seen with what was sent. sent has the instant of each frame counted from the start; frame i
// shows the number i modulo loop. Frames sent in [from, to) count. It returns the time from sending to seeing of each
// of them that was seen, and how many were sent.
func delays(sent []time.Time, seen []rig.Sighting, loop int, from, to time.Time) (took []time.Duration, expected int) {
	first := make(map[int]time.Time) // when a frame was seen
	for _, s := range seen {
		// The newest frame with this number that had been sent by then.
		newest := sort.Search(len(sent), func(i int) bool { return sent[i].After(s.At) }) - 1
		i := newest - ((newest-int(s.Number))%loop+loop)%loop
		if i < 0 {
			continue
		}
		if _, again := first[i]; !again {
			first[i] = s.At
		}
	}
	for i, at := range sent {
		if at.Before(from) || !at.Before(to) {
			continue
		}
		expected++
		if shown, ok := first[i]; ok {
			took = append(took, shown.Sub(at))
		}
	}
	return took, expected
}

// percentile returns the p-th percentile, p in 0 to 100, of some durations; zero of none.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(p/100*float64(len(sorted))), len(sorted)-1)]
}

// milliseconds is a duration as a figure.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
