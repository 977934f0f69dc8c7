package ui

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/media"
	"kinora/player"
)

// whereabouts says in words where in the archive we are: "22 Nov 10:42:07.433 CET · 4x · 3 h 12 min ago".
func whereabouts(m *model) string {
	at := m.head.at
	if shown := m.head.shown; !shown.IsZero() {
		at = shown
	}
	parts := []string{instant(at, m.now)}
	switch {
	case !m.head.playing:
		parts = append(parts, lang.L("paused"))
	case m.head.rate != 1:
		parts = append(parts, speed(m.head.rate))
	}
	if at.Sub(m.now) > time.Second {
		parts = append(parts, lang.L("in the future"))
	} else {
		parts = append(parts, ago(m.now.Sub(at)))
	}
	if m.detour != nil {
		parts = append(parts, lang.L("through HLS"))
	}
	if m.deck.Phase == player.DeckLoading || m.deck.Phase == player.DeckOpening {
		parts = append(parts, waits(m))
	}
	return strings.Join(parts, " · ")
}

// waits says what a deck without its picture waits for.
func waits(m *model) string {
	if m.queued != "" {
		return m.queued
	}
	return lang.L("loading")
}

// instant formats a moment to the millisecond, with its zone, and with its year when that is not the present one.
func instant(t, now time.Time) string {
	t = told(t)
	if t.Year() != told(now).Year() {
		return t.Format("2 Jan 2006 15:04:05.000 MST")
	}
	return t.Format("2 Jan 15:04:05.000 MST")
}

// until formats the end of a time that begins at from: without the date when that is the same.
func until(from, to, now time.Time) string {
	from, to = told(from), told(to)
	if from.YearDay() == to.YearDay() && from.Year() == to.Year() {
		return to.Format("15:04:05.000")
	}
	return instant(to, now)
}

// speed formats a rate: "4×", "1/8×", "−2×".
func speed(rate float64) string {
	switch {
	case rate < 0:
		return "−" + speed(-rate)
	case rate < 1:
		return fmt.Sprintf("1/%.0f×", 1/rate)
	default:
		return fmt.Sprintf("%.0f×", rate)
	}
}

// ago says how long ago something was, in its two largest units: "3 h 12 min ago".
func ago(d time.Duration) string {
	const day = 24 * time.Hour
	d = max(d, 0)
	unit, part := time.Minute, time.Second
	switch {
	case d < time.Minute:
		return lang.L("{{.Age}} ago", values{"Age": age(d)})
	case d >= day:
		unit, part = day, time.Hour
	case d >= time.Hour:
		unit, part = time.Hour, time.Minute
	}
	whole := d.Truncate(unit)
	if unit == day {
		return lang.L("{{.Age}} ago", values{"Age": lang.L("{{.N}} d", values{"N": int(d / day)}) + rest(d-whole, part)})
	}
	return lang.L("{{.Age}} ago", values{"Age": age(whole) + rest(d-whole, part)})
}

// rest is the smaller unit of a time; nothing when there is none of it.
func rest(d, unit time.Duration) string {
	if d = d.Truncate(unit); d == 0 {
		return ""
	}
	return " " + age(d)
}

// archiveLosses says what of an archive could not be shown.
func archiveLosses(d *player.DeckState) string {
	var parts []string
	if d.Lost > 0 {
		parts = append(parts, lang.N("{{.N}} fragments left out", int(d.Lost), values{"N": d.Lost}))
	}
	if d.Damaged > 0 {
		parts = append(parts, lang.L("{{.N}} damaged", values{"N": d.Damaged}))
	}
	return strings.Join(parts, " · ")
}

// missedWords says which fragment play has left out, and why.
func missedWords(f player.Missed, now time.Time) string {
	of := values{"Number": f.Number[max(0, len(f.Number)-6):], "Time": instant(f.Start, now)}
	if errors.Is(f.Err, media.ErrGone) {
		return lang.L("Fragment …{{.Number}}, of {{.Time}}, is not there any more and was left out.", of)
	}
	return lang.L("Fragment …{{.Number}}, of {{.Time}}, is damaged and was left out.", of)
}

// archiveFigures says what the picture of an archive is: "1280×720 · 30.0 fps · H.264".
func archiveFigures(m *model) string {
	d := m.deck
	if d.Size.X == 0 || d.Phase == player.DeckVacant || d.Phase == player.DeckEnd {
		return ""
	}
	parts := []string{fmt.Sprintf("%d×%d", d.Size.X, d.Size.Y)}
	if m.head.playing && d.FPS > 0 { // not counted yet
		parts = append(parts, lang.L("{{.N}} fps", values{"N": fmt.Sprintf("%4.1f", d.FPS)}))
	}
	return strings.Join(append(parts, codecName(string(d.Codec))), " · ")
}
