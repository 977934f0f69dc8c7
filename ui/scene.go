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

	sound hearing
}

// playhead is where the archive that is watched stands.
type playhead struct {
	at      time.Time
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
	}
}
