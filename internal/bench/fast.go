package main

import (
	"context"
	"errors"
	"time"

	"kinora/internal/rig"
)

// measureFast plays a day at 32 times its speed, with the keys.
func measureFast(ctx context.Context, s setting) (found []figure, err error) {
	const span = 10 * time.Second
	d, err := openDay(ctx, s.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.screen.Keys(ctx, "l", "l", "l", "l", "l", "l"); err != nil { // 1, 2, 4, 8, 16, 32
		return nil, err
	}
	if err := rest(ctx, settled); err != nil {
		return nil, err
	}
	before, err := costs(d.kinora, d.service)
	if err != nil {
		return nil, err
	}
	watching, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	seen, err := rig.NewWatcher(d.screen).Watch(watching, d.place)
	if err := errors.Join(err, ctx.Err(), d.kinora.Running()); err != nil {
		return nil, err
	}
	after, err := costs(d.kinora, d.service)
	if err != nil {
		return nil, err
	}
	return []figure{
		measured("pictures at 32 times", float64(len(seen))/span.Seconds(), "a second").atLeast(8),
		measured("Kinora meanwhile", (after.player-before.player).Seconds()/span.Seconds(), "cores").atMost(1),
		measured("kinorad beside it", (after.service-before.service).Seconds()/span.Seconds(), "cores"),
	}, nil
}
