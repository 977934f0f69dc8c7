package media

import (
	"testing"
	"time"
)

func TestTwice(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(number string, start, length, uploaded time.Duration) *Fragment {
		return &Fragment{Number: number, Start: noon.Add(start), Producer: noon.Add(start), Server: noon.Add(uploaded), Length: length}
	}
	const s, h = time.Second, time.Hour
	for name, c := range map[string]struct {
		a, b  *Fragment
		shown string // the number; empty: they are not the same
	}{
		"sent again":                      {at("1", 0, 2*s, 0), at("2", 0, 2*s, s), "2"},
		"sent again, listed in front":     {at("2", 0, 2*s, s), at("1", 0, 2*s, 0), "2"},
		"uploaded again with other cuts":  {at("1", 0, 2*s, 0), at("2", s, 2*s, 2*h), "1"},
		"the later upload begins earlier": {at("2", 0, 2*s, 2*h), at("1", s, 2*s, 0), "1"},
		"one after the other":             {at("1", 0, 2*s, 0), at("2", 2*s, 2*s, 2*h), ""},
		"they overlap by a frame":         {at("1", 0, 2*s, 0), at("2", 2*s-40*time.Millisecond, 2*s, 2*h), ""},
		"two producers at once":           {at("1", 0, 2*s, 0), at("2", s, 2*s, s), ""},
		"the service's time is not known": {&Fragment{Number: "1", Start: noon, Length: 2 * s}, &Fragment{Number: "2", Start: noon.Add(s), Server: noon.Add(h)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, twice := Twice(c.a, c.b)
			if twice != (c.shown != "") || twice && got.Number != c.shown {
				t.Errorf("twice is %t, shown %+v, want %q", twice, got, c.shown)
			}
		})
	}
}
