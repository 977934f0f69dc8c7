package player

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"kinora/media"
)

// walk is how far play has come from fragment to fragment.
type walk struct {
	forward bool
	tail    media.Fragment // the last one that was taken; without a Number there is none
	with    bool           // the tail itself is still to be taken
	edge    time.Time      // where what was taken ends
}

// walkFrom begins a walk at a spot, of which r was loaded; r is nil when there is nothing to show.
func walkFrom(s spot, r *roll, at time.Time, forward bool) walk {
	w := walk{forward: forward, tail: s.fragment, edge: at}
	switch {
	case r != nil:
		w.tail, w.edge = r.rec.Fragment, r.edge(forward)
	case s.found:
	case !forward:
		w.with = true
	case s.next.Number != "":
		w.tail, w.with = s.next, true
	}
	return w
}

// edge is where a roll ends in a direction.
func (r *roll) edge(forward bool) time.Time {
	if forward {
		return r.over()
	}
	return r.rec.Start
}

// nextFragment goes on with the fragment that follows in the direction of play when it is there, and waits for it
// otherwise.
func (d *Deck) nextFragment(ctx context.Context, w wish) {
	n := d.peek(ctx, w)
	switch {
	case n == nil:
		d.starve(ctx, w)
	case n.Number == "" && errors.Is(n.err, io.EOF):
		d.end(ctx, w)
	case lost(n.err):
		d.lose(d.reel.take())
	case n.err != nil:
		d.retry(n.err)
	default:
		d.enter(d.reel.take())
	}
}

// peek returns what follows; nil: it was not read yet.
func (d *Deck) peek(ctx context.Context, w wish) *reading {
	if d.reel == nil {
		if d.walk.tail.Number == "" {
			return failed(io.EOF)
		}
		d.looked = time.Now()
		d.reel = newReel(ctx, d.o.Archive, d.walk.tail, d.walk.with, d.walk.forward, readAhead(w.rate, d.walk.tail.Length))
	}
	r := d.reel
	if r.next == nil {
		select {
		case r.next = <-r.out:
		default:
			return nil
		}
	}
	select {
	case <-r.next.done:
		return r.next
	default:
		return nil
	}
}

// lookOn begins to read what follows, and where nothing did, looks each second for what has come since.
func (d *Deck) lookOn(ctx context.Context, w wish) {
	n := d.peek(ctx, w)
	if n != nil && n.Number == "" && errors.Is(n.err, io.EOF) && time.Since(d.looked) >= growth {
		d.stopReading()
		d.peek(ctx, w)
	}
}

// starve waits for what follows. When what there was has been seen, it lets time stand.
func (d *Deck) starve(ctx context.Context, w wish) {
	left := time.Duration(math.MaxInt64)
	if w.course.rate != 0 && !d.starving {
		if left = time.Until(w.course.due(d.walk.edge)); left <= 0 {
			d.starving = true
			d.status.load()
			d.seat.starve()
			return
		}
	}
	var done <-chan struct{}
	out := d.reel.out
	if d.reel.next != nil {
		done, out = d.reel.next.done, nil
	}
	if d.sound.playing {
		left = min(left, soundLead/4)
	}
	d.timer.Reset(left)
	select {
	case d.reel.next = <-out:
	case <-done:
	case <-d.timer.C:
	case <-d.seat.changed:
	case <-ctx.Done():
	}
}

// end is where nothing more is recorded. What was recorded since is looked for each second.
func (d *Deck) end(ctx context.Context, w wish) {
	if w.course.rate != 0 {
		if left := time.Until(w.course.due(d.walk.edge)); left > 0 {
			d.wait(ctx, left)
			return
		}
		d.status.end(d.walk)
		d.seat.vacate(time.Time{})
	}
	if left := growth - time.Since(d.looked); left > 0 {
		d.wait(ctx, left)
		return
	}
	d.looked = time.Now()
	d.stopReading()
	if d.walk.tail.Number == "" {
		d.rate = 0 // there was nothing to begin at
	}
}

// lose passes by a fragment that will not come.
func (d *Deck) lose(n *reading) {
	d.failed = 0
	d.status.lose(n.Fragment, n.err)
	d.o.Log.Warn("player: a fragment cannot be shown", "fragment", n.Number, "error", n.err)
	d.walk.tail, d.walk.with = n.Fragment, false
	if d.hole == nil {
		d.hole = &hole{from: d.walk.edge}
	}
	d.hole.err = n.err
}

// enter goes on with a fragment.
func (d *Deck) enter(n *reading) {
	d.failed = 0
	d.feed()
	r := newRoll(n.rec)
	if d.roll != nil && d.hole == nil && !d.walk.forward {
		r = r.with(d.roll.rec)
	}
	begins := r.edge(!d.walk.forward)
	var h *hole
	if d.hole != nil {
		h = &hole{from: d.hole.from, to: begins, err: d.hole.err, entered: d.hole.entered}
	} else if wide := begins.Sub(d.walk.edge).Abs(); wide > joint {
		h = &hole{from: d.walk.edge, to: begins}
	}
	d.walk = walk{forward: d.walk.forward, tail: n.Fragment, edge: r.edge(d.walk.forward)}
	d.roll, d.hole = r, h
	switch {
	case r.empty():
		d.status.blank(r.rec, nil)
		d.pending = d.blank(r)
	case d.mode == inOrder:
		d.after = math.MinInt64
		d.start(r, 0, len(r.packets))
	case d.mode == keysOnly && d.walk.forward:
		d.key = -1
	case d.mode == keysOnly:
		d.key = len(r.keys)
	}
}

// feed ends what starve began, and the end of an archive that has grown.
func (d *Deck) feed() {
	d.starving = false
	d.seat.feed()
}
