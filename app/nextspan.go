package app

import (
	"context"
	"fmt"
	"time"

	"kinora/media"
)

// The times in which recordings are looked for at once grow as those of marks do.
const (
	spanReach = time.Hour
	spanExact = 16 * time.Hour  // up to which every gap counts; in longer times those that could be seen in a bar of it
	spanLead  = 2 * time.Minute // in front of a time, to know what goes on from there; longer than any fragment
	spanPause = time.Second     // after a recording's beginning; from there one goes back to the one before
)

// NextSpan returns where the next recording of the focused stream begins behind the playhead, exact to its first fragment; backwards where the
// one begins that the playhead is in, or the one before that when it is in its first second. ok is false when there is none. It blocks for the
// service.
func (a *App) NextSpan(ctx context.Context, forward bool) (begins time.Time, ok bool, err error) {
	acc, now := a.account.Get(), a.Watch.Now().Get()
	at := now.Position()
	if acc == nil || at.IsZero() {
		return time.Time{}, false, nil
	}
	archive, can := a.Watch.ways.archive(acc, now.Stream).(media.Surveyor)
	if !can {
		return time.Time{}, false, nil
	}
	if !forward {
		at = at.Add(-spanPause)
	}
	if begins, ok, err = nextSpan(ctx, archive, at, forward); err != nil {
		return time.Time{}, false, fmt.Errorf("the recordings of %s cannot be looked for: %w", now.Stream, err)
	}
	return begins, ok, nil
}

// nextSpan looks for the nearest beginning on one side of a moment, farther and farther away.
func nextSpan(ctx context.Context, archive media.Surveyor, at time.Time, forward bool) (time.Time, bool, error) {
	all, err := overview(ctx, archive, at, at.Add(time.Second), time.Second)
	if err != nil || all.First.IsZero() {
		return time.Time{}, false, err
	}
	at = nearTo(all, at, forward)
	for reach := spanReach; ; reach *= markGrowth {
		from, to := at, at.Add(reach)
		if !forward {
			from, to = at.Add(-reach), at
		}
		resolution := contiguous
		if reach > spanExact {
			resolution = max(resolution, reach/steps)
		}
		o, err := overview(ctx, archive, from.Add(-spanLead), to, resolution)
		if err != nil {
			return time.Time{}, false, err
		}
		if begins, ok := beginning(o.Spans, from, to, forward); ok {
			begins, err = exactly(ctx, archive, begins, resolution)
			return begins, err == nil, err
		}
		if forward && to.After(all.Last) || !forward && from.Before(all.First) {
			return time.Time{}, false, nil
		}
		at = to.Add(-time.Millisecond) // where two times meet a recording may begin as well
		if !forward {
			at = from.Add(time.Millisecond)
		}
	}
}

// beginning is the first beginning of a span between two times, or the last.
func beginning(spans []media.Span, from, to time.Time, first bool) (begins time.Time, ok bool) {
	for _, s := range spans {
		if s.From.After(from) && !s.From.After(to) && (!ok || !first) {
			begins, ok = s.From, true
		}
	}
	return begins, ok
}

// exactly is the beginning of a recording that is known to a resolution.
func exactly(ctx context.Context, archive media.Surveyor, about time.Time, resolution time.Duration) (time.Time, error) {
	if resolution <= contiguous {
		return about, nil
	}
	o, err := overview(ctx, archive, about.Add(-resolution-spanLead), about.Add(resolution), contiguous)
	if err != nil {
		return time.Time{}, err
	}
	best := about
	for i, s := range o.Spans {
		if i == 0 || s.From.Sub(about).Abs() < best.Sub(about).Abs() {
			best = s.From
		}
	}
	return best, nil
}

// overview is the last word of a survey.
func overview(ctx context.Context, archive media.Surveyor, from, to time.Time, resolution time.Duration) (all media.Overview, err error) {
	err = archive.Survey(ctx, from, to, resolution, func(o media.Overview) { all = o })
	return all, err
}
