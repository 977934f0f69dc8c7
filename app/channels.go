package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kinora/recorder/upload"
)

// ChannelList is the account's signaling channels as last heard. After an error it keeps the rows that were there before.
type ChannelList struct {
	Able  bool // the account has calls at all
	Phase Phase
	Err   error // why it is Offline, Denied or SignedOut
	Rows  []Channel
}

// channelsEvery is how often channels are asked for: they are made and deleted seldom.
const channelsEvery = 10 * time.Second

// channels keeps the list of the chosen account's signaling channels.
type channels struct {
	account func() Account
	list    Value[ChannelList]
	again   chan struct{} // holds a token: ask now

	mu     sync.Mutex
	cancel context.CancelFunc // ends the question in flight
	round  int                // counts changes of account
}

func newChannels(account func() Account) *channels {
	return &channels{account: account, again: make(chan struct{}, 1), cancel: func() {}}
}

// phone is the chosen account's.
func (c *channels) phone() (Phone, error) {
	acc := c.account()
	if acc == nil {
		return nil, errNoAccount
	}
	p, ok := acc.(Phone)
	if !ok {
		return nil, errors.New("this account has no calls")
	}
	return p, nil
}

// reset forgets the list, because the account is another one now.
func (c *channels) reset() {
	c.mu.Lock()
	c.round++
	c.cancel()
	c.mu.Unlock()
	_, err := c.phone()
	c.list.Set(ChannelList{Able: err == nil})
	poke(c.again)
}

// run asks every ten seconds until ctx ends.
func (c *channels) run(ctx context.Context) {
	for {
		c.mu.Lock()
		now, cancel := context.WithTimeout(ctx, pollLimit)
		c.cancel = cancel
		round := c.round
		c.mu.Unlock()
		c.ask(now, round)
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-c.again:
		case <-time.After(channelsEvery):
		}
	}
}

func (c *channels) ask(ctx context.Context, round int) {
	phone, err := c.phone()
	if err != nil {
		c.publish(round, func(ChannelList) ChannelList { return ChannelList{} })
		return
	}
	rows, err := phone.Channels(ctx)
	c.publish(round, func(old ChannelList) ChannelList {
		if err == nil {
			return ChannelList{Able: true, Phase: Ready, Rows: rows}
		}
		phase := Offline
		switch acc := c.account(); {
		case acc == nil || hopeless(acc, err):
			phase = Denied
		case acc.Classify(err) == upload.Reauthenticate:
			phase = SignedOut
		}
		return ChannelList{Able: true, Phase: phase, Err: err, Rows: old.Rows}
	})
}

// publish changes the list unless the account has changed since it was asked.
func (c *channels) publish(round int, change func(ChannelList) ChannelList) {
	c.list.Update(func(old ChannelList) ChannelList {
		c.mu.Lock()
		defer c.mu.Unlock()
		if round != c.round {
			return old
		}
		return change(old)
	})
}

// Channels is the list of the account's signaling channels.
func (c *Calls) Channels() *Value[ChannelList] { return &c.channels.list }

// Refresh asks for the channels now.
func (c *Calls) Refresh() { poke(c.channels.again) }

// Create makes a channel and asks for the list anew. It blocks until the channel can be used.
func (c *Calls) Create(ctx context.Context, name string) error {
	phone, err := c.channels.phone()
	if err == nil && !ValidName(name) {
		err = fmt.Errorf("%q cannot be the name of a channel: use 1 to 256 letters, digits, '_', '.' and '-'", name)
	}
	if err == nil {
		err = phone.CreateChannel(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("the channel %s was not created: %w", name, err)
	}
	c.Refresh()
	return nil
}

// Delete removes a channel and asks for the list anew. Calls that are under way go on. It blocks.
func (c *Calls) Delete(ctx context.Context, name string) error {
	phone, err := c.channels.phone()
	if err == nil {
		err = phone.DeleteChannel(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("the channel %s was not deleted: %w", name, err)
	}
	c.Refresh()
	return nil
}
