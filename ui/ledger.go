package ui

import (
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// ledgerLine is one live figure of the Record page.
type ledgerLine struct {
	name, value string
	loss        bool // it counts what is lost, and something is
}

// nothing stands where there is no figure.
const nothing = "–"

// ledgerOf lists the figures of the take in the target stream, always the same ones in the same order.
func ledgerOf(m *model) []ledgerLine {
	take, there := m.take()
	f, up := take.Figures, take.Upload
	line := func(d time.Duration) string {
		if !there {
			return nothing
		}
		return length(d)
	}
	oldest := nothing
	if at, ok := unsent(take, m.spans); ok {
		oldest = lang.L("{{.Time}}, {{.Age}} ago", values{"Time": clock(at), "Age": age(m.now.Sub(at))})
	}
	backlog := nothing
	if there {
		backlog = fmt.Sprintf("%s · %s", soon(up.Behind), amount(up.Backlog))
	}
	evicted, room := nothing, nothing
	if there {
		evicted = length(f.Evicted)
	}
	if m.safety.Room > 0 {
		room = age(m.safety.Room)
	}
	drops, dropped := drops(m, f)
	if !there {
		drops = nothing
	}
	return []ledgerLine{
		{name: lang.L("Captured"), value: line(f.Captured)},
		{name: lang.L("On disk"), value: line(f.Stored)},
		{name: lang.L("Sent"), value: line(f.Sent)},
		{name: lang.L("Acknowledged"), value: line(f.Persisted)},
		{name: lang.L("Oldest not sent"), value: oldest},
		{name: lang.L("Upload"), value: uploadSpeed(m, up, there)},
		{name: lang.L("Backlog"), value: backlog},
		{name: lang.L("Drops"), value: drops, loss: dropped},
		{name: lang.L("Evicted"), value: evicted, loss: f.Evicted > 0},
		{name: lang.L("Disk for"), value: room},
	}
}

// unsent is when the oldest of a take was captured that has not been given to the network.
func unsent(t app.Take, spans []app.Span) (at time.Time, ok bool) {
	i := slices.IndexFunc(spans, func(s app.Span) bool { return s.Stage == app.Captured || s.Stage == app.OnDisk })
	if i < 0 {
		return time.Time{}, false
	}
	return t.Began.Add(spans[i].From), true
}

// uploadSpeed is what goes out, and what would have to so that nothing piles up.
func uploadSpeed(m *model, up app.UploadState, there bool) string {
	need := m.intake().Bitrate
	switch {
	case !there:
		return nothing
	case need == 0:
		return bitrate(up.Rate)
	case up.Rate < 1e6 || need < 1e6:
		return lang.L("{{.Rate}} of {{.Need}}", values{"Rate": bitrate(up.Rate), "Need": bitrate(need)})
	default:
		return lang.L("{{.Rate}} of {{.Need}}", values{"Rate": number(up.Rate / 1e6), "Need": bitrate(need)})
	}
}

// drops counts what the camera gave and the take does not have.
func drops(m *model, f app.TakeFigures) (text string, any bool) {
	skipped := 0
	if _, recording := m.target(); recording {
		skipped = max(0, leftOut(m.intake())-m.skipped)
	}
	switch {
	case f.Lost > 0 && skipped > 0:
		return fmt.Sprintf("%s · %s", length(f.Lost), lang.N("{{.N}} frames", skipped, values{"N": skipped})), true
	case f.Lost > 0:
		return length(f.Lost), true
	case skipped > 0:
		return lang.N("{{.N}} frames", skipped, values{"N": skipped}), true
	default:
		return lang.L("none"), false
	}
}
