package main

import (
	"context"
	"errors"
	"time"

	"kinora/internal/rig"
)

// measureCPU takes the processor time of app and embedded service while one tile plays in a window.
func measureCPU(ctx context.Context, s setting) (found []figure, err error) {
	const span = 20 * time.Second
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	run, err := rig.Live(ctx, s.dir, rig.SessionOptions{Tape: t, Size: smallWindow, Embedded: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	if _, err := rig.Picture(ctx, run.Screen, run.Kinora); err != nil {
		return nil, err
	}
	if err := rest(ctx, settled); err != nil {
		return nil, err
	}
	used, err := usage(ctx, span, run.Kinora)
	if err != nil {
		return nil, err
	}
	return []figure{measured("app and service, one 720p30 tile", used.Seconds()/span.Seconds(), "cores").atMost(0.6)}, nil
}
