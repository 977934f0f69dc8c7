package timeline

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Why a text is no moment.
var (
	ErrUnclear   = errors.New("it is no time")
	ErrAmbiguous = errors.New("day and month cannot be told apart") // 3/4/2026
)

// Moment is what a person means.
type Moment struct {
	At       time.Time
	Fragment string // a fragment's number instead of a time; otherwise empty
	Live     bool   // the live edge
}

// fragmentDigits is how many digits a fragment's number has.
const fragmentDigits = 47

// Parse reads what a person has typed for a moment: a time of the day of ref ("10:42", "10:42:07.433", "9pm"), a day ("yesterday",
// "monday", "22 nov", "2026-11-22") with or without a time, how long ago it was ("5 min ago") or how far from ref ("-30s", "+1h30m"), ISO 8601, seconds or
// milliseconds since 1970, a fragment's number, or "now". A time of the day that is still to come was yesterday's. Times are those
// of ref's zone unless the text names another.
func Parse(text string, ref, now time.Time) (Moment, error) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	digits := strings.Trim(text, "0123456789") == ""
	switch {
	case text == "":
		return Moment{}, ErrUnclear
	case text == "now" || text == "live":
		return Moment{At: now, Live: true}, nil
	case digits && len(text) == fragmentDigits:
		return Moment{Fragment: text}, nil
	case digits && len(text) >= 10:
		return parseEpoch(text)
	}
	if d, ok := parseOffset(text); ok {
		return Moment{At: ref.Add(d)}, nil
	}
	if words, ok := strings.CutSuffix(text, " ago"); ok {
		if d, ok := parseLength(words); ok {
			return Moment{At: now.Add(-d)}, nil
		}
		return Moment{}, ErrUnclear
	}
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "20060102T150405Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"} {
		if at, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			return Moment{At: at}, nil
		}
	}
	return parseDayAndClock(text, ref, now)
}

// parseEpoch reads seconds or milliseconds since 1970.
func parseEpoch(text string) (Moment, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return Moment{}, ErrUnclear
	case len(text) == 13:
		return Moment{At: time.UnixMilli(n)}, nil
	case len(text) == 10:
		return Moment{At: time.Unix(n, 0)}, nil
	}
	return Moment{}, ErrUnclear
}

// parseOffset reads "-30s" and "+1h 30m".
func parseOffset(text string) (time.Duration, bool) {
	sign := time.Duration(1)
	switch text[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	d, ok := parseLength(strings.TrimSpace(text[1:]))
	return sign * d, ok
}

var units = map[string]time.Duration{
	"ms": time.Millisecond,
	"s":  time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
}

// parseLength reads "1h30m", "5 min" and "2 hours 3 minutes".
func parseLength(text string) (total time.Duration, ok bool) {
	const most = 100 * 366 * 24 * time.Hour
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		n := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if n <= 0 {
			return 0, false
		}
		amount, err := strconv.ParseFloat(text[:n], 64)
		text = strings.TrimSpace(text[n:])
		end := strings.IndexFunc(text, func(r rune) bool { return r < 'a' || r > 'z' })
		if end < 0 {
			end = len(text)
		}
		unit, known := units[text[:end]]
		if err != nil || !known || amount*float64(unit) > float64(most) {
			return 0, false
		}
		total += time.Duration(amount * float64(unit))
		text, ok = text[end:], true
	}
	return total, ok && total <= most
}

// parseDayAndClock reads a day, a time, or both.
func parseDayAndClock(text string, ref, now time.Time) (Moment, error) {
	loc := ref.Location()
	if i := strings.IndexByte(text, 't'); i > 0 && i < len(text)-1 && digit(text[i-1]) && digit(text[i+1]) {
		text = text[:i] + " " + text[i+1:] // ISO 8601 without a zone
	}
	words := strings.Fields(text)
	day, rest, known, err := parseDay(words, now.In(loc))
	if err != nil {
		return Moment{}, err
	}
	if !known {
		day = DayOf(ref, loc)
	}
	if len(rest) == 0 {
		return Moment{At: day.Start(loc)}, nil
	}
	c, zone, ok := parseClock(strings.Join(rest, ""), loc)
	if !ok || !known && len(rest) == len(words) && onlyHour(words) {
		return Moment{}, ErrUnclear
	}
	at := c.on(day, zone)
	if !known && at.After(now) && !c.on(day.Add(-1), zone).After(now) {
		at = c.on(day.Add(-1), zone)
	}
	return Moment{At: at}, nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// onlyHour tells whether all that there is could be any number.
func onlyHour(words []string) bool {
	return len(words) == 1 && strings.Trim(words[0], "0123456789") == ""
}
