package app

import (
	"context"
	"image"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kinora/media"
	"kinora/player"
	"kinora/recorder"
)

// CallPhase is how far a call is.
type CallPhase int

// The phases of a call.
const (
	NoCall           CallPhase = iota // none was made
	CallConnecting                    // the other side is not reached yet
	CallConnected                     // the two sides are connected
	CallReconnecting                  // the way was lost, and another one is looked for
	CallEnded                         // it was hung up
	CallFailed                        // see Err and Fault
)

// Over reports whether nothing more comes of the call.
func (p CallPhase) Over() bool { return p == NoCall || p >= CallEnded }

// Call is a call as a viewer. It is a value; nobody changes what it points to.
type Call struct {
	Account Account
	Channel string
	Relay   bool // it was to go by a TURN server alone
	Phase   CallPhase
	Began   time.Time // the click
	Since   time.Time // when the phase began
	Err     error     // why it failed
	Fault   Fault     // what that means
	Player  *player.Player
	Voice   Voice // nil: there is no loudspeaker
	Stages  []CallStage
	Picture time.Time // when the first picture was there; zero: not yet
	Stats   CallStats
	Quality CallQuality
	Reason  CallReason // why the quality is not better
	Texts   []Text     // the newest ones, the oldest first
	Unheard error      // why signaling is away; the call goes on without it
	Talking bool       // the microphone is open, and what it hears goes to the other side
	Level   float64    // of that, mean in dBFS
	Mute    error      // why nobody could talk; nil: they could, or nobody tried
}

// Text is something that was said over the data channel.
type Text struct {
	At   time.Time
	From string // empty: this side
	Text string
}

const (
	mostTexts = 200
	// callDelay is how much later than possible a picture may be shown for the sake of smoothness: people talk to each other.
	callDelay = 200 * time.Millisecond
	callEvery = 250 * time.Millisecond
)

// call is one call as a viewer.
type call struct {
	calls   *Calls
	account Account
	phone   Phone
	channel string
	relay   bool
	began   time.Time
	line    Line
	intake  *recorder.Intake // one reader of what comes in, for the player and for recordings
	player  *player.Player
	voice   Voice
	hangUp  context.CancelFunc
	done    chan struct{}
	picture atomic.Pointer[time.Time] // when the first was there

	mu      sync.Mutex
	phase   CallPhase
	since   time.Time
	err     error
	texts   []Text
	history history
	quiet   context.CancelFunc         // ends talking; nil: nobody talks
	level   func() (rms, peak float64) // of the microphone; nil: it is not open
	mute    error
	ending  bool           // nobody can begin to talk any more
	talks   sync.WaitGroup // of who talks
}

func newCall(c *Calls, phone Phone, channel string, relay bool, hangUp context.CancelFunc) *call {
	now := time.Now()
	l := &call{calls: c, account: c.account(), phone: phone, channel: channel, relay: relay, began: now, since: now, phase: CallConnecting,
		line: phone.Dial(channel, relay), hangUp: hangUp, done: make(chan struct{}), voice: c.sound.voice()}
	c.sound.tune(l.voice, l.account, CallSound(channel), true)
	log := c.o.Log.With("channel", channel)
	once := func(error) bool { return false } // the line itself does what can be done
	l.intake = recorder.NewIntake(recorder.IntakeOptions{Open: l.line.Open, Retry: once, Log: log})
	l.player = player.New(player.Options{
		Open:     func(context.Context) (media.Source, error) { return l.intake.Tap(), nil },
		Codecs:   c.o.Codecs,
		Log:      log,
		Retry:    once,
		MaxDelay: callDelay,
		Voice:    l.voice,
		Glimpse: func(time.Time, *image.RGBA) {
			if now := time.Now(); l.picture.Load() == nil {
				l.picture.Store(&now)
			}
		},
	})
	return l
}

// run makes the call and keeps it until ctx ends or it is over.
func (l *call) run(ctx context.Context) {
	defer close(l.done)
	l.calls.show(l)
	inner, end := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { _ = l.intake.Run(inner) }) // why it ended is the line's to say
	if l.calls.o.Codecs != nil {
		parts.Go(func() { _ = l.player.Run(inner) }) // likewise, and its State says what it cannot decode
	}
	parts.Go(func() { l.follow(inner) })
	err := l.line.Run(inner)
	l.hush()
	end()
	parts.Wait()
	l.mu.Lock()
	l.phase, l.since, l.err = CallEnded, time.Now(), nil
	if ctx.Err() == nil {
		l.phase, l.err = CallFailed, err
	}
	l.mu.Unlock()
	l.calls.show(l)
}

// follow keeps the figures of the call until ctx ends.
func (l *call) follow(ctx context.Context) {
	tick := time.NewTicker(callEvery)
	defer tick.Stop()
	for {
		figures := l.line.Figures()
		l.mu.Lock()
		l.history.add(time.Now(), figures)
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case text := <-l.line.Texts():
			l.heard(Text{At: time.Now(), From: l.channel, Text: text})
		case <-tick.C:
		}
		l.advance()
		l.calls.show(l)
	}
}

// advance takes note of how far the call is.
func (l *call) advance() {
	p := l.line.Progress()
	phase, since := CallConnecting, l.began
	switch {
	case !p.Lost.IsZero():
		phase, since = CallReconnecting, p.Lost
	case !p.Secured.IsZero():
		phase, since = CallConnected, p.Secured
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase == phase {
		return
	}
	if l.phase == CallReconnecting {
		since = time.Now()
	}
	l.phase, l.since = phase, since
}

func (l *call) say(text string) error {
	if err := l.line.Say(text); err != nil {
		return err
	}
	l.heard(Text{At: time.Now(), Text: text})
	l.calls.show(l)
	return nil
}

func (l *call) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// heard keeps what was said, of which the oldest makes room.
func (l *call) heard(t Text) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = appendText(l.texts, t)
}

// appendText keeps the newest texts. The old slice stays as it is.
func appendText(texts []Text, t Text) []Text {
	if len(texts) == mostTexts {
		texts = texts[1:]
	}
	return append(slices.Clip(texts), t)
}

// snapshot is how the call stands.
func (l *call) snapshot() Call {
	p := l.line.Progress()
	picture := time.Time{}
	if at := l.picture.Load(); at != nil {
		picture = *at
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := Call{Account: l.account, Channel: l.channel, Relay: l.relay, Phase: l.phase, Began: l.began, Since: l.since, Err: l.err, Player: l.player, Voice: l.voice,
		Stages: waterfall(l.began, p, picture), Picture: picture, Stats: l.history.stats(), Texts: l.texts, Unheard: p.Unheard}
	c.Stats.Away = l.phase == CallReconnecting
	if !l.phase.Over() {
		c.Quality, c.Reason = Assess(c.Stats)
	}
	if l.err != nil {
		c.Fault = l.phone.Fault(l.err)
	}
	c.Mute, c.Talking = l.mute, l.quiet != nil && l.level != nil
	if c.Talking {
		c.Level, _ = l.level()
	}
	return c
}
