package main

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/rig"
	"kinora/internal/xscreen"
)

// settled is how long a picture is shown before anything is counted: connections, clocks and caches settle.
const settled = 5 * time.Second

// smallWindow is the size at which one tile in a window is measured.
var smallWindow = image.Pt(1280, 800)

// measureLatency takes the time from the moment a frame is handed to the network until it is on the screen.
func measureLatency(ctx context.Context, s setting) (found []figure, err error) {
	const span = 20 * time.Second
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	run, err := rig.Live(ctx, s.dir, rig.SessionOptions{Tape: t, Size: smallWindow})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	place, err := rig.Picture(ctx, run.Screen, run.Kinora)
	if err != nil {
		return nil, err
	}
	took, expected, err := follow(ctx, run, place, span)
	if err != nil {
		return nil, err
	}
	return []figure{
		measured("live, median", milliseconds(percentile(took, 50)), "ms").atMost(120),
		measured("live, 95th percentile", milliseconds(percentile(took, 95)), "ms").atMost(200),
		measured("frames seen", 100*float64(len(took))/float64(expected), "%"),
	}, nil
}

// follow watches the screen for a span, after the picture has settled. It returns how long each frame that was seen
// took, and how many were sent in the span.
func follow(ctx context.Context, s *rig.Session, place rig.Strip, span time.Duration) ([]time.Duration, int, error) {
	const straggling = time.Second // frames that were sent in the span are still waited for
	watching, cancel := context.WithTimeout(ctx, settled+span+straggling)
	defer cancel()
	from := time.Now().Add(settled)
	seen, err := rig.NewWatcher(s.Screen).Watch(watching, place)
	if err := errors.Join(err, s.Kinora.Running(), ctx.Err()); err != nil {
		return nil, 0, err
	}
	took, expected := delays(s.Sender.Sent(), seen, len(s.Sender.Tape.Frames), from, from.Add(span))
	if expected == 0 {
		return nil, 0, errors.New("the sender sent nothing")
	}
	return took, expected, nil
}

// measureFirst takes the time from the key that chooses a stream until its first picture, a few times over. The stream
// is live, its key frames 2 s apart.
func measureFirst(ctx context.Context, s setting) (found []figure, err error) {
	const silent, live, times = "dock", "gate", 8
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	kinorad, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), silent, live)
	if err != nil {
		return nil, err
	}
	defer kinorad.Stop()
	screen, err := xscreen.Start(ctx, smallWindow)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	kinora, err := rig.Window(ctx, s.dir, screen, account.Env, "--endpoint", account.Endpoint)
	if err != nil {
		return nil, err
	}
	defer kinora.Stop()

	sending, stop := context.WithCancel(ctx)
	group, sending := errgroup.WithContext(sending)
	sender := &rig.Sender{Tape: t, Client: account.Client, Stream: live}
	group.Go(func() error { return sender.Run(sending) })
	took, err := choose(sending, screen, times)
	stop()
	if err := errors.Join(err, group.Wait(), kinora.Running()); err != nil {
		return nil, err
	}
	return []figure{
		measured("first picture, median", percentile(took, 50).Seconds(), "s").atMost(1),
		measured("first picture, longest", percentile(took, 100).Seconds(), "s"),
	}, nil
}

// choose goes from the silent stream down to the live one and back up, and takes the time of each way down.
func choose(ctx context.Context, screen *xscreen.Display, times int) ([]time.Duration, error) {
	waiting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := screen.Focus(waiting, "Kinora"); err != nil {
		return nil, err
	}
	if err := rest(ctx, settled); err != nil {
		return nil, err
	}
	if err := screen.Keys(ctx, "Down"); err != nil { // to the first, which is the silent one
		return nil, err
	}
	var took []time.Duration
	for i := range times {
		pressed := time.Now()
		if err := screen.Keys(ctx, "Down"); err != nil {
			return nil, err
		}
		waiting, cancel := context.WithTimeout(ctx, 20*time.Second)
		_, at, err := rig.NewWatcher(screen).Locate(waiting)
		cancel()
		if err != nil {
			return nil, errors.Join(err, screen.Save(filepath.Join(rig.Dir, "first-without-picture.png")))
		}
		took = append(took, at.Sub(pressed))
		if err := screen.Keys(ctx, "Up"); err != nil {
			return nil, err
		}
		if err := gone(ctx, screen); err != nil {
			return nil, err
		}
		// The next key comes at another place between two key frames each time.
		if err := rest(ctx, 1500*time.Millisecond+time.Duration(i)*2*time.Second/time.Duration(times)); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// gone waits until no picture with a number is on the screen.
func gone(ctx context.Context, screen *xscreen.Display) error {
	watcher, deadline := rig.NewWatcher(screen), time.Now().Add(10*time.Second)
	for {
		_, found, err := watcher.Search()
		if err != nil || !found {
			return err
		}
		if time.Now().After(deadline) {
			return errors.New("the picture stays when another stream is chosen")
		}
		if err := rest(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
