package ui

import (
	"math"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// noStage is a second of which a take has nothing.
const noStage app.Stage = math.MaxUint8

// bad reports whether a stage is an end that is not safe.
func bad(s app.Stage) bool { return s == app.Rejected || s == app.Evicted || s == app.Lost }

// divide fills stages with equal parts of the time from on, each with the stage of its worst piece: one that is lost before
// one that waits, and one that has come less far before one that has come further.
func divide(stages []app.Stage, spans []app.Span, from, part time.Duration) {
	for i := range stages {
		stages[i] = noStage
	}
	if part <= 0 {
		return
	}
	for _, s := range spans {
		to := max(s.To, s.From+1) // a single frame that is not safe has no length
		first := max(0, int((s.From-from)/part))
		last := min(len(stages)-1, int((to-from-1)/part))
		if to <= from {
			continue
		}
		for i := first; i <= last; i++ {
			stages[i] = worse(stages[i], s.Stage)
		}
	}
}

func worse(a, b app.Stage) app.Stage {
	switch {
	case a == noStage:
		return b
	case bad(a) != bad(b):
		if bad(a) {
			return a
		}
		return b
	case bad(a):
		return max(a, b)
	default:
		return min(a, b)
	}
}

// stageName says in words how far something has come.
func stageName(s app.Stage) string {
	switch s {
	case app.Captured:
		return lang.L("captured, not yet safe on disk")
	case app.OnDisk:
		return lang.L("safe on disk, not yet sent")
	case app.Sent:
		return lang.L("sent, not yet acknowledged")
	case app.Received:
		return lang.L("received by the service, not yet stored")
	case app.Persisted:
		return lang.L("persisted: safe in the stream")
	case app.Rejected:
		return lang.L("refused by the service, kept on this disk")
	case app.Evicted:
		return lang.L("lost: it made room for newer recordings")
	case app.Lost:
		return lang.L("lost: it could not be stored")
	default:
		return lang.L("nothing was recorded")
	}
}

// stageHeight is the share of a column's height that shows how far a second has come, so that colour is never alone.
func stageHeight(s app.Stage) float32 {
	switch s {
	case app.Captured:
		return 0.15
	case app.OnDisk:
		return 0.4
	case app.Sent:
		return 0.62
	case app.Received:
		return 0.8
	case noStage:
		return 0
	default:
		return 1
	}
}
