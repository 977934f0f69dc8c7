package main

import (
	"context"
	"sync"
	"time"

	"kinora/media"
	"kinora/telemetry"
)

// withTelemetry lays timed lines beside a picture. Lines that are not there yet are no reason to lose the picture.
func withTelemetry(camera media.Opener, spec string) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		video, err := camera(ctx)
		if err != nil {
			return nil, err
		}
		return telemetry.Merge(video, newAwaited(ctx, func(ctx context.Context) (media.Source, error) { return telemetry.Open(ctx, spec) })), nil
	}
}

// lookAgain is the pause between two attempts to open a source of lines.
const lookAgain = 2 * time.Second

// awaited is a source of lines that is opened as soon as that can be done.
type awaited struct {
	open   media.Opener
	epoch  time.Time
	ctx    context.Context // of the source's whole life
	cancel context.CancelFunc

	mu      sync.Mutex
	source  media.Source // nil: not opened yet
	shift   time.Duration
	trouble error
}

func newAwaited(ctx context.Context, open media.Opener) *awaited {
	a := &awaited{open: open, epoch: time.Now()}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

func (a *awaited) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text, Name: "telemetry"}}
}

func (a *awaited) Epoch() time.Time { return a.epoch }

func (a *awaited) Read() (*media.Packet, error) {
	src, shift, err := a.opened()
	if err != nil {
		return nil, err
	}
	p, err := src.Read()
	if err != nil {
		return nil, err
	}
	p.PTS += shift
	p.DTS += shift
	return p, nil
}

// opened returns the source, and by how much its epoch is later than this one's.
func (a *awaited) opened() (media.Source, time.Duration, error) {
	if a.source != nil {
		return a.source, a.shift, nil
	}
	for {
		src, err := a.open(a.ctx)
		a.mu.Lock()
		if a.trouble = err; err == nil {
			a.source, a.shift = src, src.Epoch().Sub(a.epoch)
		}
		a.mu.Unlock()
		if err == nil {
			return a.source, a.shift, nil
		}
		select {
		case <-a.ctx.Done():
			return nil, 0, a.ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// Trouble says why no lines come.
func (a *awaited) Trouble() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t, ok := a.source.(interface{ Trouble() error }); ok {
		return t.Trouble()
	}
	return a.trouble
}

// Counts are those of the lines.
func (a *awaited) Counts() telemetry.Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.source.(interface{ Counts() telemetry.Counts }); ok {
		return c.Counts()
	}
	return telemetry.Counts{}
}

func (a *awaited) Close() error {
	a.cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.source == nil {
		return nil
	}
	return a.source.Close()
}
