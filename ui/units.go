package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2/lang"
)

// values are what a translated text is filled with.
type values map[string]any

// number formats with as many decimals as make three figures, at most two.
func number(x float64) string {
	switch {
	case x < 9.995:
		return fmt.Sprintf("%.2f", x)
	case x < 99.95:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.0f", x)
	}
}

// bitrate formats bits a second: "1.92 Mb/s".
func bitrate(bits float64) string {
	if bits < 1e6 {
		return lang.L("{{.N}} kb/s", values{"N": fmt.Sprintf("%.0f", bits/1e3)})
	}
	return lang.L("{{.N}} Mb/s", values{"N": number(bits / 1e6)})
}

// age formats how long ago something was, in its largest unit: "4 s", "3 min", "5 h", "6 d".
func age(d time.Duration) string {
	const day = 24 * time.Hour
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return lang.L("{{.N}} s", values{"N": int(d / time.Second)})
	case d < time.Hour:
		return lang.L("{{.N}} min", values{"N": int(d / time.Minute)})
	case d < 2*day:
		return lang.L("{{.N}} h", values{"N": int(d / time.Hour)})
	default:
		return lang.L("{{.N}} d", values{"N": int(d / day)})
	}
}

// elapsed formats a running time: "00:12:31".
func elapsed(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// retention formats how long a stream keeps its fragments.
func retention(d time.Duration) string {
	hours := int(d / time.Hour)
	switch {
	case d == 0:
		return lang.L("Not kept")
	case hours%24 == 0 && hours > 24:
		return lang.N("{{.N}} days", hours/24, values{"N": hours / 24})
	default:
		return lang.N("{{.N}} hours", hours, values{"N": hours})
	}
}

// kept says of a stream how long it keeps its fragments.
func kept(d time.Duration) string {
	if d == 0 {
		return retention(0)
	}
	return lang.L("Kept for {{.Time}}", values{"Time": retention(d)})
}

// clock formats a moment of today: local, to the second.
func clock(t time.Time) string { return t.Local().Format("15:04:05") }

// moment formats a date and time with its zone.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }
