//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"kinora/app"
	"kinora/kvs"
)

const (
	// askFor is how long a recording waits to learn whether its stream is there.
	askFor = 2 * time.Second
	// askAgain is the pause between two attempts to make the stream of an account that could not be reached.
	askAgain = 10 * time.Second
)

// errNoStream is final: only a person can say for how long a stream is to keep what it gets.
var errNoStream = errors.New("--keep HOURS makes it")

// makeStream makes the stream where that is wanted and it is missing. It reports whether the account could say so: one
// that cannot be reached, or lets nobody list its streams, is no reason not to record.
func (c recordCommand) makeStream(ctx context.Context, a *app.App) (known bool, err error) {
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	err = c.ensureStream(asking, a)
	if err == nil || errors.Is(err, errNoStream) {
		return true, err
	}
	fmt.Fprintf(os.Stderr, "%s does not say whether it has the stream; what is recorded stays on this disk until it takes it: %v\n", a.Account().Get().Name(), err)
	return false, ctx.Err()
}

// keepMaking makes the stream when the account can be reached again, until ctx ends.
func (c recordCommand) keepMaking(ctx context.Context, a *app.App, known bool, log *slog.Logger) {
	for !known {
		select {
		case <-ctx.Done():
			return
		case <-time.After(askAgain):
		}
		asking, cancel := context.WithTimeout(ctx, askAgain)
		err := c.ensureStream(asking, a)
		cancel()
		if err != nil {
			log.Info("the stream cannot be made yet", "stream", c.Stream, "err", err)
		}
		known = err == nil || errors.Is(err, errNoStream) || kvs.Classify(err) == kvs.GiveUp
	}
}

// ensureStream asks once.
func (c recordCommand) ensureStream(ctx context.Context, a *app.App) error {
	acc := a.Account().Get()
	keep := time.Duration(c.Keep) * time.Hour
	if keep == 0 && acc.Kind() == thisComputer {
		keep = 24 * time.Hour
	}
	streams, err := acc.Streams(ctx)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(streams, func(s app.Stream) bool { return s.Name == c.Stream }):
		return nil
	case keep == 0:
		return fmt.Errorf("%s has no stream %q; %w", acc.Name(), c.Stream, errNoStream)
	}
	return a.Streams.Create(ctx, c.Stream, keep)
}
