package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"time"

	"kinora/internal/rig"
	"kinora/internal/xscreen"
)

// half is how long each player plays in a turn; each has two.
const half = 30 * time.Second

// A turn is what a player used and showed in one half.
type turn struct {
	player, service time.Duration // processor time
	shown, expected int           // frames
}

func (t *turn) add(o turn) {
	t.player, t.service = t.player+o.player, t.service+o.service
	t.shown, t.expected = t.shown+o.shown, t.expected+o.expected
}

// measureFullscreen plays 1080p30 on the full screen, Kinora and mpv in turn, so that what else the machine does meets
// both. Kinora receives the media live from kinorad, mpv reads it from a file.
func measureFullscreen(ctx context.Context, s setting) ([]figure, error) {
	t, err := rig.Tape1080.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	_, missing := exec.LookPath("mpv")
	var ours, theirs turn
	for i := range 2 {
		dir := fmt.Sprintf("%s/%d", s.dir, i)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		round, err := kinoraTurn(ctx, setting{dir: dir}, t)
		if err != nil {
			return nil, err
		}
		ours.add(round)
		if missing == nil {
			if round, err = mpvTurn(ctx, t); err != nil {
				return nil, fmt.Errorf("the peer: %w", err)
			}
			theirs.add(round)
		}
	}
	cpu := measured("Kinora, a minute of 1080p30", ours.player.Seconds(), "s CPU")
	shown := measured("frames shown", 100*float64(ours.shown)/float64(ours.expected), "%").atLeast(99)
	found := []figure{cpu, shown, measured("kinorad beside it", ours.service.Seconds(), "s CPU")}
	if missing != nil {
		return found, fmt.Errorf("there is nothing to compare with: %w; make bench-deps installs it", missing)
	}
	found[0] = cpu.against("mpv", theirs.player.Seconds()).atMost(0.85)
	return append(found, measured("frames shown by mpv", 100*float64(theirs.shown)/float64(theirs.expected), "%")), nil
}

var fullScreen = image.Pt(1920, 1080)

func kinoraTurn(ctx context.Context, s setting, t *rig.Tape) (result turn, err error) {
	run, err := rig.Live(ctx, s.dir, rig.SessionOptions{Tape: t, Size: fullScreen, Args: []string{"--fullscreen"}})
	if err != nil {
		return turn{}, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	place, err := rig.Picture(ctx, run.Screen, run.Kinora)
	if err != nil {
		return turn{}, err
	}
	return watchTurn(ctx, run.Screen, place, run.Kinora, run.Service)
}

func mpvTurn(ctx context.Context, t *rig.Tape) (result turn, err error) {
	screen, err := xscreen.Start(ctx, fullScreen)
	if err != nil {
		return turn{}, err
	}
	defer func() { err = errors.Join(err, screen.Close()) }()
	mpv, err := rig.Launch(ctx, "mpv", screen.Env(), "mpv", "--no-config", "--vo=gpu", "--gpu-sw", "--hwdec=no", "--no-audio", "--no-osc",
		"--osd-level=0", "--fullscreen", "--geometry=1920x1080+0+0", "--loop-file=inf", "--no-terminal", t.Path)
	if err != nil {
		return turn{}, err
	}
	defer mpv.Stop()
	place, err := rig.Picture(ctx, screen, mpv)
	if err != nil {
		return turn{}, err
	}
	return watchTurn(ctx, screen, place, mpv, nil)
}

// watchTurn watches a player that shows a tape for one half, after it has settled.
func watchTurn(ctx context.Context, screen *xscreen.Display, place rig.Strip, player, service *rig.Process) (turn, error) {
	if err := rest(ctx, settled); err != nil {
		return turn{}, err
	}
	watching, cancel := context.WithTimeout(ctx, half)
	defer cancel()
	before, err := costs(player, service)
	if err != nil {
		return turn{}, err
	}
	seen, err := rig.NewWatcher(screen).Watch(watching, place)
	if err := errors.Join(err, ctx.Err()); err != nil {
		return turn{}, err
	}
	after, err := costs(player, service)
	return turn{after.player - before.player, after.service - before.service, len(seen), int(half / rig.FrameTime)}, err
}

func costs(player, service *rig.Process) (t turn, err error) {
	if t.player, err = player.CPU(); err != nil || service == nil {
		return t, err
	}
	t.service, err = service.CPU()
	return t, err
}
