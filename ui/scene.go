package ui

import (
	"time"

	"kinora/app"
	"kinora/player"
)

// scene is one of the streams that are watched, at the moment of a model.
type scene struct {
	app.Tile
	live player.State     // of Player
	deck player.DeckState // of Deck

	sound  hearing
	queued string // says that the service allows no more now of what its picture needs; empty: it does
}

// playhead is where the archive that is watched stands.
type playhead struct {
	at      time.Time
	shown   time.Time // of the picture over it, which play passes; zero: at
	rate    float64
	playing bool
	end     bool // there is nothing more in its direction at present
}

// lookAt reads what the model's moment has of pictures.
func (m *model) lookAt(w app.Watching) {
	m.watching, m.state = w, w.State()
	for _, t := range w.Tiles {
		s := scene{Tile: t}
		if t.Player != nil {
			s.live = t.Player.State()
		} else {
			s.deck = t.Deck.State()
		}
		if t.Stream == w.Stream {
			m.deck = s.deck
		}
		m.scenes = append(m.scenes, s)
	}
	if t := w.Transport; t != nil {
		m.head = playhead{at: t.Position(), rate: t.Rate(), playing: t.Playing(), end: t.AtEnd()}
		m.head.shown = m.onScreen(m.now)
	}
}

// onScreen is the time of the picture that is painted at now, where pictures pass. Elsewhere it is where the playhead stands, which may be in a
// gap, or where a picture is looked for.
func (m *model) onScreen(now time.Time) time.Time {
	w := &m.watching
	at, rate := w.Position(), 1.0
	next := at
	switch t := w.Transport; {
	case at.IsZero():
	case t == nil:
		next = w.Player.Frames().Next(now)
	case t.Playing() && !t.Held() && m.deck.Phase == player.DeckReady:
		next, rate = w.Deck.Frames().Next(now), t.Rate()
	}
	return passing(at, next, rate)
}

// passing is the time of a picture that play passes at a rate, unless the playhead is far from it.
func passing(at, picture time.Time, rate float64) time.Time {
	if picture.IsZero() || picture.Sub(at).Abs() > time.Duration(float64(time.Second)*max(1, rate, -rate)) {
		return at
	}
	return picture
}
