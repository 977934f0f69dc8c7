package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kinora/media"
	"kinora/player"
	"kinora/recorder"
)

// Offered is a camera, a screen or a stream that is shown on a channel, of which this program is the master. It is a value; nobody
// changes what it points to.
type Offered struct {
	Account Account
	Channel string
	Camera  Camera
	Since   time.Time
	Source  IntakeState    // of the camera
	Left    []media.Codec  // of tracks that calls do not carry
	Player  *player.Player // shows it here; nil: nobody looks, see Calls.Look
	Viewers []Viewer
	Voice   Voice // of the loudest of them; nil: none has said anything
	Service HostState
	Texts   []Text // what viewers said, and what was said to them; the newest ones
	Ended   bool   // by itself, see Err; it stays listed until Withdraw or the next Offer
	Err     error
}

// StreamPrefix begins the ID of a camera that is a stream of the account.
const StreamPrefix = "stream:"

// StreamCamera is a live stream of the chosen account as a camera, which can be offered on a channel without coding its picture anew.
func (a *App) StreamCamera(stream string) (Camera, error) {
	acc := a.account.Get()
	if acc == nil {
		return Camera{}, errNoAccount
	}
	open := a.Ways.opener(acc, stream, ProducerClock)
	with := func(s Settings) media.Opener {
		if !s.Call {
			return open
		}
		return func(ctx context.Context) (media.Source, error) {
			src, err := open(ctx)
			if err != nil {
				return nil, err
			}
			return a.options.forCall(src), nil
		}
	}
	return Camera{ID: StreamPrefix + stream, Name: stream, Kind: Network, Open: open, With: with, Retry: func(err error) bool { return !hopeless(acc, err) }}, nil
}

// offer is what is offered on one channel.
type offer struct {
	calls   *Calls
	account Account
	phone   Phone
	channel string
	camera  Camera
	since   time.Time
	intake  *recorder.Intake
	end     context.CancelFunc
	done    chan struct{}
	news    chan struct{} // something was said

	mu      sync.Mutex
	voices  map[string]Voice // of viewers that have said something
	volumes map[string]int   // of viewers for whom one was chosen, in percent
	host    Host             // nil until the camera has given its first packet
	left    []media.Codec
	texts   []Text
	ended   bool
	err     error
}

// offeredKey is the time between two key frames of what is encoded for a call: whoever has lost something waits for the next.
const offeredKey = time.Second

// Offer shows a camera on a channel of the chosen account, until Withdraw, or until the service or the camera fails for good.
func (c *Calls) Offer(channel string, cam Camera, s Settings) error {
	phone, err := c.channels.phone()
	if err != nil {
		return err
	}
	s.KeyInterval, s.Call = cmp.Or(s.KeyInterval, offeredKey), true
	acc := c.account()
	key := offerKey{acc.ID(), channel}
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.offers[key]
	switch {
	case c.closed:
		return errClosing
	case old != nil && !old.over():
		return fmt.Errorf("%s is offered on the channel %s already; end that first", old.camera.Name, channel)
	}
	ctx, end := context.WithCancel(context.Background())
	f := &offer{calls: c, account: acc, phone: phone, channel: channel, camera: cam, since: time.Now(), end: end, done: make(chan struct{}), news: make(chan struct{}, 1), voices: make(map[string]Voice), volumes: make(map[string]int)}
	f.intake = recorder.NewIntake(recorder.IntakeOptions{Open: c.sourceOf(f, s), Retry: openedAgain(cam), Log: c.o.Log.With("camera", cam.Name)})
	c.offers[key] = f
	c.running.Go(func() {
		defer end()
		f.run(ctx)
	})
	return nil
}

// offerKey is an account's ID and a channel.
type offerKey struct{ account, channel string }

// run shows the camera until ctx ends or something fails for good.
func (f *offer) run(ctx context.Context) {
	defer close(f.done)
	f.calls.showOffers()
	inner, end := context.WithCancel(ctx)
	taken := make(chan error, 1)
	go func() { taken <- f.intake.Run(inner) }()
	following := make(chan struct{})
	go func() {
		defer close(following)
		f.follow(inner)
	}()
	err := f.serve(inner)
	end()
	broken := <-taken
	<-following
	f.mu.Lock()
	f.ended = ctx.Err() == nil
	if f.ended {
		f.err = cmp.Or(broken, err)
	}
	f.mu.Unlock()
	f.calls.showOffers()
}

// serve is the channel's master from the first picture on.
func (f *offer) serve(ctx context.Context) error {
	src, err := evenly(ctx, f.intake.Tap())
	if err != nil {
		return err
	}
	defer src.Close()
	o := HostOptions{Bitrate: func(bits int) { f.intake.SetBitrate(ceilingFor(bits)) }, KeyFrame: f.intake.KeyFrame, Spoken: f.listen, Heard: f.heard}
	var left []media.Codec
	for _, t := range src.Tracks() {
		if f.phone.Carries(t.Codec) {
			o.Tracks = append(o.Tracks, t)
		} else if t.Kind != media.Data {
			left = append(left, t.Codec)
		}
	}
	if len(o.Tracks) == 0 {
		return fmt.Errorf("nothing of %s can be shown in a call: calls do not carry %v", f.camera.Name, left)
	}
	host := f.phone.Host(f.channel, o)
	f.mu.Lock()
	f.host, f.left = host, left
	f.mu.Unlock()
	inner, end := context.WithCancelCause(ctx)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		err := host.Feed(inner, src)
		end(cmp.Or(err, errCameraEnded))
	}()
	err = host.Run(inner)
	end(err)
	<-fed
	return err
}

// ceilingFor is the ceiling of the video for a way that carries so many bits a second: something is left for the sound and for what is
// sent again.
func ceilingFor(bits int) int { return bits - bits/8 }

var errCameraEnded = errors.New("the camera sends nothing any more")

// follow keeps the figures until ctx ends.
func (f *offer) follow(ctx context.Context) {
	tick := time.NewTicker(2 * callEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.news:
		case <-tick.C:
		}
		f.calls.showOffers()
	}
}

// heard takes what a viewer says, which is shown at once.
func (f *offer) heard(viewer, text string) {
	f.note(Text{At: time.Now(), From: viewer, Text: text})
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// note keeps what was said, of which the oldest makes room.
func (f *offer) note(t Text) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = appendText(f.texts, t)
}

func (f *offer) over() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

func (f *offer) present() Host {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.host
}

// snapshot is how it stands.
func (f *offer) snapshot() Offered {
	f.mu.Lock()
	x := Offered{Account: f.account, Channel: f.channel, Camera: f.camera, Since: f.since, Left: f.left, Texts: f.texts, Ended: f.ended, Err: f.err}
	host := f.host
	f.mu.Unlock()
	x.Source, x.Player = f.intake.State(), f.calls.looked(f)
	if host != nil && !x.Ended {
		x.Viewers, x.Service = host.Viewers(), host.State()
		f.mu.Lock()
		x.Voice = f.speak(x.Viewers)
		f.mu.Unlock()
	}
	return x
}

// Offers is all that is offered, ordered by account and channel, brought up to date twice a second while something is.
func (c *Calls) Offers() *Value[[]Offered] { return &c.offered }

// showOffers publishes how offers stand.
func (c *Calls) showOffers() {
	c.offered.Update(func([]Offered) []Offered {
		c.mu.Lock()
		all := make([]*offer, 0, len(c.offers))
		for _, f := range c.offers {
			all = append(all, f)
		}
		c.mu.Unlock()
		list := make([]Offered, 0, len(all))
		for _, f := range all {
			list = append(list, f.snapshot())
		}
		slices.SortFunc(list, func(a, b Offered) int {
			return cmp.Or(cmp.Compare(a.Account.Name(), b.Account.Name()), cmp.Compare(a.Channel, b.Channel))
		})
		return list
	})
}

// Withdraw ends what is offered on a channel of the chosen account, and takes it off the list. Viewers are sent away.
func (c *Calls) Withdraw(channel string) {
	acc := c.account()
	if acc == nil {
		return
	}
	key := offerKey{acc.ID(), channel}
	c.mu.Lock()
	f := c.offers[key]
	if f != nil {
		f.end()
		if f.over() {
			delete(c.offers, key)
		} else {
			c.running.Go(func() {
				<-f.done
				c.mu.Lock()
				if c.offers[key] == f {
					delete(c.offers, key)
				}
				c.mu.Unlock()
				c.showOffers()
			})
		}
	}
	c.mu.Unlock()
	c.showOffers()
}

// Kick sends a viewer away from what is offered on a channel of the chosen account. It may call again.
func (c *Calls) Kick(channel, viewer string) {
	if f := c.offerOn(channel); f != nil {
		if host := f.present(); host != nil {
			host.Kick(viewer)
		}
	}
}

// Tell sends a text to all viewers of what is offered on a channel of the chosen account.
func (c *Calls) Tell(channel, text string) {
	if f := c.offerOn(channel); f != nil {
		if host := f.present(); host != nil {
			host.Say(text)
			f.note(Text{At: time.Now(), Text: text})
			c.showOffers()
		}
	}
}

func (c *Calls) offerOn(channel string) *offer {
	acc := c.account()
	if acc == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offers[offerKey{acc.ID(), channel}]
}
