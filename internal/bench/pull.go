package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/rig"
	"kinora/internal/xscreen"
)

// measurePull opens a window on an archive, has its bar of time show all of that, and pulls the bar to and fro: each picture of the
// window is another redraw of it.
func measurePull(ctx context.Context, dir string, p *past) (found []figure, err error) {
	screen, err := xscreen.Start(ctx, smallWindow)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	kinora, err := rig.Window(ctx, dir, screen, p.account.Env, "--endpoint", p.account.Endpoint)
	if err != nil {
		return nil, err
	}
	defer kinora.Stop()
	waiting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := screen.Focus(waiting, "Kinora"); err != nil {
		return nil, err
	}
	middle := p.begin.Add(p.end.Sub(p.begin) / 2)
	if err := openAt(waiting, dir, kinora, p.account, pastStream, middle); err != nil {
		return nil, err
	}
	if err := rest(ctx, settled); err != nil {
		return nil, err
	}
	if err := screen.Keys(ctx, "0"); err != nil { // all of it
		return nil, err
	}
	if err := rest(ctx, settled); err != nil {
		return nil, err
	}
	head, err := playhead(screen)
	if err != nil {
		return nil, errors.Join(err, screen.Save(filepath.Join(rig.Dir, "pull-without-playhead.png")))
	}
	ruler := head
	for row := make([]byte, 4); ; ruler.Y-- { // it is where the playhead begins
		if err := screen.Row(row, head.X, ruler.Y-rulerHeight/2); err != nil {
			return nil, err
		}
		if !white(row, 0) {
			break
		}
	}
	var moved movements
	group, running := errgroup.WithContext(ctx)
	watching, stop := context.WithCancel(running)
	defer stop()
	group.Go(func() (err error) {
		moved, err = watchPlayhead(watching, screen, head.Y, dragTime)
		return err
	})
	group.Go(func() error {
		defer stop()
		return screen.Drag(running, dragPath(ruler, head.X > screen.Size.X/2), dragInterval)
	})
	if err := errors.Join(group.Wait(), kinora.Running()); err != nil {
		return nil, err
	}
	return []figure{
		// Whoever looks each 2 ms is off by less than a tenth in ten seconds.
		measured("redraws in the window while it is pulled", math.Round(10*moved.perSecond())/10, "a second").atLeast(60),
		measured("it stands still meanwhile, longest", milliseconds(moved.still), "ms").atMost(50),
	}, nil
}

const rulerHeight = 16 // pixels

// openAt has a Kinora show a time of a stream, once it listens.
func openAt(ctx context.Context, dir string, kinora *rig.Process, a *rig.Account, stream string, at time.Time) error {
	for {
		_, err := rig.OpenLink(ctx, dir, link(a, stream, at))
		if err == nil {
			return nil
		}
		if ended := rest(ctx, 100*time.Millisecond); ended != nil {
			return errors.Join(err, kinora.Running())
		}
	}
}

// link names a moment of a stream.
func link(a *rig.Account, stream string, at time.Time) string {
	host := strings.TrimPrefix(strings.TrimPrefix(a.Endpoint, "http://"), "https://")
	return fmt.Sprintf("kinora://%s/%s@%s", strings.ReplaceAll(host, ":", "%3A"), stream, at.UTC().Format("2006-01-02T15:04:05.000Z"))
}
