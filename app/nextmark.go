package app

import (
	"context"
	"fmt"
	"time"

	"kinora/media"
)

// The times in which marks are looked for at once: short at first, since the nearest one counts, and each longer than the one before.
const (
	markReach  = time.Hour
	markGrowth = 4
	markLead   = time.Minute // in front of a time, to know which values of tags are none of its changes

	passing = time.Second // while time goes by, what was passed so shortly is not gone back to again
)

// NextMark returns the marker, tag or bookmark of the focused stream that comes next behind the playhead, or the one before it; ok is
// false when there is none in the archive, or none that the service can list. It blocks for the service.
func (a *App) NextMark(ctx context.Context, forward bool) (m media.Mark, ok bool, err error) {
	acc, now := a.account.Get(), a.Watch.Now().Get()
	at := now.Position()
	if acc == nil || at.IsZero() {
		return media.Mark{}, false, nil
	}
	if t := now.Transport; !forward && (t == nil || t.Playing()) {
		at = at.Add(-passing)
	}
	archive, can := a.Watch.ways.archive(acc, now.Stream).(media.Surveyor)
	if can {
		if m, ok, err = nextMark(ctx, archive, at, forward); err != nil {
			return media.Mark{}, false, fmt.Errorf("the markers and tags of %s cannot be looked for: %w", now.Stream, err)
		}
	}
	for _, b := range a.Bookmarks.Of(acc, now.Stream, now.Clock()) {
		if beyond(b.At, at, forward) && (!ok || beyond(m.At, b.At, forward)) {
			m, ok = b.Mark(), true
		}
	}
	return m, ok, nil
}

// beyond reports whether t comes behind at, or in front of it.
func beyond(t, at time.Time, forward bool) bool {
	if forward {
		return t.After(at)
	}
	return t.Before(at)
}

// nextMark looks for the nearest mark on one side of a moment, farther and farther away.
func nextMark(ctx context.Context, archive media.Surveyor, at time.Time, forward bool) (best media.Mark, ok bool, err error) {
	var all media.Overview
	err = archive.Survey(ctx, at, at.Add(time.Second), time.Second, func(o media.Overview) { all = o })
	if err != nil || all.First.IsZero() {
		return media.Mark{}, false, err
	}
	at = nearTo(all, at, forward)
	for reach := markReach; ; reach *= markGrowth {
		from, to := at, at.Add(reach)
		if !forward {
			from, to = at.Add(-reach), at
		}
		marks, err := allMarks(ctx, archive, from.Add(-markLead), to)
		if err != nil {
			return media.Mark{}, false, err
		}
		for _, m := range telling(marks) {
			if beyond(m.At, at, forward) && !m.At.Before(from) && (!ok || beyond(best.At, m.At, forward)) {
				best, ok = m, true
			}
		}
		if ok || forward && to.After(all.Last) || !forward && from.Before(all.First) {
			return best, ok, nil
		}
		at = to
		if !forward {
			at = from
		}
	}
}

// nearTo is a moment from which as much of an archive lies ahead, or behind, as from at, and which is not farther from it than a second.
func nearTo(all media.Overview, at time.Time, forward bool) time.Time {
	if forward {
		return later(at, all.First.Add(-time.Second))
	}
	return earlier(at, all.Last.Add(time.Second))
}

// allMarks are the marks of a time, as many as the service lists.
func allMarks(ctx context.Context, archive media.Surveyor, from, to time.Time) (all []media.Mark, err error) {
	for {
		some, known, err := archive.Marks(ctx, from, to)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if known || len(some) == 0 || !some[len(some)-1].At.After(from) {
			return all, nil
		}
		from = some[len(some)-1].At
	}
}
