package app

import (
	"context"
	"sync/atomic"

	"kinora/media"
	"kinora/player"
	"kinora/recorder/spool"
)

// Watching is a stream, or a take from this disk, and the player that plays it. The zero Watching is nothing.
type Watching struct {
	Stream string // of a take: where it goes
	Take   string // ID; empty: the stream itself is watched, live
	Player *player.Player
}

// State returns what the player says, the zero State when nothing is watched.
func (w Watching) State() player.State {
	if w.Player == nil {
		return player.State{}
	}
	return w.Player.State()
}

// Watch plays one stream at a time. All methods return at once and are safe from any goroutine.
type Watch struct {
	account func() Account
	options Options
	now     Value[Watching]
	hidden  atomic.Bool
	changed chan struct{} // holds one token when now or hidden was set
}

func newWatch(account func() Account, o Options) *Watch {
	return &Watch{account: account, options: o, changed: make(chan struct{}, 1)}
}

// Now is what is being watched. It changes as soon as a stream is selected; its player begins when the one before it has
// ended.
func (w *Watch) Now() *Value[Watching] { return &w.now }

// Select plays the stream of the chosen account instead of what was played before, even if it is the same stream; an
// empty name plays nothing.
func (w *Watch) Select(stream string) {
	var next Watching
	if acc := w.account(); stream != "" && acc != nil {
		next = Watching{Stream: stream, Player: player.New(player.Options{
			Open:   acc.Live(stream),
			Codecs: w.options.Codecs,
			Log:    w.options.Log.With("stream", stream),
			Retry:  func(err error) bool { return w.options.Patient || !hopeless(acc, err) },
		})}
	}
	w.now.Set(next)
	poke(w.changed)
}

// replay plays a take from its beginning to its end, at the pace at which it was recorded.
func (w *Watch) replay(t *spool.Take) {
	w.now.Set(Watching{Stream: t.Target().Stream, Take: t.ID(), Player: player.New(player.Options{
		Open:   func(ctx context.Context) (media.Source, error) { return t.Play(ctx, true) },
		Codecs: w.options.Codecs,
		Log:    w.options.Log.With("take", t.ID()),
		Once:   true,
	})})
	poke(w.changed)
}

// Show says whether what is watched is seen, which it is at first. What is not seen is not played and costs nothing. A stream
// goes on when it is seen again, over the last picture that its player has; a take has ended then.
func (w *Watch) Show(seen bool) {
	w.hidden.Store(!seen)
	poke(w.changed)
}

// Retry tries the watched stream again now: it ends a wait between two attempts, and starts over when the player had
// given up. A take that has ended is played again by PlayTake alone.
func (w *Watch) Retry() {
	now := w.now.Get()
	if now.Player == nil {
		return
	}
	switch now.Player.State().Phase {
	case player.Failed, player.Ended:
		if now.Take == "" {
			w.Select(now.Stream)
		}
	default:
		now.Player.Retry()
	}
}

// run plays what is selected and seen, one player at a time, until ctx ends.
func (w *Watch) run(ctx context.Context) {
	var playing Watching
	var left *player.Player // of the take that was not seen to its end
	stop := func() {}
	for {
		next := w.now.Get()
		if w.hidden.Load() || next.Player == left {
			next = Watching{}
		}
		if next.Player != playing.Player {
			stop()
			if playing.Take != "" {
				left = playing.Player
			}
			playing, stop = next, w.play(ctx, next)
		}
		select {
		case <-ctx.Done():
			stop()
			return
		case <-w.changed:
		}
	}
}

// play runs the player until the returned function is called, which waits for its end.
func (w *Watch) play(ctx context.Context, p Watching) (stop func()) {
	if p.Player == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.Player.Run(ctx); err != nil && ctx.Err() == nil {
			w.options.Log.Warn("stopped playing", "stream", p.Stream, "err", err)
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
