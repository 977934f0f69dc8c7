package ui

import (
	"math"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// takeText is what a row of the list of takes shows.
type takeText struct {
	id        string
	title     string // its name, or when it was
	about     string // stream, time and source
	length    string
	words     string // how far it has come
	condition condition
	shares    shares
	held      bool // this disk has something of it that can be played
	focused   bool
}

// shares are the parts of a take by how far they have come, in per mille of its length: comparable, so that a row is painted
// only when it differs.
type shares struct{ persisted, received, sent, stored, bad int }

// sharesOf divides a take. Later stages include the earlier ones.
func sharesOf(f app.TakeFigures) shares {
	if f.Captured <= 0 {
		return shares{}
	}
	part := func(d time.Duration) int { return int(1000 * max(0, d) / f.Captured) }
	return shares{
		persisted: part(f.Persisted),
		received:  part(f.Received - f.Persisted),
		sent:      part(f.Sent - max(f.Received, f.Persisted)),
		stored:    part(f.Stored - max(f.Sent, f.Received, f.Persisted) - f.Rejected - f.Evicted),
		bad:       part(f.Rejected + f.Evicted + f.Lost),
	}
}

// safeShare is how much of a take is in the stream, in whole per cents; 100 only when all of it is.
func safeShare(f app.TakeFigures) int {
	if f.Captured <= 0 {
		return 0
	}
	share := int(math.Floor(100 * float64(f.Persisted) / float64(f.Captured)))
	if f.Fragments > 0 {
		share = min(share, 99)
	}
	return min(share, 100)
}

// takeTextOf puts a take into words.
func takeTextOf(m *model, t app.Take) takeText {
	row := takeText{id: t.ID, title: t.Name, length: length(t.Figures.Captured), shares: sharesOf(t.Figures), held: held(t)}
	when := day(t.Began, m.now)
	about := []string{t.Stream, t.Source}
	if row.title == "" {
		row.title = when
	} else {
		about = append([]string{when}, about...)
	}
	if m.account == nil || t.Account != m.account.Name() {
		about = append(about, t.Account)
	}
	if t.Operator != "" {
		about = append(about, t.Operator)
	}
	row.about = strings.Join(nonEmpty(about), " · ")
	row.words, row.condition = takeWords(m, t)
	return row
}

// held reports whether this disk has something of a take.
func held(t app.Take) bool { return t.Figures.Fragments > 0 || len(t.Rejections) > 0 || t.Open }

// takeWords says how far a take has come, and with which mark.
func takeWords(m *model, t app.Take) (string, condition) {
	f := t.Figures
	safe := lang.L("{{.N}} % safe", values{"N": safeShare(f)})
	gone := f.Evicted + f.Lost
	switch {
	case !t.Here && f.Fragments > 0:
		return lang.L("another account: sign in to {{.Account}}", values{"Account": t.Account}), conditionFailed
	case t.Open && t.Upload.Phase == app.UploadOffline:
		return lang.L("recording, waiting for network"), conditionRecord
	case t.Open:
		return lang.L("recording, {{.Share}}", values{"Share": safe}), conditionRecord
	case len(t.Rejections) > 0:
		n := len(t.Rejections)
		return lang.N("{{.N}} fragments refused: {{.Reason}}", n, values{"N": n, "Reason": trimmed(t.Rejections[n-1].Reason)}), conditionFailed
	case f.Fragments == 0 && gone > 0:
		return lang.L("{{.Time}} lost, the rest persisted", values{"Time": soon(gone)}), conditionFailed
	case f.Fragments == 0 && f.Captured == 0:
		return lang.L("empty"), conditionSilent
	case f.Fragments == 0:
		return lang.L("persisted ✓"), conditionSafe
	}
	switch t.Upload.Phase {
	case app.UploadOffline:
		return lang.L("waiting for network, {{.Share}}", values{"Share": safe}), conditionSilent
	case app.UploadPaused:
		return lang.L("paused, {{.Share}}", values{"Share": safe}), conditionSilent
	case app.UploadHeld:
		if signedOut(t.Upload) {
			return lang.L("waiting for sign-in, {{.Share}}", values{"Share": safe}), conditionFailed
		}
		return trimmed(sentence(t.Upload.Err)), conditionFailed
	default:
		return safe, conditionLive
	}
}

// trimmed takes the full stop from a sentence that goes on.
func trimmed(s string) string { return strings.TrimSuffix(s, ".") }

func nonEmpty(list []string) []string {
	kept := list[:0]
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}
