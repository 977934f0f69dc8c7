package timeline

import (
	"strconv"
	"strings"
	"time"
)

// parseDay reads the day at the beginning of words, or at their end, and returns the others.
func parseDay(words []string, now time.Time) (d Day, rest []string, known bool, err error) {
	today := DayOf(now, now.Location())
	for n := min(3, len(words)); n > 0; n-- {
		for _, part := range [2]struct{ day, rest []string }{{words[:n], words[n:]}, {words[len(words)-n:], words[:len(words)-n]}} {
			if d, ok, err := dayOf(part.day, today); ok || err != nil {
				return d, part.rest, ok, err
			}
		}
	}
	return Day{}, words, false, nil
}

// dayOf reads words that are a day and nothing else.
func dayOf(words []string, today Day) (Day, bool, error) {
	if len(words) == 1 {
		switch word := strings.TrimSuffix(words[0], ","); word {
		case "today":
			return today, true, nil
		case "yesterday":
			return today.Add(-1), true, nil
		default:
			if w, ok := named(word, weekdays[:]); ok {
				back := (int(today.Weekday()) - w + 7) % 7
				return today.Add(-back), true, nil
			}
			return numericDay(word, today)
		}
	}
	day, month, year := 0, 0, 0
	for _, word := range words {
		word = strings.TrimRight(word, ".,")
		n, err := strconv.Atoi(strings.TrimRight(word, "stndrh"))
		switch m, isMonth := named(word, months[:]); {
		case isMonth && month == 0:
			month = m + 1
		case err == nil && len(word) == 4 && year == 0:
			year = n
		case err == nil && n >= 1 && n <= 31 && day == 0:
			day = n
		default:
			return Day{}, false, nil
		}
	}
	if day == 0 || month == 0 {
		return Day{}, false, nil
	}
	return latest(Day{year, time.Month(month), day}, today)
}

var (
	weekdays = [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	months   = [12]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
)

// named finds the name that a word of three letters or more begins.
func named(word string, names []string) (int, bool) {
	if len(word) >= 3 {
		for i, name := range names {
			if strings.HasPrefix(name, word) {
				return i, true
			}
		}
	}
	return 0, false
}

// numericDay reads 2026-11-22, 20261122, 22.11.2026, 22.11. and 22/11/2026.
func numericDay(word string, today Day) (Day, bool, error) {
	for _, layout := range [...]string{"2006-01-02", "20060102", "2006/01/02"} {
		if t, err := time.Parse(layout, word); err == nil {
			return DayOf(t, time.UTC), true, nil
		}
	}
	dots, slashes := strings.Count(word, "."), strings.Count(word, "/")
	parts := strings.FieldsFunc(word, func(r rune) bool { return r == '.' || r == '/' })
	if dots+slashes < 1 || dots > 0 && slashes > 0 || dots == 1 || len(parts) < 2 || len(parts) > 3 {
		return Day{}, false, nil
	}
	var n [3]int
	for i, p := range parts {
		var err error
		if n[i], err = strconv.Atoi(p); err != nil {
			return Day{}, false, nil
		}
	}
	if slashes > 0 && n[0] <= 12 && n[1] <= 12 && n[0] != n[1] {
		return Day{}, false, ErrAmbiguous
	}
	if slashes > 0 && n[1] > 12 {
		n[0], n[1] = n[1], n[0]
	}
	if len(parts) == 3 && n[2] < 100 {
		n[2] += 2000
	}
	return latest(Day{n[2], time.Month(n[1]), n[0]}, today)
}

// latest gives a day without a year the last one on which it was.
func latest(d, today Day) (Day, bool, error) {
	if d.Year == 0 {
		d.Year = today.Year
		if d.Compare(today) > 0 {
			d.Year--
		}
	}
	if d != d.normal() {
		return Day{}, false, ErrUnclear
	}
	return d, true, nil
}

// wallClock is a time of a day.
type wallClock struct {
	hour, minute int
	rest         time.Duration // seconds and less
}

// on is when a clock shows it on a day: the first time where clocks show it twice, and what it would be where they skip it.
func (c wallClock) on(d Day, loc *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, c.hour, c.minute, 0, 0, loc)
	if set, _ := t.ZoneBounds(); !set.IsZero() {
		_, offset := t.Zone()
		_, before := set.Add(-1).Zone()
		if first := t.Add(time.Duration(offset-before) * time.Second); first.Before(set) && first.Hour() == t.Hour() && first.Minute() == t.Minute() {
			t = first
		}
	}
	return t.Add(c.rest)
}

// parseClock reads "10:42", "10:42:07.433", "9pm" and "9", with "z" or "+01:00" behind it or without.
func parseClock(text string, loc *time.Location) (c wallClock, zone *time.Location, ok bool) {
	zone = loc
	if bare, found := strings.CutSuffix(text, "z"); found {
		text, zone = bare, time.UTC
	} else if bare, found := strings.CutSuffix(text, "utc"); found {
		text, zone = bare, time.UTC
	} else if i := strings.LastIndexAny(text, "+-"); i > 0 {
		t, err := time.Parse("-07:00", text[i:])
		if err != nil {
			return c, nil, false
		}
		_, seconds := t.Zone()
		text, zone = text[:i], time.FixedZone(text[i:], seconds)
	}
	half := -1
	for i, suffix := range [2]string{"am", "pm"} {
		if bare, found := strings.CutSuffix(text, suffix); found {
			text, half = bare, i
		}
	}
	parts := strings.Split(text, ":")
	if len(parts) > 3 || text == "" {
		return c, nil, false
	}
	var err error
	if c.hour, err = strconv.Atoi(parts[0]); err != nil || len(parts[0]) > 2 || c.hour < 0 || c.hour > 23 {
		return c, nil, false
	}
	if len(parts) > 1 {
		if c.minute, err = strconv.Atoi(parts[1]); err != nil || len(parts[1]) != 2 || c.minute < 0 || c.minute > 59 {
			return c, nil, false
		}
	}
	if len(parts) > 2 {
		seconds, err := strconv.ParseFloat(strings.Replace(parts[2], ",", ".", 1), 64)
		if err != nil || !(seconds >= 0 && seconds < 60) || len(parts[2]) < 2 {
			return c, nil, false
		}
		c.rest = time.Duration(seconds * float64(time.Second)).Round(time.Microsecond)
	}
	if half >= 0 {
		if c.hour < 1 || c.hour > 12 {
			return c, nil, false
		}
		c.hour = c.hour%12 + 12*half
	}
	return c, zone, true
}
