package app

import (
	"time"

	"kinora/media"
)

// Date tells the times of a stream by another clock, in later runs as well. What is watched of it goes on: where it stands alone in
// its archive the playhead and the chosen time move to the same picture by the other clock; beside others the time stays, and another
// picture is shown. An error means that the next run will not know the choice.
func (w *Watch) Date(stream string, clock Clock) error {
	acc := w.account()
	if acc == nil || w.ways.Clock(acc, stream) == clock {
		return nil
	}
	err := w.ways.clocks.choose(acc, stream, clock)
	w.update(func(acc Account, now Watching) Watching {
		i := now.tile(stream)
		if i < 0 {
			return now
		}
		if now.Transport != nil && len(now.Tiles) == 1 {
			by := between(now.Deck.State().Fragment, clock)
			now.In, now.Out = moved(now.In, by), moved(now.Out, by)
			now.Transport.Seek(now.Transport.Position().Add(by))
		}
		tiles := append([]Tile(nil), now.Tiles...)
		tiles[i] = w.tile(acc, stream, now.Transport)
		now.Tiles = tiles
		return now.focused(now.Stream)
	})
	return err
}

// between is what a fragment's time is to be changed by so that it is told by a clock; zero when that is not known.
func between(f media.Fragment, clock Clock) time.Duration {
	at := f.Producer
	if clock == ServerClock {
		at = f.Server
	}
	if at.IsZero() || f.Start.IsZero() {
		return 0
	}
	return at.Sub(f.Start)
}

// moved is a time later by so much; the zero time stays.
func moved(t time.Time, by time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(by)
}
