//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"kinora/app"
	"kinora/ffmpeg"
)

// offerCommand is the master of a channel without a window.
type offerCommand struct {
	places
	LogLevel string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"error" env:"KINORA_LOG_LEVEL"`

	Channel string  `arg:"" help:"Signaling channel that is served. On this computer it is made if there is none."`
	Source  string  `help:"What is shown: a stream of the account (stream:NAME, whose picture is not coded anew), or what kinora record takes as --source." placeholder:"SOURCE" required:""`
	Mic     string  `help:"Microphone beside the picture: a name or ID of kinora record --list." placeholder:"NAME"`
	Quality string  `help:"low, balanced, sharp, or copy (what the camera has coded already)." enum:"low,balanced,sharp,copy" default:"balanced"`
	Mode    string  `help:"Size and rate of a camera that has several, such as 1280x720@30." placeholder:"WxH@RATE"`
	Bitrate float64 `help:"Ceiling of the video in Mb/s; below it the bitrate follows what the slowest viewer can receive." placeholder:"MBPS"`
	Create  bool    `help:"Make the channel if there is none."`
	Echo    bool    `help:"Send back what viewers say over their data channels."`
}

// run serves viewers until it is asked to end, and prints who comes and goes.
func (c *offerCommand) run(ctx context.Context, log *slog.Logger) (err error) {
	ffmpeg.Log(log)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	a, end, err := c.places.open(ctx, sources(""), false, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := c.makeChannel(ctx, a); err != nil {
		return err
	}
	camera, settings, err := c.shown(a)
	if err != nil {
		return err
	}
	if err := a.Calls.Offer(c.Channel, camera, settings); err != nil {
		return err
	}
	told := offerTeller{ticker: newTicker(os.Stdout), ceiling: settings.Ceiling}
	defer told.ticker.end()
	news, unwatch := watched(a.Calls.Offers())
	defer unwatch()
	for {
		for _, o := range a.Calls.Offers().Get() {
			told.tell(o)
			for ; c.Echo && told.echoed < len(o.Texts); told.echoed++ {
				if said := o.Texts[told.echoed]; said.From != "" {
					a.Calls.Tell(c.Channel, said.Text)
				}
			}
			if o.Ended {
				return o.Err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-news:
		}
	}
}

// makeChannel makes the channel where that is wanted and it is missing.
func (c *offerCommand) makeChannel(ctx context.Context, a *app.App) error {
	acc := a.Account().Get()
	if !c.Create && acc.Kind() != thisComputer {
		return nil
	}
	phone, ok := acc.(app.Phone)
	if !ok {
		return fmt.Errorf("%s has no calls", acc.Name())
	}
	list, err := phone.Channels(ctx)
	if err != nil || slices.ContainsFunc(list, func(x app.Channel) bool { return x.Name == c.Channel }) {
		return err
	}
	return a.Calls.Create(ctx, c.Channel)
}

// shown is what --source names, and how it is coded.
func (c *offerCommand) shown(a *app.App) (app.Camera, app.Settings, error) {
	if stream, ok := strings.CutPrefix(c.Source, app.StreamPrefix); ok {
		camera, err := a.StreamCamera(stream)
		return camera, app.Settings{}, err
	}
	plan, err := recordCommand{Source: c.Source, Mic: c.Mic, Quality: c.Quality, Mode: c.Mode, Bitrate: c.Bitrate}.plan(a)
	return plan.Camera, plan.Settings, err
}

// offerTeller tells who comes and goes.
type offerTeller struct {
	ticker  *ticker
	ceiling int
	begun   bool
	viewers []string
	echoed  int
	heard   int
}

// tell prints what is new.
func (t *offerTeller) tell(o app.Offered) {
	if !t.begun && o.Service.Connected {
		t.begun = true
		t.ticker.line(fmt.Sprintf("%s is offered on the channel %s of %s", o.Camera.Name, o.Channel, o.Account.Name()))
		for _, codec := range o.Left {
			t.ticker.line(fmt.Sprintf("without its %s, which calls do not carry", codec))
		}
	}
	var now []string
	for _, v := range o.Viewers {
		now = append(now, v.ID)
		if !slices.Contains(t.viewers, v.ID) {
			t.ticker.line("viewer " + v.ID + " has come")
		}
	}
	for _, id := range t.viewers {
		if !slices.Contains(now, id) {
			t.ticker.line("viewer " + id + " has gone")
		}
	}
	t.viewers = now
	for ; t.heard < len(o.Texts); t.heard++ {
		if said := o.Texts[t.heard]; said.From != "" {
			t.ticker.line("viewer " + said.From + " says: " + said.Text)
		}
	}
	if t.begun {
		t.ticker.tell(func(time.Time) string { return offerFigures(o) })
	}
}

// offerFigures says in one line how an offer does.
func offerFigures(o app.Offered) string {
	text := fmt.Sprintf("%s, %.2f Mb/s each", count(len(o.Viewers), "viewer"), o.Source.Bitrate/1e6)
	for _, v := range o.Viewers {
		way := "direct"
		if v.Relayed {
			way = "relayed"
		}
		text += fmt.Sprintf("; %s %s %s", v.ID, way, v.RoundTrip.Round(100*time.Microsecond))
	}
	if o.Service.Refused > 0 {
		text += fmt.Sprintf("; %d refused", o.Service.Refused)
	}
	if o.Source.Trouble != nil {
		text += "; " + o.Source.Trouble.Error()
	}
	return text
}
