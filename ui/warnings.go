package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
)

// warning is something that a person should know while there is time to act.
type warning struct {
	symbol string
	color  fyne.ThemeColorName
	text   string
}

// The room on disk at which a person is told, warned and alarmed.
const (
	roomTold    = 60 * time.Minute
	roomWarned  = 15 * time.Minute
	roomAlarmed = 3 * time.Minute
)

// fewMissed are so few pictures that nobody needs to do anything: a busy moment.
const fewMissed = 10

// mostWarnings is how many are shown at once, the gravest first.
const mostWarnings = 4

// warningsOf lists what is to be said, the gravest first.
func warningsOf(m *model) []warning {
	var list []warning
	add := func(symbol string, color fyne.ThemeColorName, text string) {
		if len(list) < mostWarnings {
			list = append(list, warning{symbol, color, text})
		}
	}
	take, _ := m.take()
	f, s := take.Figures, m.safety
	if f.Lost > 0 {
		add("caution", colorRecording, lang.L("{{.Time}} could not be stored and are lost: there was no room on the disk.", values{"Time": soon(f.Lost)}))
	}
	if s.Usage.Evicted > 0 {
		add("caution", colorRecording, lang.L("{{.Time}} of the oldest recordings made room for newer ones and are lost. Give the spool more room, or send sooner.",
			values{"Time": soon(s.Usage.EvictedLength)}))
	}
	if n := len(take.Rejections); n > 0 {
		add("caution", colorRecording, lang.N("{{.N}} fragments were refused: {{.Reason}}. They are kept on this disk; see the take's menu.", n,
			values{"N": n, "Reason": trimmed(take.Rejections[n-1].Reason)}))
	}
	if _, recording := m.target(); recording && m.intake().Lately >= fewMissed {
		add("caution", theme.ColorNameWarning, lang.N("This computer is too slow: {{.N}} pictures were left out lately. Choose a lower quality or a smaller picture, or copy what the camera has coded.",
			m.intake().Lately, values{"N": m.intake().Lately}))
	}
	switch {
	case s.Room <= 0:
	case s.Room <= roomAlarmed:
		add("disk", colorRecording, lang.L("The disk is full in {{.Time}}. Recording stops then; what is recorded stays. Make room now.", values{"Time": soon(s.Room)}))
	case s.Room <= roomWarned:
		add("disk", theme.ColorNameWarning, lang.L("The disk is full in {{.Time}}. Make room, or let the uploads catch up.", values{"Time": soon(s.Room)}))
	case s.Room <= roomTold:
		add("disk", colorQuiet, lang.L("The disk has room for {{.Time}}.", values{"Time": age(s.Room)}))
	}
	b := s.Battery
	left := b.Left > 0 && b.Left < 30*time.Minute
	switch {
	case !b.Present || b.Charging || b.Percent > 20 && !left:
	case b.Left > 0:
		add("battery", theme.ColorNameWarning, lang.L("Battery {{.N}} %, about {{.Time}} left. Connect the charger; what is recorded stays on disk if it runs out.",
			values{"N": b.Percent, "Time": age(b.Left)}))
	default:
		add("battery", theme.ColorNameWarning, lang.L("Battery {{.N}} %. Connect the charger; what is recorded stays on disk if it runs out.", values{"N": b.Percent}))
	}
	return list
}
