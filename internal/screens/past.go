package main

import (
	"context"
	"time"

	"kinora/internal/rig"
)

// pastTape is what the archive of withPast shows over and over.
var pastTape = rig.Recipe{Width: 640, Height: 360, Kilobits: 200, Seconds: 20}

// withPast runs Kinora on a service that holds most of a day of one stream: ten recordings of twenty minutes with gaps of ten
// minutes, and of six hours in the middle.
func withPast(ctx context.Context, s *stage) error {
	tape, err := pastTape.Load(ctx, rig.Dir)
	if err != nil {
		return err
	}
	const run = 600 // fragments of 2 s
	err = rig.Fill(ctx, s.serviceDir(), rig.Past{
		Stream: live, Fragments: 10 * run, Tape: tape, Length: 2 * time.Second, Until: time.Now().Add(-10 * time.Second),
		Gap: func(i int) time.Duration {
			switch {
			case i == 5*run-1:
				return 6 * time.Hour
			case i%run == run-1:
				return 10 * time.Minute
			}
			return 0
		},
	})
	if err != nil {
		return err
	}
	account, err := s.serveStreams(ctx, silent)
	if err != nil {
		return err
	}
	return s.open(ctx, account.Env, "--endpoint", account.Endpoint)
}

// onBar is a place in the middle of the strip of what is recorded: at a share of the width of the bar, which is right of the
// side bar.
func (s *stage) onBar(share float64) (x, y int) {
	const side, below = 240, 100 // the side bar; from the strip to the foot of the window
	return side + int(share*float64(s.screen.Size.X-side)), s.screen.Size.Y - below
}

// hover puts the pointer on the timeline.
func hover(share float64) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		x, y := s.onBar(share)
		return s.screen.Move(ctx, x, y)
	}
}

// seek clicks on the timeline, and takes the pointer away.
func seek(share float64) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		x, y := s.onBar(share)
		if err := s.screen.Click(ctx, x, y, 1); err != nil {
			return err
		}
		return s.screen.Move(ctx, s.screen.Size.X/2, s.screen.Size.Y/3)
	}
}
