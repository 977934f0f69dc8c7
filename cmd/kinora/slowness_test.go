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
		{0, 0, ""}, {time.Second, 9, ""}, {2 * time.Second, 13, " 13 pictures"}, {3 * time.Second, 99, ""}, {62 * time.Second, 102, " 89 pictures"},
		{3 * time.Minute, 102, ""}, {4 * time.Minute, 20, " 20 pictures"}, {10 * time.Minute, 20, ""},
	} {
		if got := s.say(noon.Add(c.after), c.missed); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("after %v and %d it says %q, want %q", c.after, c.missed, got, c.want)
		}
	}
}
