package clip

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kinora/media"
)

// Tries of what fails, and the pause before the second, which doubles each time.
const (
	tries = 6
	pause = time.Second
)

// taker is called for each fragment, in order: with what is in it, until it returns, or with why it cannot be had any more.
type taker func(f media.Fragment, r *media.Recorded, err error) error

// read gets fragments, patiently: what fails otherwise than by a fragment's own fault is tried again for half a minute, unless that is
// hopeless. What take returns ends it.
func read(ctx context.Context, o *Options, list []media.Fragment, take taker) error {
	wait := pause
	for try := 1; len(list) > 0; try++ {
		var taken int
		var refused error
		err := readOnce(ctx, o.Archive, list, func(f media.Fragment, r *media.Recorded, err error) error {
			if refused = take(f, r, err); refused == nil {
				taken++
			}
			return refused
		})
		if err == nil || refused != nil {
			return err
		}
		if list = list[taken:]; taken > 0 {
			try, wait = 1, pause
		}
		if len(list) == 0 {
			return nil // what failed was the end of an answer that had all
		}
		if o.Hopeless != nil && o.Hopeless(err) {
			return fmt.Errorf("fragment %s of %s may not be read: %w; start the same export again to go on when that has changed", list[0].Number, stamp(list[0].Start), err)
		}
		if try == tries || ctx.Err() != nil {
			return fmt.Errorf("fragment %s of %s cannot be had after %d tries: %w; start the same export again to go on", list[0].Number, stamp(list[0].Start), try, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		wait *= 2
	}
	return nil
}

// readOnce gets fragments as far as that goes.
func readOnce(ctx context.Context, a media.Archive, list []media.Fragment, take taker) error {
	if c, ok := a.(media.Copier); ok {
		return c.Copy(ctx, list, take)
	}
	for _, f := range list {
		r, err := a.Load(ctx, f)
		if err != nil && !errors.Is(err, media.ErrGone) && !errors.Is(err, media.ErrDamaged) {
			return err
		}
		if err := take(f, r, err); err != nil {
			return err
		}
	}
	return nil
}
