//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kinora/app"
	"kinora/ffmpeg"
)

// callCommand calls the master of a channel without a window: to try a channel out, and to measure.
type callCommand struct {
	places
	LogLevel string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"error" env:"KINORA_LOG_LEVEL"`

	Channel string        `arg:"" help:"Signaling channel whose master is called."`
	Relay   bool          `help:"By a TURN server alone."`
	For     time.Duration `help:"Hang up so long after the first picture; without it on SIGINT or SIGTERM." placeholder:"TIME"`
	Say     []string      `help:"Send this text over the data channel when it is open. May be given several times." placeholder:"TEXT"`
	Stream  string        `help:"Record what is seen into this stream, which is there." placeholder:"NAME"`
}

// run prints each stage when it is reached, what the other side says, and a line of figures.
func (c *callCommand) run(ctx context.Context, log *slog.Logger) (err error) {
	ffmpeg.Log(log)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	a, end, err := c.places.open(ctx, app.Options{}, c.Stream != "", log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := a.Calls.Dial(c.Channel, c.Relay); err != nil {
		return err
	}
	told := newCallTeller(os.Stdout)
	defer func() { told.sum(a.Calls.Now().Get()) }()
	news, unwatch := watched(a.Calls.Now())
	defer unwatch()
	said, recording := 0, false
	var over <-chan time.Time
	for {
		call := a.Calls.Now().Get()
		told.tell(call)
		for said < len(c.Say) && a.Calls.Say(c.Say[said]) == nil {
			said++
		}
		if c.Stream != "" && !recording && !call.Picture.IsZero() {
			recording = true
			if err := a.Calls.Record(c.Stream); err != nil {
				return err
			}
		}
		if call.Phase == app.CallFailed {
			return call.Err
		}
		if c.For > 0 && over == nil && !call.Picture.IsZero() {
			over = time.After(time.Until(call.Picture.Add(c.For)))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			return nil
		case <-news:
		}
	}
}

// watched returns a channel on which something comes after a value was set, once for all that was set meanwhile, until unwatch.
func watched[T any](v *app.Value[T]) (news <-chan struct{}, unwatch func()) {
	c := make(chan struct{}, 1)
	return c, v.Watch(func(T) {
		select {
		case c <- struct{}{}:
		default:
		}
	})
}

// callTeller tells how a call does.
type callTeller struct {
	ticker *ticker
	stages map[app.CallStage]bool
	texts  int
	phase  app.CallPhase
	still  app.Standstill
}

func newCallTeller(out *os.File) *callTeller {
	return &callTeller{ticker: newTicker(out), stages: make(map[app.CallStage]bool)}
}

var stageWords = [...]string{"channel described", "endpoints found", "TURN servers lent", "signaling connected", "offer sent", "answer", "way found", "keys agreed on", "first packet", "first picture"}

var stillWords = [...]string{"", "nothing comes from the other side", "the other side is there, but sends none", "only sound comes", "packets come, but no key frame", "packets are missing"}

// tell prints what is new of a call.
func (t *callTeller) tell(c app.Call) {
	for _, s := range c.Stages {
		key := app.CallStage{Name: s.Name, Ended: s.Ended}
		if s.Ended.IsZero() || t.stages[key] {
			continue
		}
		t.stages[key] = true
		text := fmt.Sprintf("%7.1f ms  %s, after %.1f ms", milliseconds(s.Ended.Sub(c.Began)), stageWords[s.Name], milliseconds(s.Took(s.Ended)))
		if s.Err != nil {
			text += ": " + s.Err.Error()
		}
		t.ticker.line(text)
	}
	for len(c.Texts) > t.texts {
		if said := c.Texts[t.texts]; said.From != "" {
			t.ticker.line("heard: " + said.Text)
		}
		t.texts++
	}
	if c.Phase != t.phase && c.Phase == app.CallReconnecting {
		t.ticker.line("the way is lost; another one is looked for")
	}
	t.phase = c.Phase
	if c.Reason != app.ReasonStill {
		t.still = app.Moving
	} else if c.Stats.Still != t.still {
		t.still = c.Stats.Still
		t.ticker.line("the picture stands still: " + stillWords[t.still])
	}
	if !c.Picture.IsZero() {
		t.ticker.tell(func(time.Time) string { return callFigures(c) })
	}
}

// sum leaves the last word on the call.
func (t *callTeller) sum(c app.Call) {
	if !c.Picture.IsZero() {
		t.ticker.line(callFigures(c))
	}
}

// callFigures says in one line how a call does.
func callFigures(c app.Call) string {
	way := "direct"
	if c.Stats.Relayed {
		way = "relayed"
	}
	player := c.Player.State()
	return fmt.Sprintf("%s, %s round trip, jitter %s, %.2f Mb/s, %.1f fps, %d packets, %d lost, %d sent again, %d freezes, %d restarts, %s %dx%d, %s behind",
		way, c.Stats.RoundTrip.Round(100*time.Microsecond), c.Stats.Jitter.Round(100*time.Microsecond), c.Stats.Bitrate/1e6, c.Stats.FPS, c.Stats.Packets, c.Stats.Lost, c.Stats.Recovered,
		c.Stats.Freezes, c.Stats.Restarts, player.Codec, player.Size.X, player.Size.Y, player.Delay.Round(time.Millisecond))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
