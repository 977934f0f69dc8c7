package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"time"

	"kinora/internal/caller"
	"kinora/internal/rig"
	"kinora/internal/xscreen"
	"kinora/media"
)

// reel plays a tape in real time, over and over, and remembers when each frame went.
type reel struct {
	tape  *rig.Tape
	epoch time.Time
	over  <-chan struct{}

	mu   sync.Mutex
	sent []time.Time
}

func (r *reel) Tracks() []media.Track { return []media.Track{r.tape.Track} }
func (r *reel) Epoch() time.Time      { return r.epoch }
func (r *reel) Close() error          { return nil }

func (r *reel) Read() (*media.Packet, error) {
	r.mu.Lock()
	i := len(r.sent)
	r.mu.Unlock()
	select {
	case <-r.over:
		return nil, io.EOF
	case <-time.After(time.Until(r.epoch.Add(time.Duration(i) * rig.FrameTime))):
	}
	p := *r.tape.Frames[i%len(r.tape.Frames)]
	p.Track, p.PTS = r.tape.Track.ID, time.Duration(i)*rig.FrameTime
	p.DTS = p.PTS
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, time.Now())
	return &p, nil
}

func (r *reel) times() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]time.Time(nil), r.sent...)
}

const glassSpan = 10 * time.Second

// measureGlass takes the time from the moment that a frame is given to a master until it is on the screen of a viewer, and then the same of
// an upload that is watched by GetMedia.
func measureGlass(ctx context.Context, s setting) ([]figure, error) {
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	called, err := glassOfCall(ctx, filepath.Join(s.dir, "call"), t)
	if err != nil {
		return nil, err
	}
	watched, err := glassOfStream(ctx, filepath.Join(s.dir, "stream"), t)
	if err != nil {
		return nil, err
	}
	return []figure{
		measured("a call, median", milliseconds(percentile(called, 50)), "ms").atMost(100),
		measured("a call, 95th percentile", milliseconds(percentile(called, 95)), "ms"),
		measured("a call beside GetMedia, median", milliseconds(percentile(called, 50)), "ms").against("GetMedia", milliseconds(percentile(watched, 50))),
	}, nil
}

func glassOfStream(ctx context.Context, dir string, t *rig.Tape) (took []time.Duration, err error) {
	run, err := rig.Live(ctx, dir, rig.SessionOptions{Tape: t, Size: smallWindow})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	place, err := rig.Picture(ctx, run.Screen, run.Kinora)
	if err != nil {
		return nil, err
	}
	took, _, err = follow(ctx, run, place, glassSpan)
	return took, err
}

func glassOfCall(ctx context.Context, dir string, t *rig.Tape) (took []time.Duration, err error) {
	kinorad, account, err := rig.Serve(ctx, filepath.Join(dir, "service"))
	if err != nil {
		return nil, err
	}
	defer kinorad.Stop()
	if _, err := account.Client.CreateChannel(ctx, channel, 0); err != nil {
		return nil, err
	}
	showing, stop := context.WithCancel(ctx)
	defer stop()
	film, shown := &reel{tape: t, epoch: time.Now(), over: showing.Done()}, make(chan error, 1)
	go func() { shown <- caller.Show(showing, caller.To(account.Env, channel), film, nil) }()
	defer func() { stop(); err = errors.Join(err, <-shown) }()
	screen, err := xscreen.Start(ctx, smallWindow)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	kinora, err := rig.Window(ctx, dir, screen, account.Env, "--endpoint", account.Endpoint)
	if err != nil {
		return nil, err
	}
	defer kinora.Stop()
	if err := dial(ctx, screen); err != nil {
		return nil, err
	}
	place, err := rig.Picture(ctx, screen, kinora)
	if err != nil {
		return nil, err
	}
	const straggling = time.Second // frames that were sent in the span are still waited for
	watching, cancel := context.WithTimeout(ctx, settled+glassSpan+straggling)
	defer cancel()
	from := time.Now().Add(settled)
	seen, err := rig.NewWatcher(screen).Watch(watching, place)
	if err := errors.Join(err, kinora.Running(), ctx.Err()); err != nil {
		return nil, err
	}
	took, expected := delays(film.times(), seen, len(t.Frames), from, from.Add(glassSpan))
	if expected == 0 {
		return nil, errors.New("the master showed nothing")
	}
	return took, nil
}

// dial calls the only channel, as a person does.
func dial(ctx context.Context, screen *xscreen.Display) error {
	waiting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := screen.Focus(waiting, "Kinora"); err != nil {
		return err
	}
	for _, keys := range [][]string{{"ctrl+3"}, {"Down"}, {"d"}} {
		if err := rest(ctx, settled); err != nil {
			return err
		}
		if err := screen.Keys(ctx, keys...); err != nil {
			return err
		}
	}
	return nil
}
