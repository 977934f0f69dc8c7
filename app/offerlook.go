package app

import (
	"context"

	"kinora/media"
	"kinora/player"
)

// look is the picture of what is offered, while it is looked at here.
type look struct {
	offer  *offer
	player *player.Player
	end    context.CancelFunc
}

// Look shows here what is offered on a channel of the chosen account, as Offered.Player, and nothing else that is offered any more;
// with the empty channel nothing. The picture costs decoding only while it is looked at.
func (c *Calls) Look(channel string) {
	var f *offer
	if channel != "" {
		f = c.offerOn(channel)
	}
	if f != nil && f.over() {
		f = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.look; old != nil {
		if old.offer == f {
			return
		}
		old.end()
		c.look = nil
	}
	if f == nil || c.o.Codecs == nil || c.closed {
		return
	}
	ctx, end := context.WithCancel(context.Background())
	p := player.New(player.Options{
		Open:     func(context.Context) (media.Source, error) { return f.intake.Tap(), nil },
		Codecs:   c.o.Codecs,
		Log:      c.o.Log.With("channel", f.channel),
		Retry:    func(error) bool { return false }, // the intake itself opens the camera again
		MaxDelay: callDelay,
	})
	c.look = &look{offer: f, player: p, end: end}
	c.running.Go(func() {
		defer end()
		_ = p.Run(ctx) // the intake says what is wrong with the camera
	})
}

// looked is the player of an offer that is looked at; nil when it is not.
func (c *Calls) looked(f *offer) *player.Player {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.look != nil && c.look.offer == f {
		return c.look.player
	}
	return nil
}
