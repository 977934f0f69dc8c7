package kvs

import (
	"slices"
	"testing"
	"time"
)

// A recording that was uploaded again with other cuts is in the archive once by the producer's clock, so that the picture does not jump
// between the two; by the service's they are two.
func TestArchiveOfWhatWasUploadedTwice(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var some []Fragment
	for i, number := range []string{"1", "2", "3", "4", "5", "6"} {
		at, uploaded := noon.Add(time.Duration(i)*2*time.Second), noon.Add(time.Duration(i)*2*time.Second)
		if i >= 3 {
			at, uploaded = noon.Add(time.Duration(i-3)*2*time.Second+time.Second), noon.Add(3*time.Hour+time.Duration(i)*time.Second)
		}
		some = append(some, Fragment{Number: number, Producer: at, Server: uploaded, Length: 2 * time.Second})
	}
	for clock, want := range map[Clock][]string{ProducerTime: {"1", "2", "3"}, ServerTime: {"1", "2", "3", "4", "5", "6"}} {
		var got []string
		for _, f := range arrange(some, clock) {
			got = append(got, f.Number)
		}
		if !slices.Equal(got, want) {
			t.Errorf("by the clock %v it is %q, want %q", clock, got, want)
		}
	}
}
