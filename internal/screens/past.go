package main

import (
	"context"
	"time"

	"kinora/internal/rig"
)

// pastTape is what the archive of withPast shows over and over.
var pastTape = rig.Recipe{Width: 640, Height: 360, Kilobits: 200, Seconds: 20}

// run20 is how many fragments of 2 s a recording of withPast has.
const run20 = 600

// withPast runs Kinora on a service that holds most of a day of one stream: ten recordings of twenty minutes with gaps of ten
// minutes, and of six hours in the middle.
func withPast(ctx context.Context, s *stage) error {
	account, err := s.past(ctx, 10, func(i int) time.Duration {
		switch {
		case i == 5*run20-1:
			return 6 * time.Hour
		case i%run20 == run20-1:
			return 10 * time.Minute
		}
		return 0
	})
	if err != nil {
		return err
	}
	return s.open(ctx, account.Env, "--endpoint", account.Endpoint)
}

// withSlowPast runs Kinora on a service that holds twenty minutes of one stream, and gives out so many bytes a second.
func withSlowPast(back int) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		account, err := s.past(ctx, 1, nil)
		if err != nil {
			return err
		}
		return s.openBy(ctx, account, 0, back)
	}
}

// past starts a service with recordings of twenty minutes, the last of which ends now.
func (s *stage) past(ctx context.Context, recordings int, gap func(i int) time.Duration) (*rig.Account, error) {
	tape, err := pastTape.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	err = rig.Fill(ctx, s.serviceDir(), rig.Past{
		Stream: live, Fragments: recordings * run20, Tape: tape, Length: 2 * time.Second, Until: time.Now().Add(-10 * time.Second), Gap: gap,
	})
	if err != nil {
		return nil, err
	}
	return s.serveStreams(ctx, silent)
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

// barButton clicks on one of the buttons below the timeline, so far from the left end of the bar.
func barButton(x int) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		const side, foot = 240, 19
		return s.screen.Click(ctx, side+x, s.screen.Size.Y-foot, 1)
	}
}
