package main

import (
	"strings"
	"testing"
	"time"
)

func TestSlownessIsSaidOnceAMinute(t *testing.T) {
	var s slowness
	for _, c := range []struct {
		after  time.Duration
		missed int
		want   string // empty: nothing is said
	}{
		{0, 0, ""}, {time.Second, 3, " 3 pictures"}, {2 * time.Second, 9, ""}, {61 * time.Second, 12, " 9 pictures"},
		{3 * time.Minute, 12, ""}, {4 * time.Minute, 2, " 2 pictures"}, {10 * time.Minute, 2, ""},
	} {
		if got := s.say(noon.Add(c.after), c.missed); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("after %v and %d it says %q, want %q", c.after, c.missed, got, c.want)
		}
	}
}
