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

// percent formats a share of 0 to 1; it is 100 % only when all is done.
func percent(share float64) string { return fmt.Sprintf("%d %%", int(100*share)) }

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

// length formats how long a take is: "12:31", "1:04:10".
func length(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// amount formats bytes, in units of 1000: "412 MB".
func amount(bytes int64) string {
	switch x := float64(max(bytes, 0)); {
	case x < 1e6:
		return lang.L("{{.N}} kB", values{"N": fmt.Sprintf("%.0f", x/1e3)})
	case x < 1e9:
		return lang.L("{{.N}} MB", values{"N": number(x / 1e6)})
	default:
		return lang.L("{{.N}} GB", values{"N": number(x / 1e9)})
	}
}

// soon formats how long something will take, rounded up: "40 s", "3 min".
func soon(d time.Duration) string {
	unit := time.Second
	switch {
	case d > time.Hour:
		unit = time.Hour
	case d > 90*time.Second:
		unit = time.Minute
	}
	return age((d + unit - 1).Truncate(unit))
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

// clock formats a moment of today, to the second.
func clock(t time.Time) string { return told(t).Format("15:04:05") }

// day formats a moment for a list: the time alone when it was today.
func day(t, now time.Time) string {
	t, now = told(t), told(now)
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return lang.L("today {{.Time}}", values{"Time": t.Format("15:04")})
	case now.Sub(t) < 48*time.Hour && t.YearDay() == now.AddDate(0, 0, -1).YearDay():
		return lang.L("yesterday {{.Time}}", values{"Time": t.Format("15:04")})
	default:
		return t.Format("2006-01-02 15:04")
	}
}

// moment formats a date and time with its zone.
func moment(t time.Time) string { return told(t).Format("2006-01-02 15:04:05 MST") }
