package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/media"
	"kinora/ui/timeline"
)

// calendarWords are the short names of months and days.
func calendarWords() timeline.Words {
	return timeline.Words{
		Months: [12]string{lang.L("Jan"), lang.L("Feb"), lang.L("Mar"), lang.L("Apr"), lang.L("May"), lang.L("Jun"),
			lang.L("Jul"), lang.L("Aug"), lang.L("Sep"), lang.L("Oct"), lang.L("Nov"), lang.L("Dec")},
		Days: [7]string{lang.L("Sun"), lang.L("Mon"), lang.L("Tue"), lang.L("Wed"), lang.L("Thu"), lang.L("Fri"), lang.L("Sat")},
	}
}

// typed writes a time in a zone so that it is read again as the same, as exactly as the layout says: with the zone's offset behind it
// where clocks show it twice.
func typed(t time.Time, zone *time.Location, layout string) string {
	t = t.In(zone)
	text := t.Format(layout)
	if m, err := timeline.Parse(text, t, t); err != nil || m.At.Sub(t).Abs() >= time.Second {
		text += t.Format("Z07:00")
	}
	return text
}

// gapName says in two words why nothing is recorded; empty: nobody knows.
func gapName(reason string) string {
	switch reason {
	case "":
		return ""
	case media.GapEnded:
		return lang.L("camera not sending")
	case media.GapLost:
		return lang.L("connection lost")
	case media.GapPaused:
		return lang.L("paused")
	case media.GapExpired:
		return lang.L("expired")
	case media.GapDisk:
		return lang.L("disk full")
	case media.GapDevice:
		return lang.L("camera gone")
	case media.GapService:
		return lang.L("service stopped")
	case media.GapOff:
		return lang.L("recorder off")
	case media.GapDamaged:
		return lang.L("damaged")
	}
	if id, ok := strings.CutPrefix(reason, media.GapError); ok {
		return lang.L("error {{.ID}}", values{"ID": id})
	}
	return reason
}

// gapSentence says what a gap is.
func gapSentence(reason string) string {
	switch reason {
	case "":
		return lang.L("Nothing is recorded here")
	case media.GapEnded:
		return lang.L("Nothing is recorded: the camera was not sending")
	case media.GapLost:
		return lang.L("Nothing is recorded: the connection was lost")
	case media.GapPaused:
		return lang.L("Nothing is recorded: a person paused or stopped it")
	case media.GapExpired:
		return lang.L("It is not kept any more: its time was over")
	case media.GapDisk:
		return lang.L("Nothing is recorded: the disk was full")
	case media.GapDevice:
		return lang.L("Nothing is recorded: the camera was gone")
	case media.GapService:
		return lang.L("Nothing is recorded: the service was stopped, or died")
	case media.GapOff:
		return lang.L("Nothing is recorded: the program that records, or its computer, was off")
	case media.GapDamaged:
		return lang.L("What was recorded here is lost: the service's disk damaged it")
	}
	return lang.L("Nothing is recorded: {{.Reason}}", values{"Reason": gapName(reason)})
}

// markName says what a mark is.
func markName(name, value, marker string) string {
	switch {
	case name == app.BookmarkTag && value == "":
		return lang.L("Bookmark")
	case name == app.BookmarkTag:
		return lang.L("Bookmark: {{.Text}}", values{"Text": value})
	case name == marker && value == "":
		return lang.L("Marker")
	case name == marker:
		return lang.L("Marker: {{.Text}}", values{"Text": value})
	case value == "":
		return name
	}
	return name + " = " + value
}
