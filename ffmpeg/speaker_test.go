package ffmpeg

import (
	"testing"
	"time"
)

// A loudspeaker counts as lost when it was seen for three seconds to take nothing, and not since nobody could look.
func TestDeafness(t *testing.T) {
	now := time.Unix(1000, 0)
	var d deafness
	look := func(after time.Duration, took bool) bool {
		now = now.Add(after)
		return d.look(now, took) > speakerDeaf
	}
	if look(0, false) {
		t.Error("it is deaf at the first look")
	}
	for range 5 { // a computer that has no time for this program, or sleeps
		if look(time.Minute, false) {
			t.Fatal("it is deaf though nobody has looked")
		}
	}
	look(time.Minute, true)
	looks := 0
	for ; !look(speakerPeriod/2, false); looks++ {
		if looks > 10_000 {
			t.Fatal("it is never deaf")
		}
	}
	if took := time.Duration(looks) * speakerPeriod / 2; (took - speakerDeaf).Abs() > 50*time.Millisecond {
		t.Errorf("it is deaf after %v", took)
	}
	if look(speakerPeriod/2, true) || look(speakerPeriod/2, false) {
		t.Error("it is deaf though it has taken sound")
	}
}
