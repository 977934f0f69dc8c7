package telemetry

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Fix is a position in words that need no NMEA. It is written as one line of JSON behind the sentence that it was read
// from.
type Fix struct {
	Lat   float64  `json:"lat"`             // degrees, north is positive
	Lon   float64  `json:"lon"`             // degrees, east is positive
	Speed *float64 `json:"speed,omitempty"` // metres a second over ground
	Time  string   `json:"time"`            // of the satellites, UTC
}

func (f Fix) line() string {
	b, err := json.Marshal(f)
	if err != nil {
		panic("telemetry: marshalling a fix: " + err.Error()) // its numbers are finite
	}
	return string(b)
}

// sentence is one of NMEA 0183, split at its commas; empty for any other line.
type sentence []string

// parseSentence returns the sentence that a line holds, if it does. It returns false when its checksum is wrong.
func parseSentence(line string) (sentence, bool) {
	body, sum, ok := strings.Cut(strings.TrimSpace(line), "*")
	if !ok || body == "" || body[0] != '$' && body[0] != '!' || len(sum) != 2 {
		return nil, true // another format, or a talker that sends no checksum: it is text like any other
	}
	want, err := strconv.ParseUint(sum, 16, 8)
	var got byte
	for i := 1; i < len(body); i++ {
		got ^= body[i]
	}
	if err != nil || got != byte(want) {
		return nil, false
	}
	return strings.Split(body[1:], ","), true
}

// fix returns the position in a GGA or RMC sentence that arrived at a time, false when there is none.
func (s sentence) fix(at time.Time) (Fix, bool) {
	if len(s) == 0 || len(s[0]) < 3 {
		return Fix{}, false
	}
	switch s[0][len(s[0])-3:] {
	case "GGA": // time, lat, N/S, lon, E/W, quality
		if len(s) < 7 || s[6] == "" || s[6] == "0" {
			return Fix{}, false
		}
		return position(s[2:6], func() (time.Time, bool) { return onDay(at, s[1]) })
	case "RMC": // time, status, lat, N/S, lon, E/W, knots, course, date
		if len(s) < 10 || s[2] != "A" {
			return Fix{}, false
		}
		f, ok := position(s[3:7], func() (time.Time, bool) {
			day, err := time.Parse("020106", s[9])
			if err != nil {
				return time.Time{}, false
			}
			return clock(day, s[1])
		})
		if knots, err := strconv.ParseFloat(s[7], 64); err == nil && knots >= 0 && knots < 1e5 {
			speed := math.Round(knots*1852/3.6) / 1000
			f.Speed = &speed
		}
		return f, ok
	}
	return Fix{}, false
}

// position reads latitude, hemisphere, longitude, hemisphere.
func position(s []string, when func() (time.Time, bool)) (Fix, bool) {
	lat, ok1 := angle(s[0], 2, 90, s[1], "N", "S")
	lon, ok2 := angle(s[2], 3, 180, s[3], "E", "W")
	at, ok3 := when()
	return Fix{Lat: lat, Lon: lon, Time: at.Format(time.RFC3339Nano)}, ok1 && ok2 && ok3
}

// angle reads degrees (as many digits as are said) and minutes.
func angle(text string, digits int, most float64, side, plus, minus string) (float64, bool) {
	if len(text) < digits+2 || side != plus && side != minus {
		return 0, false
	}
	degrees, err1 := strconv.ParseUint(text[:digits], 10, 16)
	minutes, err2 := strconv.ParseFloat(text[digits:], 64)
	a := float64(degrees) + minutes/60
	if err1 != nil || err2 != nil || !(minutes >= 0 && minutes < 60) || a > most {
		return 0, false
	}
	if side == minus {
		a = -a
	}
	return math.Round(a*1e7) / 1e7, true // a centimetre
}

// clock reads hhmmss.ss of a day.
func clock(day time.Time, text string) (time.Time, bool) {
	t, err := time.Parse("150405", text) // takes a fraction too
	if err != nil {
		return time.Time{}, false
	}
	return day.Add(t.Sub(t.Truncate(24 * time.Hour))), true
}

// onDay reads hhmmss.ss of the day that makes it nearest to a time.
func onDay(near time.Time, text string) (time.Time, bool) {
	t, ok := clock(near.UTC().Truncate(24*time.Hour), text)
	switch d := t.Sub(near); {
	case d > 12*time.Hour:
		t = t.AddDate(0, 0, -1)
	case d < -12*time.Hour:
		t = t.AddDate(0, 0, 1)
	}
	return t, ok
}
