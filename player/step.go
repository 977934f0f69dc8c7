package player

import (
	"context"
	"errors"
	"io"
	"time"

	"kinora/media"
)

// step finds the frame that steps lead to, and makes it the place of all.
func (d *Deck) step(ctx context.Context, w wish) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.seat.asking(cancel)
	defer d.seat.asking(nil)
	at, err := d.stepped(ctx, w)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		d.retry(err)
	default:
		d.failed = 0
		d.seat.stepped(w, at)
	}
}

// stepped returns the time of the frame that is w.steps behind the one shown, or the last one that there is. It passes by
// fragments without pictures and those that cannot be had.
func (d *Deck) stepped(ctx context.Context, w wish) (time.Time, error) {
	at, left := w.course.position(time.Now()), w.steps
	r, s := d.roll, d.aim.spot
	f := s.fragment
	if r != nil && !r.empty() {
		i := r.shows(at) + left
		if i >= 0 && i < len(r.times) {
			return r.at(r.times[i]), nil
		}
		if at = r.at(r.times[0]); left > 0 {
			at = r.at(r.times[len(r.times)-1])
			left = i - (len(r.times) - 1)
		} else {
			left = i
		}
		f = r.rec.Fragment
	} else if !s.found {
		// In a gap, the first frame is that at its edge.
		if left > 0 {
			f = s.next
		}
		if f.Number == "" {
			return at, nil
		}
		next, further, err := d.countOff(ctx, f, left, at)
		if err != nil || further == 0 {
			return next, err
		}
		at, left = next, further
	}
	for {
		var err error
		f, err = d.o.Archive.Next(ctx, f, left > 0)
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return at, err
		}
		if at, left, err = d.countOff(ctx, f, left, at); err != nil || left == 0 {
			return at, err
		}
	}
}

// countOff goes left frames into a fragment, from its edge. What is left of them is returned, with the last frame's time.
func (d *Deck) countOff(ctx context.Context, f media.Fragment, left int, at time.Time) (time.Time, int, error) {
	rec, err := d.o.Archive.Load(ctx, f)
	if lost(err) {
		return at, left, nil
	}
	if err != nil {
		return at, left, err
	}
	r := newRoll(rec)
	n := len(r.times)
	switch {
	case n == 0:
		return at, left, nil
	case left > n:
		return r.at(r.times[n-1]), left - n, nil
	case left < -n:
		return r.at(r.times[0]), left + n, nil
	case left > 0:
		return r.at(r.times[left-1]), 0, nil
	default:
		return r.at(r.times[n+left]), 0, nil
	}
}
