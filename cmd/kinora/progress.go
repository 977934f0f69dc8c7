package main

import (
	"fmt"
	"strings"
	"time"

	"kinora/app"
)

// progress says in one line how a take stands, for a terminal.
func progress(now time.Time, take app.Take, safety app.Safety) string {
	f := take.Figures
	parts := []string{
		"captured " + clock(f.Captured), "on disk " + clock(f.Stored), "sent " + clock(f.Sent), "persisted " + clock(f.Persisted),
	}
	if rate := take.Upload.Rate; rate >= 50e3 {
		parts = append(parts, megabits(rate)+" up")
	}
	if f.Bytes > 0 {
		parts = append(parts, fmt.Sprintf("backlog %s, %s", clock(safety.Pending), megabytes(safety.Bytes)))
	}
	if safety.Room > 0 {
		parts = append(parts, "disk for "+span(safety.Room))
	}
	for _, loss := range []struct {
		what string
		d    time.Duration
	}{{"REFUSED", f.Rejected}, {"EVICTED", f.Evicted}, {"NOT STORED", f.Lost}} {
		if loss.d > 0 {
			parts = append(parts, loss.what+" "+clock(loss.d))
		}
	}
	head := "ended"
	if take.Open {
		head = "● " + clock(now.Sub(take.Began))
	}
	return head + "  " + strings.Join(parts, " · ")
}

// trouble is why something does not go as it should, in a sentence; empty when all is well.
func trouble(rec app.Recording, take app.Take, safety app.Safety) string {
	up := take.Upload
	sending := up.Err != nil && (rec.Err == nil || rec.Err.Error() == up.Err.Error()) // nothing but the sending is wrong
	switch since := up.Since.Local().Format(time.TimeOnly); {
	case sending && up.Phase == app.UploadOffline:
		return fmt.Sprintf("offline since %s, safe on disk: %v", since, up.Err)
	case sending && up.Phase == app.UploadHeld:
		return fmt.Sprintf("not accepted since %s, safe on disk: %v", since, up.Err)
	case rec.Err != nil:
		return rec.Err.Error()
	case safety.Paused != "":
		return "nothing is sent: " + safety.Paused
	}
	return ""
}

// clock shows a duration as 1:02:03 or 2:03.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if h := s / 3600; h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// span shows a long duration in its greatest unit.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
}

// count is so many of a thing: "1 fragment", "2 fragments".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func megabits(bps float64) string  { return fmt.Sprintf("%.1f Mb/s", bps/1e6) }
func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
