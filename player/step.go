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
		var err error
		if at, left, r, err = d.countOff(ctx, f, left, at, nil); err != nil || left == 0 {
			return at, err
		}
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
		if at, left, r, err = d.countOff(ctx, f, left, at, r); err != nil || left == 0 {
			return at, err
		}
	}
}

// countOff goes left frames into a fragment, from its edge. What is left of them is returned, with the last frame's time, and the
// fragment's roll, nil when it cannot be had. from is the roll that the steps come from, nil when it is not the next one.
func (d *Deck) countOff(ctx context.Context, f media.Fragment, left int, at time.Time, from *roll) (time.Time, int, *roll, error) {
	rec, err := d.o.Archive.Load(ctx, f)
	if lost(err) {
		return at, left, nil, nil
	}
	if err != nil {
		return at, left, nil, err
	}
	r := newRoll(rec)
	switch {
	case from == nil:
	case left < 0:
		r = r.with(from.rec)
	default:
		both := from.with(rec)
		if at, left = both.count(len(from.times), left, at); left == 0 {
			return at, 0, r, nil
		}
	}
	begin := 0
	if left < 0 {
		begin = len(r.times)
	}
	at, left = r.count(begin, left, at)
	return at, left, r, nil
}

// count goes left pictures from between two of a roll. What is left of them is returned, with the time of the last one that it came to.
func (r *roll) count(i, left int, at time.Time) (time.Time, int) {
	switch {
	case left > 0 && i < len(r.times):
		n := min(left, len(r.times)-i)
		return r.at(r.times[i+n-1]), left - n
	case left < 0 && i > 0:
		n := min(-left, i)
		return r.at(r.times[i-n]), left + n
	}
	return at, left
}
