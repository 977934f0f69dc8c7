package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"kinora/internal/xscreen"
)

// A run is one start of Kinora, and the shots that are taken on the way.
type run struct {
	name  string
	start func(context.Context, *stage) error
	shots []shot
}

// A shot is a state of the program: how it is reached from the one before, and how one sees that it is there.
type shot struct {
	name   string                              // empty: nobody wants to see it, it only leads to the next
	reach  func(context.Context, *stage) error // nil: it is there by itself
	moving bool                                // video plays
	brief  bool                                // neither: something small moves, and it is there after a moment
	leave  []string                            // keys that lead back
}

// has tells whether one of the wanted shots is in the run; all are when none is named.
func (r run) has(wanted []string) bool {
	return wanted == nil || slices.ContainsFunc(r.shots, func(s shot) bool { return slices.Contains(wanted, s.name) })
}

// perform does a run on a stage of its own.
func perform(ctx context.Context, r run, size image.Point, theme string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	s, err := newStage(ctx, size, theme)
	if err != nil {
		return err
	}
	if err = r.start(ctx, s); err != nil {
		err = errors.Join(err, s.save("failed-"+r.name))
	} else {
		for _, shot := range r.shots {
			if e := s.take(ctx, shot); e != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", shot.name, e))
			}
		}
	}
	return errors.Join(err, s.close())
}

// take reaches a state and saves the screen. What is there instead is saved too, under another name.
func (s *stage) take(ctx context.Context, shot shot) error {
	if shot.reach != nil {
		if err := shot.reach(ctx, s); err != nil {
			return err
		}
	}
	settled := s.quiet
	if shot.brief {
		settled = moment
	}
	if shot.moving {
		settled = s.moving
	}
	if err := settled(ctx); err != nil {
		return errors.Join(err, s.save("failed-"+shot.name))
	}
	if shot.name == "" {
		return nil
	}
	if err := s.save(shot.name); err != nil {
		return err
	}
	return s.screen.Keys(ctx, shot.leave...)
}

// later reaches a state that follows by itself upon another: the screen comes to rest, and then becomes another one
// within a minute. A clock that ticks does not make it another.
func later(reach func(context.Context, *stage) error) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		if reach != nil {
			if err := reach(ctx, s); err != nil {
				return err
			}
		}
		if err := s.quiet(ctx); err != nil {
			return err
		}
		before, err := s.screen.Image()
		if err != nil {
			return err
		}
		return s.looks(ctx, time.Minute, "the screen stays as it is", func(now *image.RGBA, _ float64) bool {
			return xscreen.Changed(before, now) > still
		})
	}
}

// moment lets the program paint what it was asked for.
func moment(ctx context.Context) error {
	return after(1500*time.Millisecond, nothing)(ctx, nil)
}

// after reaches a state by keys, so long after the one before: figures need time to become telling.
func after(d time.Duration, reach func(context.Context, *stage) error) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		select {
		case <-time.After(d):
			return reach(ctx, s)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// nothing reaches a state that comes by itself.
func nothing(context.Context, *stage) error { return nil }

// press reaches a state by keys.
func press(keys ...string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error { return s.screen.Keys(ctx, keys...) }
}
