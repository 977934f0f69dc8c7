package app

import (
	"slices"
	"time"

	"kinora/media"
	"kinora/player"
)

// Watching is what is watched: one to MostTiles streams side by side, all live or all at one time of their archives; or a take
// from this disk. The zero Watching is nothing. It is a value; nobody changes what it points to.
type Watching struct {
	Stream string         // that keys and figures are about; of a take: where it goes
	Take   string         // ID; empty: streams are watched
	Player *player.Player // of Stream or of the take; nil in the archive
	Deck   *player.Deck   // of Stream in the archive; nil while live
	Voice  Voice          // of Stream or of the take; nil: there is no loudspeaker
	Tiles  []Tile         // of all streams, Stream's among them, in the order in which they were added

	Transport *player.Transport // the one time of all tiles in the archive; nil while live
	In, Out   time.Time         // the time that was chosen, for a clip or a link; either may be zero
}

// Tile is one stream of several. Either Player or Deck is there.
type Tile struct {
	Account string // ID
	Stream  string
	Clock   Clock          // by which its times are told
	Player  *player.Player // live
	Deck    *player.Deck   // in the archive
	Archive media.Archive  // of Deck
	Voice   Voice          // nil: there is no loudspeaker
}

// shown is the time of its newest picture; zero before the first.
func (t Tile) shown() time.Time {
	if t.Deck != nil {
		return t.Deck.State().At
	}
	st := t.Player.State()
	if st.LastFrame.IsZero() {
		return time.Time{}
	}
	return st.LastFrame.Add(-st.Latency)
}

// Detouring is an optional power of an Account's archives: Detour says which call is not permitted, so that they are looked at
// through HLS; nil: none.
type Detouring interface{ Detour() error }

// State returns what the live player says, the zero State when there is none.
func (w Watching) State() player.State {
	if w.Player == nil {
		return player.State{}
	}
	return w.Player.State()
}

// Archived reports whether a time of the archive is watched.
func (w Watching) Archived() bool { return w.Transport != nil }

// Open reports whether anything is watched.
func (w Watching) Open() bool { return w.Player != nil || w.Deck != nil }

// Position is the time at which the playhead stands, by the clock of the stream: of the newest picture while it is live, and zero before the
// first.
func (w Watching) Position() time.Time {
	switch {
	case w.Transport != nil:
		return w.Transport.Position()
	case w.Player == nil || w.Take != "":
		return time.Time{}
	}
	return Tile{Player: w.Player}.shown()
}

// Clock is the clock by which the times of Stream are told.
func (w Watching) Clock() Clock {
	if i := w.tile(w.Stream); i >= 0 {
		return w.Tiles[i].Clock
	}
	return ProducerClock
}

// Detour says why the archive in the focus comes through HLS though nobody chose that; nil: it does not.
func (w Watching) Detour() error {
	if i := w.tile(w.Stream); i >= 0 && w.Deck != nil {
		if a, ok := w.Tiles[i].Archive.(Detouring); ok {
			return a.Detour()
		}
	}
	return nil
}

// vacant reports whether none of the streams has anything at the playhead.
func (w Watching) vacant() bool {
	for _, t := range w.Tiles {
		if t.Deck == nil {
			return false
		}
		if st := t.Deck.State(); !st.Vacant() {
			return false
		}
	}
	return len(w.Tiles) > 0
}

// tile finds the tile of a stream; -1 when there is none.
func (w Watching) tile(stream string) int {
	return slices.IndexFunc(w.Tiles, func(t Tile) bool { return t.Stream == stream })
}

// focused is w with another of its streams in the focus.
func (w Watching) focused(stream string) Watching {
	if i := w.tile(stream); i >= 0 {
		w.Stream, w.Player, w.Deck, w.Voice = stream, w.Tiles[i].Player, w.Tiles[i].Deck, w.Tiles[i].Voice
	}
	return w
}

// streams lists the names of all tiles.
func (w Watching) streams() []string {
	names := make([]string, len(w.Tiles))
	for i, t := range w.Tiles {
		names[i] = t.Stream
	}
	return names
}

// chosen is the time that was chosen, when it has a beginning and an end.
func (w Watching) chosen() (from, to time.Time, ok bool) {
	return w.In, w.Out, !w.In.IsZero() && w.Out.After(w.In)
}
