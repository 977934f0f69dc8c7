package app

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"kinora/media"
	"kinora/player"
	"kinora/recorder/spool"
)

// Watch plays one stream, or several side by side, live or from their archives. All methods but Snapshot return at once, and all
// are safe from any goroutine.
type Watch struct {
	account func() Account
	ways    *Ways
	options Options
	glimpse func(Account, string) *glimpses                             // is shown the pictures of a stream
	seen    func(acc Account, stream string, clock Clock, at time.Time) // is told whose picture of when is shown; nil: nobody is
	sound   *Sound
	now     Value[Watching]
	hidden  atomic.Bool
	played  atomic.Pointer[player.Transport] // until it was hidden; nil: none
	through atomic.Bool                      // play goes through gaps
	changed chan struct{}                    // holds one token when now or hidden was set
}

func newWatch(account func() Account, ways *Ways, o Options) *Watch {
	return &Watch{account: account, ways: ways, options: o, changed: make(chan struct{}, 1)}
}

// Now is what is being watched. It changes as soon as something is selected; its player begins when the one before it has
// ended.
func (w *Watch) Now() *Value[Watching] { return &w.now }

// Select plays the stream of the chosen account live instead of what was played before, even if it is the same stream; an
// empty name plays nothing.
func (w *Watch) Select(stream string) {
	w.now.Update(func(Watching) Watching {
		if acc := w.account(); stream != "" && acc != nil {
			return w.view(acc, []string{stream}, nil)
		}
		return Watching{}
	})
	poke(w.changed)
}

// Switch shows the stream in place of all that are watched, at the same time: live, or at the playhead of the archive.
func (w *Watch) Switch(stream string) {
	w.update(func(acc Account, now Watching) Watching {
		next := w.view(acc, []string{stream}, now.Transport)
		next.In, next.Out = now.In, now.Out
		return next
	})
}

// Add shows the stream beside those that are watched, at the same time, and gives it the focus. There is room for MostTiles; it
// reports whether there was.
func (w *Watch) Add(stream string) (room bool) {
	room = true
	w.update(func(acc Account, now Watching) Watching {
		switch {
		case now.Take != "" || len(now.Tiles) == 0:
			return w.view(acc, []string{stream}, nil)
		case now.tile(stream) >= 0:
			return now.focused(stream)
		case len(now.Tiles) == MostTiles:
			room = false
			return now
		}
		now.Tiles = append(slices.Clip(now.Tiles), w.tile(acc, stream, now.Transport))
		return now.focused(stream)
	})
	return room
}

// Remove takes the stream away from those that are watched side by side. The last one stays.
func (w *Watch) Remove(stream string) {
	w.update(func(_ Account, now Watching) Watching {
		i := now.tile(stream)
		if i < 0 || len(now.Tiles) == 1 {
			return now
		}
		now.Tiles = slices.Delete(slices.Clone(now.Tiles), i, i+1)
		if now.Stream != stream {
			return now
		}
		return now.focused(now.Tiles[min(i, len(now.Tiles)-1)].Stream)
	})
}

// Focus makes keys and figures be about another of the streams that are watched.
func (w *Watch) Focus(stream string) {
	w.update(func(_ Account, now Watching) Watching { return now.focused(stream) })
}

// update changes what is watched to what change makes of it; nothing happens without an account. Whoever changes the account ends what is
// watched afterwards, so that nothing of the one before stays.
func (w *Watch) update(change func(Account, Watching) Watching) {
	w.now.Update(func(now Watching) Watching {
		if acc := w.account(); acc != nil {
			return change(acc, now)
		}
		return now
	})
	poke(w.changed)
}

// view makes the tiles of streams, live or at the time of a transport, with the first in the focus.
func (w *Watch) view(acc Account, streams []string, t *player.Transport) Watching {
	v := Watching{Transport: t}
	for _, stream := range streams {
		v.Tiles = append(v.Tiles, w.tile(acc, stream, t))
	}
	return v.focused(streams[0])
}

// tile makes the tile of a stream, live when t is nil.
func (w *Watch) tile(acc Account, stream string, t *player.Transport) Tile {
	log := w.options.Log.With("stream", stream)
	access := w.ways.access(acc, stream)
	see := w.glimpse(acc, access.Clock.on(stream)).see
	if w.options.Patient {
		see = nil // nobody looks back
	}
	voice := w.sound.voice()
	if t == nil {
		return Tile{Account: acc.ID(), Stream: stream, Clock: access.Clock, Voice: voice, Player: player.New(player.Options{
			Open:    w.ways.opener(acc, stream, access.Clock),
			Codecs:  w.options.Codecs,
			Log:     log,
			Retry:   func(err error) bool { return w.options.Patient || !hopeless(acc, err) },
			Glimpse: see,
			Voice:   voice,
		})}
	}
	archive := acc.Archive(stream, access)
	return Tile{Account: acc.ID(), Stream: stream, Clock: access.Clock, Voice: voice, Archive: archive, Deck: player.NewDeck(player.DeckOptions{
		Transport: t, Archive: archive, Codecs: w.options.Codecs, Log: log, Glimpse: see, Voice: voice,
	})}
}

// tune makes each picture as loud as was chosen; a take is heard as its stream would be.
func (w *Watch) tune() {
	now, acc := w.now.Get(), w.account()
	if now.Take != "" {
		w.sound.tune(now.Voice, acc, now.Stream, true)
		return
	}
	for _, t := range now.Tiles {
		w.sound.tune(t.Voice, acc, t.Stream, t.Stream == now.Stream)
	}
}

// replay plays a take from its beginning to its end, at the pace at which it was recorded.
func (w *Watch) replay(t *spool.Take) {
	voice := w.sound.voice()
	w.now.Set(Watching{Stream: t.Target().Stream, Take: t.ID(), Voice: voice, Player: player.New(player.Options{
		Open:   func(ctx context.Context) (media.Source, error) { return t.Play(ctx, true) },
		Codecs: w.options.Codecs,
		Log:    w.options.Log.With("take", t.ID()),
		Once:   true,
		Voice:  voice,
	})})
	poke(w.changed)
}

// Show says whether what is watched is seen, which it is at first. What is not seen is not played and costs nothing. A stream
// goes on when it is seen again, over the last picture that its player has; an archive where it was left, and a take has ended
// then.
func (w *Watch) Show(seen bool) {
	now := w.now.Get().Transport
	switch played := w.played.Load(); {
	case seen && played != nil:
		w.played.Store(nil)
		if now == played {
			now.Play()
		}
	case !seen && now != nil && now.Playing():
		w.played.Store(now)
		now.Pause()
	}
	w.hidden.Store(!seen)
	poke(w.changed)
}

// Retry tries the watched stream again now: it ends a wait between two attempts, and starts over when the player had
// given up. A take that has ended is played again by PlayTake alone.
func (w *Watch) Retry() {
	now := w.now.Get()
	switch {
	case now.Transport != nil:
		now.Transport.Seek(now.Transport.Position())
		return
	case now.Player == nil:
		return
	}
	switch now.Player.State().Phase {
	case player.Failed, player.Ended:
		if now.Take == "" {
			w.Reopen(now.Stream)
		}
	default:
		now.Player.Retry()
	}
}

// Reopen gives the stream, of those that are watched, a new player, or in the archive a new deck.
func (w *Watch) Reopen(stream string) {
	w.update(func(acc Account, now Watching) Watching {
		if i := now.tile(stream); i >= 0 {
			now.Tiles = slices.Clone(now.Tiles)
			now.Tiles[i] = w.tile(acc, stream, now.Transport)
		}
		return now.focused(now.Stream)
	})
}

// run plays what is selected and seen until ctx ends: what is not wanted any more ends before anything else begins.
func (w *Watch) run(ctx context.Context) {
	playing := map[runner]func(){} // how each is stopped
	var left runner                // of the take that was not seen to its end
	edge := time.NewTicker(edgeEvery)
	defer edge.Stop()
	for {
		now := w.now.Get()
		wanted := w.wanted(now, left)
		for r, stop := range playing {
			if !slices.Contains(wanted, r) {
				stop()
				delete(playing, r)
				if p, isPlayer := r.(*player.Player); isPlayer && now.Take != "" && p == now.Player {
					left = r
				}
			}
		}
		for _, r := range wanted {
			if playing[r] == nil {
				playing[r] = w.play(ctx, r, now.Stream)
			}
		}
		select {
		case <-ctx.Done():
			for _, stop := range playing {
				stop()
			}
			return
		case <-edge.C:
			w.catchUp()
			w.tell()
		case <-w.changed:
		}
	}
}

// runner is a player or a deck.
type runner interface{ Run(context.Context) error }

// wanted lists what is to be played now. Decks stay: the time of what is not seen stands.
func (w *Watch) wanted(now Watching, left runner) []runner {
	var list []runner
	seen := !w.hidden.Load()
	if now.Take != "" && seen && runner(now.Player) != left {
		list = append(list, now.Player)
	}
	for _, t := range now.Tiles {
		switch {
		case t.Deck != nil:
			list = append(list, t.Deck)
		case seen:
			list = append(list, t.Player)
		}
	}
	return list
}

// play runs a player or a deck until the returned function is called, which waits for its end.
func (w *Watch) play(ctx context.Context, r runner, stream string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil && ctx.Err() == nil {
			w.options.Log.Warn("stopped playing", "stream", stream, "err", err)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// poke leaves one token in a channel of capacity one.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
