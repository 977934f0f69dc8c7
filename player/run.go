package player

import (
	"context"
	"image"
	"time"
)

const (
	maxLead   = 40 * time.Millisecond // before its due time that a picture is drawn; the mailbox holds two
	minLead   = 12 * time.Millisecond
	spacing   = 14 * time.Millisecond // of pictures that are drawn; a screen shows no more
	keySpaces = 30 * time.Millisecond // of key frames
	behind    = time.Second           // late by that much, play goes on at the playhead
	growth    = time.Second           // after which the end of an archive is looked at again
	share     = 0.6                   // of a core that decoding all pictures may cost, beyond speed 1
	keysFrom  = 16                    // the speed from which on only key frames are shown
	keysBack  = 4                     // likewise backwards
)

// mode is which pictures play shows.
type mode uint8

const (
	inOrder   mode = iota // all, forwards
	keysOnly              // key frames, in either direction
	backwards             // all, in batches that are decoded in order
)

// pending is a picture that waits for its time.
type pending struct {
	ok    bool
	roll  *roll
	pts   time.Duration
	size  image.Point
	kept  Picture // nil: it is the decoder's current one
	blank bool    // not a picture: the time at which a fragment without one is over
}

func (p pending) at() time.Time { return p.roll.at(p.pts) }

// hole is a time without anything to show, in the direction of play.
type hole struct {
	from, to time.Time
	err      error // why what is recorded there is not shown; nil: nothing is recorded
	entered  bool
}

// run does a piece of play.
func (d *Deck) run(ctx context.Context, w wish) {
	if d.rate != w.rate {
		d.shift(ctx, w, d.from(w), false)
		return
	}
	if !d.pending.ok {
		d.produce(ctx, w)
		return
	}
	if w.course.rate == 0 {
		d.wait(ctx, growth)
		return
	}
	if h := d.hole; h != nil && !h.entered {
		if left := time.Until(w.course.due(h.from)); left > 0 {
			d.ahead(ctx, w, left)
			return
		}
		h.entered = true
		d.status.hole(*h)
		d.seat.vacate(h.to)
		return
	}
	due, now := w.course.due(d.pending.at()), time.Now()
	if left := due.Sub(now) - d.lead(w.rate); left > 0 {
		d.ahead(ctx, w, left)
		return
	}
	d.present(ctx, w, due, now)
}

// from is where play begins: at the picture on the screen, or where the playhead is when that shows none.
func (d *Deck) from(w wish) time.Time {
	if d.shown.roll != nil && d.roll != nil && d.shown.at().Sub(w.course.position(time.Now())).Abs() < behind {
		return d.shown.at()
	}
	return w.course.position(time.Now())
}

// lead is how long before its due time a picture is drawn.
func (d *Deck) lead(rate float64) time.Duration {
	frame := time.Duration(float64(d.pending.roll.frame()) / max(rate, -rate))
	return max(minLead, min(frame, maxLead))
}

// shift begins play at a time, in the direction and with the pictures that the speed asks for; slow says that decoding all
// of them has not kept up.
func (d *Deck) shift(ctx context.Context, w wish, at time.Time, slow bool) {
	d.stopReading()
	d.begin(ctx, w, at)
	if d.aim.place != w.place || time.Now().Before(d.resume) {
		return
	}
	d.aim.done = true // by play
	d.rate, d.mode, d.fresh = w.rate, d.choose(w.rate, slow), true
	d.feed()
	d.walk = walkFrom(d.aim.spot, d.roll, at, w.rate > 0)
	r := d.roll
	switch {
	case r == nil:
		d.hole = &hole{from: at, to: d.walk.edge, err: d.status.cause()}
		return
	case r.empty():
		d.pending = d.blank(r)
		return
	}
	d.key = r.keyFor(d.aim.want)
	switch d.mode {
	case inOrder:
		d.after = d.aim.want
		if !d.shown.of(r) || d.shown.pts != d.aim.want {
			d.after = r.key(d.key) - 1
		}
		if c := &d.cursor; c.roll != r || c.over || c.last != d.aim.want {
			d.start(r, d.key, len(r.packets))
		}
	case keysOnly:
		if w.rate < 0 && r.key(d.key) < d.aim.want {
			d.key++
		}
	case backwards:
		d.back.begin(r, r.shows(at))
	}
}

// choose returns which pictures can be shown at a speed.
func (d *Deck) choose(rate float64, slow bool) mode {
	speed := max(rate, -rate)
	frame := time.Second / 30
	if d.roll != nil {
		frame = d.roll.frame()
	}
	costly := speed > 1 && (slow || speed*float64(d.cursor.cost) > share*float64(frame))
	_, keeps := d.cursor.decoder.(Keeper)
	switch {
	case speed >= keysFrom, costly, rate < 0 && (speed >= keysBack || !keeps):
		return keysOnly
	case rate < 0:
		return backwards
	default:
		return inOrder
	}
}

// start makes the decoder ready; a codec that it does not know leaves the fragment blank.
func (d *Deck) start(r *roll, key, end int) bool {
	err := d.cursor.begin(r, key, end)
	if err != nil {
		d.status.blank(r.rec, err)
		d.pending = d.blank(r)
	}
	return err == nil
}

// blank waits for the end of a fragment without pictures.
func (d *Deck) blank(r *roll) pending {
	p := pending{ok: true, roll: r, blank: true}
	if d.rate > 0 {
		p.pts = r.rec.Length
	}
	return p
}

// produce does a piece of the work for the next pending picture.
func (d *Deck) produce(ctx context.Context, w wish) {
	switch r := d.roll; {
	case d.mode == backwards:
		d.produceBack(ctx, w)
	case r == nil:
		d.nextFragment(ctx, w)
	case d.mode == keysOnly:
		d.produceKey(ctx, w)
	case d.cursor.atEnd() && d.join(ctx, w):
	case d.cursor.work():
		if d.cursor.pts > d.after {
			d.pending = pending{ok: true, roll: r, pts: d.cursor.pts, size: d.cursor.size}
		}
	case d.cursor.over:
		d.nextFragment(ctx, w)
	}
}

// produceKey decodes the next key frame that is worth it.
func (d *Deck) produceKey(ctx context.Context, w wish) {
	r, step := d.roll, 1
	if w.rate < 0 {
		step = -1
	}
	inside := func(k int) bool { return k >= 0 && k < len(r.keys) }
	for k := d.key + step; inside(k); k += step {
		d.key = k
		due := w.course.due(r.at(r.key(k)))
		if w.course.rate != 0 && inside(k+step) && (due.Sub(d.lastDue) < keySpaces || time.Now().After(w.course.due(r.at(r.key(k+step))))) {
			d.status.skip()
			continue
		}
		if !d.start(r, k, r.keys[k]+1) {
			return
		}
		for !d.cursor.over {
			if d.cursor.work() {
				d.pending = pending{ok: true, roll: r, pts: d.cursor.pts, size: d.cursor.size}
				return
			}
		}
	}
	d.nextFragment(ctx, w)
}

// ahead uses the time until something is due: play backwards decodes what comes next.
func (d *Deck) ahead(ctx context.Context, w wish, left time.Duration) {
	if d.mode != backwards || !d.workBack(ctx, w) {
		d.wait(ctx, left)
	}
}

// present puts the pending picture into the mailbox, unless it is not worth drawing.
func (d *Deck) present(ctx context.Context, w wish, due, now time.Time) {
	p := d.pending
	late := now.Sub(due)
	if late > behind && !d.fresh {
		d.shift(ctx, w, w.course.position(now), true)
		return
	}
	d.hole = nil
	frame := time.Duration(float64(p.roll.frame()) / max(w.rate, -w.rate))
	switch {
	case p.blank:
		d.roll = nil
	case d.fresh, late <= max(frame, spacing) && due.Sub(d.lastDue) >= spacing, now.Sub(d.lastPut) >= proofOfLife:
		d.fresh = false
		d.put(p.roll, p.pts, p.size, p.kept, due)
		d.status.ready()
		d.seat.shows(p.at())
		d.lookOn(ctx, w) // once there is a picture, so that nothing takes time from the first one
	case late > max(frame, spacing):
		d.status.late()
	default:
		d.status.skip()
	}
	d.dropPending()
}

func (d *Deck) dropPending() {
	if d.pending.kept != nil {
		d.pending.kept.Release()
	}
	d.pending = pending{}
}
