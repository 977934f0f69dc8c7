package main

import (
	"context"
	"errors"
	"log/slog"

	"kinora/app"
	"kinora/localkvs"
)

// openCommand shows what a link names.
type openCommand struct {
	places
	Link     string `arg:"" optional:"" help:"The link; without one the window comes to the front."`
	LogLevel string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"warn" env:"KINORA_LOG_LEVEL"`
}

// run hands the link over to the Kinora that is running with the same data, or starts one.
func (c *openCommand) run(ctx context.Context) error {
	if c.Link == "" {
		return show(ctx, flags{places: c.places, LogLevel: c.LogLevel}, newLog(c.LogLevel))
	}
	link, err := app.ParseLink(c.Link)
	if err != nil {
		return err
	}
	path, request := socketPath(c.Data), requestOpen+link.String()
	if running, err := handOver(ctx, path, request); running || err != nil {
		return err
	}
	err = run(ctx, flags{places: c.places, LogLevel: c.LogLevel}, &link, newLog(c.LogLevel))
	if errors.Is(err, localkvs.ErrInUse) { // by one that is just starting, or by one that never listens
		if running, answer := handOverSoon(ctx, path, request); running {
			return answer
		}
	}
	return err
}

// show opens a window, or brings the one to the front that is open already, unless it is asked to show something of its own.
func show(ctx context.Context, f flags, log *slog.Logger) error {
	if !f.special() {
		if running, err := handOver(ctx, socketPath(f.Data), requestShow); running || err != nil {
			return err
		}
	}
	return run(ctx, f, nil, log)
}

// special reports whether the window is to show something of its own, which one that is open already cannot.
func (f *flags) special() bool {
	return f.Open != "" || f.Demo || f.DemoFile != "" || f.Endpoint != "" || f.Account != ""
}
