package ui

import (
	"slices"

	"kinora/app"
	"kinora/player"
)

// callModel is what of calls is to be seen at one moment.
type callModel struct {
	channels app.ChannelList
	channel  string        // that the Calls page is about; empty: none
	last     app.Call      // made last
	picture  player.State  // of it
	sound    hearing       // likewise, or of the viewers of what is offered on channel
	offers   []app.Offered // on channels of the account
}

// observeCalls reads the app.
func observeCalls(a *app.App, acc app.Account) callModel {
	c := callModel{channels: a.Calls.Channels().Get(), last: a.Calls.Now().Get()}
	if c.last.Player != nil {
		c.picture = c.last.Player.State()
	}
	if c.last.Player != nil && !c.last.Phase.Over() {
		c.sound = hearingOf(a.Sound, c.last.Account, app.CallSound(c.last.Channel), true, c.last.Voice != nil && c.picture.Sound != "", c.picture.SoundErr)
		c.sound.lit = litBy(c.last.Voice)
	}
	for _, o := range a.Calls.Offers().Get() {
		if acc != nil && o.Account.ID() == acc.ID() {
			c.offers = append(c.offers, o)
		}
	}
	return c
}

// listenToViewers makes sound that of the viewers of what is offered on the channel that the page is about.
func (c *callModel) listenToViewers(s *app.Sound) {
	if o, offered := c.offer(c.channel); offered {
		c.sound = hearingOf(s, o.Account, app.OfferSound(o.Channel), true, o.Voice != nil, nil)
		c.sound.lit = litBy(o.Voice)
	}
}

// offer returns what is offered on a channel, or was until it failed.
func (c *callModel) offer(channel string) (app.Offered, bool) {
	i := slices.IndexFunc(c.offers, func(o app.Offered) bool { return o.Channel == channel })
	if i < 0 {
		return app.Offered{}, false
	}
	return c.offers[i], true
}

// call returns the call to the channel that the page is about, which may be over.
func (m *model) call() (app.Call, bool) {
	c := m.calls.last
	there := c.Phase != app.NoCall && c.Channel == m.calls.channel && c.Account != nil && m.account != nil && c.Account.ID() == m.account.ID()
	return c, there
}

// talking reports whether a call is under way to the channel that the page is about.
func (m *model) talking() bool {
	c, there := m.call()
	return there && !c.Phase.Over()
}
