package ui

import (
	"time"

	"kinora/player"
)

// recentTime is how far back losses are counted: a bad start is forgotten after that.
const recentTime = 10 * time.Second

// recent remembers how many pictures a player had shown and missed at moments of the last ten seconds.
type recent struct {
	player  *player.Player
	moments []moments
}

type moments struct {
	at          time.Time
	shown, late uint64
}

// add takes the player's counts of now and returns what was shown and missed since the oldest moment remembered.
func (r *recent) add(p *player.Player, st player.State, now time.Time) (shown, late uint64) {
	if r.player != p {
		*r = recent{player: p}
	}
	for len(r.moments) > 0 && now.Sub(r.moments[0].at) > recentTime {
		r.moments = r.moments[1:]
	}
	r.moments = append(r.moments, moments{now, st.Shown, st.Late})
	return st.Shown - r.moments[0].shown, st.Late - r.moments[0].late
}
