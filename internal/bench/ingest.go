package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/rig"
	"kinora/kvs"
)

// measureIngest lets ten producers send to kinorad and takes the processor time it needs for a second of a stream.
func measureIngest(ctx context.Context, s setting) ([]figure, error) {
	const producers, warm, span = 10, 4 * time.Second, 20 * time.Second
	t, err := rig.Tape1080.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	var streams []string
	for i := range producers {
		streams = append(streams, fmt.Sprintf("camera-%02d", i))
	}
	kinorad, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), streams...)
	if err != nil {
		return nil, err
	}
	defer kinorad.Stop()

	sending, stop := context.WithCancel(ctx)
	defer stop()
	group, sending := errgroup.WithContext(sending)
	for _, stream := range streams {
		sender := &rig.Sender{Tape: t, Client: account.Client, Stream: stream}
		group.Go(func() error { return sender.Run(sending) })
	}
	var used time.Duration
	if err = rest(sending, warm); err == nil {
		used, err = usage(sending, span, kinorad)
	}
	stop()
	if sent := group.Wait(); sent != nil {
		return nil, sent
	}
	if err != nil {
		return nil, err
	}
	if err := stored(ctx, account.Client, streams, span); err != nil {
		return nil, err
	}
	perSecond := milliseconds(used) / (producers * span.Seconds())
	return []figure{measured("kinorad, for a second of one stream", perSecond, "ms CPU").atMost(10)}, nil
}

// stored returns an error unless each stream holds what was sent to it in the last span: dropping costs no time.
func stored(ctx context.Context, client *kvs.Client, streams []string, span time.Duration) error {
	want := int(span/(rig.KeyFrames*rig.FrameTime)) - 1
	for _, stream := range streams {
		now := time.Now()
		fragments, err := client.List(ctx, stream, kvs.ServerTime, now.Add(-span), now)
		if err != nil {
			return err
		}
		if len(fragments) < want {
			return fmt.Errorf("%s holds %d fragments of the last %v, want %d", stream, len(fragments), span, want)
		}
	}
	return nil
}

// usage returns the processor time that some processes use in a span together.
func usage(ctx context.Context, span time.Duration, processes ...*rig.Process) (time.Duration, error) {
	total := func() (sum time.Duration, err error) {
		for _, p := range processes {
			used, err := p.CPU()
			if err != nil {
				return 0, err
			}
			sum += used
		}
		return sum, nil
	}
	before, err := total()
	if err != nil {
		return 0, err
	}
	if err := rest(ctx, span); err != nil {
		return 0, err
	}
	after, err := total()
	return after - before, err
}

// rest waits for a while, or for the end of ctx, which is an error.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
