package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// Calls are conversations over the signaling channels of an account: one as the viewer of a channel's master, and any number as
// the master of channels. Methods return at once unless they take a context; all are safe from any goroutine.
type Calls struct {
	o        *Options
	account  func() Account
	cameras  *Recordings // which has some of them open
	sound    *Sound
	channels *channels
	now      Value[Call]
	offered  Value[[]Offered]

	mu         sync.Mutex
	current    *call // the one that was made last; nil: none was
	offers     map[offerKey]*offer
	look       *look  // nil: nobody looks at what is offered
	microphone string // ID; empty: the first
	closed     bool
	running    sync.WaitGroup
}

func newCalls(o *Options, account func() Account, recordings *Recordings, sound *Sound) *Calls {
	c := &Calls{o: o, sound: sound, account: account, cameras: recordings, channels: newChannels(account), offers: make(map[offerKey]*offer)}
	_, err := c.channels.phone()
	c.channels.list.Set(ChannelList{Able: err == nil})
	return c
}

// Now is the call that was made last, brought up to date four times a second while it lasts; the zero Call before the first.
func (c *Calls) Now() *Value[Call] { return &c.now }

// Dial calls the master of a channel of the chosen account. A call that is under way is hung up first. With relay it goes by a
// TURN server alone.
func (c *Calls) Dial(channel string, relay bool) error {
	phone, err := c.channels.phone()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosing
	}
	before := c.current
	if before != nil {
		before.hangUp()
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := newCall(c, phone, channel, relay, cancel)
	c.current = l
	c.running.Go(func() {
		defer cancel()
		if before != nil {
			<-before.done
		}
		l.run(ctx)
	})
	return nil
}

// HangUp ends the call that is under way, which stays to be seen.
func (c *Calls) HangUp() {
	if l := c.present(); l != nil {
		l.hangUp()
	}
}

// Dismiss ends the call and forgets it.
func (c *Calls) Dismiss() {
	c.mu.Lock()
	l := c.current
	c.current = nil
	c.mu.Unlock()
	if l != nil {
		l.hangUp()
	}
	c.now.Set(Call{})
}

// Say sends a text to the other side.
func (c *Calls) Say(text string) error {
	l := c.present()
	if l == nil {
		return errNoCall
	}
	return l.say(text)
}

var (
	errNoCall  = errors.New("there is no call")
	errClosing = errors.New("the program is closing")
)

func (c *Calls) present() *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// show publishes how a call stands, unless another one has been made since. It reports whether it did.
func (c *Calls) show(l *call) {
	c.now.Update(func(old Call) Call {
		if c.present() != l {
			return old
		}
		return l.snapshot()
	})
}

// tune makes the call as loud as was chosen for its channel, and silent while somebody talks here; and the viewers of what is offered
// as loud as was chosen for them.
func (c *Calls) tune() {
	c.mu.Lock()
	offers := slices.Collect(maps.Values(c.offers))
	c.mu.Unlock()
	for _, f := range offers {
		f.tune()
	}
	l := c.present()
	switch {
	case l == nil || l.voice == nil:
	case l.talking():
		l.voice.SetVolume(0)
	default:
		c.sound.tune(l.voice, l.account, CallSound(l.channel), true)
	}
}

// run keeps the list of channels until ctx ends.
func (c *Calls) run(ctx context.Context) { c.channels.run(ctx) }

// close hangs up, withdraws all offers, and waits.
func (c *Calls) close() {
	c.mu.Lock()
	c.closed = true
	if c.current != nil {
		c.current.hangUp()
	}
	for _, f := range c.offers {
		f.end()
	}
	if c.look != nil {
		c.look.end()
	}
	c.mu.Unlock()
	c.running.Wait()
}
