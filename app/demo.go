package app

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	demoPrefix    = "demo-"
	demoRetention = 24 * time.Hour
)

// StartDemo records the first demo camera that is not in use into the stream of its name, which is made if it is
// missing and keeps a day, and watches that stream. It returns the stream's name. It blocks.
func (a *App) StartDemo(ctx context.Context) (stream string, err error) {
	cameras := a.Cameras()
	i := slices.IndexFunc(cameras, func(c Camera) bool { return c.Demo() && !a.Recordings.Active(c.ID) })
	if i < 0 {
		return "", errors.New("every demo camera is running already")
	}
	c := cameras[i]
	acc := a.account.Get()
	if acc == nil {
		return "", errNoAccount
	}
	streams, err := acc.Streams(ctx)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(streams, func(s Stream) bool { return s.Name == c.ID }) {
		if err := a.Streams.Create(ctx, c.ID, demoRetention); err != nil {
			return "", err
		}
	}
	if err := a.Recordings.Start(c.ID, c); err != nil {
		return "", err
	}
	a.Streams.Refresh()
	a.Watch.Select(c.ID)
	return c.ID, nil
}
