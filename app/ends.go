package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"kinora/media"
	"kinora/player"
)

// ErrNothing is what Home, End and Beside say where there is nothing to go to.
var ErrNothing = errors.New("nothing is recorded there")

// farAhead is later than anything that is recorded.
const farAhead = 24 * time.Hour

// Home goes to the first picture that the focused stream holds. It blocks for the service.
func (w *Watch) Home(ctx context.Context) error {
	acc, now := w.account(), w.now.Get()
	if acc == nil || len(now.Tiles) == 0 {
		return nil
	}
	first, err := w.ways.archive(acc, now.Stream).Find(ctx, time.Unix(0, 0), true)
	return w.goTo(acc, now, first.Start, err)
}

// End goes to the newest picture of the focused stream: the live one while something is recorded, otherwise the last that it holds, where
// play stands. It blocks for the service.
func (w *Watch) End(ctx context.Context) error {
	acc, now := w.account(), w.now.Get()
	if acc == nil || len(now.Tiles) == 0 {
		return nil
	}
	last, err := w.ways.archive(acc, now.Stream).Find(ctx, time.Now().Add(farAhead), false)
	if err == nil && time.Since(last.End()) < edgeReach && w.watches(acc, now) {
		w.Live()
		return nil
	}
	return w.goTo(acc, now, last.End(), err)
}

// Beside goes to the nearest picture that the focused stream holds behind the playhead, or in front of it: out of a gap, or past a
// fragment that cannot be shown. Where none of several streams has anything it is the nearest of any. The error is
// [ErrNothing] where there is none. It blocks for the service.
func (w *Watch) Beside(ctx context.Context, after bool) error {
	acc, now := w.account(), w.now.Get()
	if acc == nil || now.Deck == nil {
		return nil
	}
	at := now.Transport.Position()
	to, err := beside(ctx, w.ways.archive(acc, now.Stream), at, after)
	if now.vacant() {
		for _, t := range now.Tiles {
			if t.Stream == now.Stream {
				continue
			}
			other, failed := beside(ctx, w.ways.archive(acc, t.Stream), at, after)
			if failed == nil && (err != nil || other.Sub(at).Abs() < to.Sub(at).Abs()) {
				to, err = other, nil
			}
		}
	}
	return w.goTo(acc, now, to, err)
}

// beside is the nearest picture of an archive behind a time, or in front of it, past the fragment that is there.
func beside(ctx context.Context, archive media.Archive, at time.Time, after bool) (time.Time, error) {
	f, err := archive.Find(ctx, at, after)
	if err == nil && !at.Before(f.Start) && !at.After(f.End()) {
		f, err = archive.Next(ctx, f, after)
	}
	if after {
		return f.Start, err
	}
	return f.End(), err
}

// Fragment goes to the beginning of a fragment of the focused stream. It blocks for the service.
func (w *Watch) Fragment(ctx context.Context, number string) error {
	acc, now := w.account(), w.now.Get()
	if acc == nil || len(now.Tiles) == 0 {
		return nil
	}
	f, err := w.ways.archive(acc, now.Stream).Load(ctx, media.Fragment{Number: number})
	if err != nil {
		return fmt.Errorf("fragment %s of %s cannot be shown: %w", number, now.Stream, err)
	}
	return w.goTo(acc, now, f.Start, nil)
}

// watches reports whether the stream of an account that was in the focus is so by now, and by the same clock.
func (w *Watch) watches(acc Account, asked Watching) bool {
	now := w.now.Get()
	return w.account() == acc && now.Stream == asked.Stream && now.Clock() == asked.Clock()
}

// goTo enters the archive at a time, unless something else is watched by now.
func (w *Watch) goTo(acc Account, asked Watching, at time.Time, err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("stream %s: %w", asked.Stream, ErrNothing)
	case err != nil:
		return fmt.Errorf("the archive of %s cannot be asked: %w", asked.Stream, err)
	case w.watches(acc, asked):
		w.Pause()
		w.enter(at, false, func(t *player.Transport) { t.Seek(at) })
	}
	return nil
}
