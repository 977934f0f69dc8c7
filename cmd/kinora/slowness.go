package main

import (
	"fmt"
	"time"
)

// fewMissed are so few pictures that nobody needs to do anything: a busy moment.
const fewMissed = 10

// slowness says once a minute that the computer is too slow for what it encodes.
type slowness struct {
	told   time.Time
	missed int // when it was told
}

// say is what there is to be said when so many pictures were missed by now since the camera was opened; empty: nothing.
func (s *slowness) say(now time.Time, missed int) string {
	if missed < s.missed {
		s.missed = 0 // the camera was opened again
	}
	n := missed - s.missed
	if n < fewMissed || now.Sub(s.told) < time.Minute {
		return ""
	}
	s.told, s.missed = now, missed
	return fmt.Sprintf("the computer is too slow: %d pictures were LEFT OUT; choose --quality low or copy, or a smaller --mode", n)
}
