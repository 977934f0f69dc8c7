package player

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"kinora/media"
)

// begin looks up what the archive has at a time, for a wish, and gets it.
func (d *Deck) begin(ctx context.Context, w wish, at time.Time) {
	d.dropPending()
	d.back.clear()
	d.hole, d.rate = nil, 0
	d.status.look()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.seat.asking(cancel)
	defer d.seat.asking(nil)
	if d.seat.look().place != w.place {
		return // came before asking was known
	}
	s, err := locate(ctx, d.o.Archive, at)
	if err == nil && s.found && !d.roll.holds(s.fragment) {
		d.status.load()
		d.stopReading()
		var rec *media.Recorded
		if rec, err = d.o.Archive.Load(ctx, s.fragment); err == nil {
			d.roll = newRoll(rec)
		}
	}
	if err == nil && s.found {
		d.complete(ctx, s, at)
	}
	switch {
	case ctx.Err() != nil:
		return
	case lost(err):
		d.status.damaged(s.fragment, err)
		d.roll = nil
	case err != nil:
		d.retry(err)
		return
	}
	d.failed = 0
	d.aim = aim{place: w.place, at: at, spot: s}
	switch {
	case !s.found:
		d.roll = nil
		d.status.vacant(s)
	case d.roll == nil:
	case d.roll.empty():
		d.status.blank(d.roll.rec, nil)
	default:
		d.aim.want = d.roll.times[d.roll.shows(at)]
		return
	}
	d.mailbox.clear()
	d.done()
}

// done ends the work for the aim.
func (d *Deck) done() {
	d.aim.done = true
	d.keep = false
	d.seat.settle(d.aim.place)
}

// lost says whether an error costs one fragment for ever.
func lost(err error) bool { return errors.Is(err, media.ErrGone) || errors.Is(err, media.ErrDamaged) }

// retry takes note that the archive cannot be asked, which is tried again after a pause.
func (d *Deck) retry(err error) {
	d.barred = d.seat.look().place
	d.stopReading()
	pause := backoff(d.failed)
	d.failed++
	d.resume = time.Now().Add(pause)
	d.starving = true
	d.seat.starve()
	d.status.enter(DeckOffline, err, media.Gap{})
	d.o.Log.Warn("player: an archive cannot be read", "error", err, "retry in", pause)
}

// owes says whether, while a pointer drags, the aim's key frame is shown before a newer wish is looked at: pictures would
// not follow a pointer that is quicker than the archive.
func (d *Deck) owes(w wish) bool {
	return w.passes && d.aim.place != 0 && d.aim.place != w.place && !d.aim.done && d.roll != nil && !d.roll.empty() && d.far()
}

// far says whether no picture of the group that the aim is in was shown yet.
func (d *Deck) far() bool {
	r := d.roll
	return !d.aim.rough && !(d.shown.of(r) && r.keyFor(d.shown.pts) == r.keyFor(d.aim.want))
}

// seek does a piece of the work for the aim: it decodes from the nearest key frame, or from where the decoder is when that
// is nearer, and draws nothing but what is looked for.
func (d *Deck) seek(ctx context.Context, w wish) {
	r, a, c := d.roll, &d.aim, &d.cursor
	if w.passes && a.rough {
		d.rest(ctx)
		return
	}
	if d.shown.of(r) && d.shown.pts == a.want {
		d.found()
		return
	}
	if p, ok := d.kept.find(r, a.want); ok {
		d.mailbox.clear()
		d.put(r, p.pts, p.size, p.Picture, time.Now())
		d.found()
		return
	}
	if !(c.roll == r && c.ok && c.pts == a.want) {
		k := r.keyFor(a.want)
		need, end := r.end(k), len(r.packets)
		if w.passes && d.far() {
			need, end = r.keys[k]+1, r.keys[k]+1 // what follows would be decoded while the pointer moves on
		}
		if !c.reaches(r, a.want, need) {
			if !d.near() {
				d.kept.clear()
			}
			d.keep = d.near() && r.at(a.want).Before(d.shown.at())
			if err := c.begin(r, k, end); err != nil {
				d.status.blank(r.rec, err)
				d.roll = nil
				d.done()
				return
			}
		}
		if !d.keep {
			c.skipBefore(a.want)
		}
		if !c.work() {
			switch {
			case c.over && c.end < len(r.packets):
				a.rough = true // the key frame alone gives none
			case c.over:
				d.missed()
			}
			return
		}
	}
	switch {
	case c.pts >= a.want:
		a.want = c.pts
		if !w.runs {
			d.save()
		}
		d.mailbox.clear()
		d.put(r, c.pts, c.size, nil, time.Now())
		d.found()
	case w.passes && d.far():
		a.rough = true
		d.mailbox.clear()
		d.put(r, c.pts, c.size, nil, time.Now())
	case d.keep:
		d.save()
	}
}

// near says whether the aim is so near to the picture that is shown that somebody may go on from one to the other frame by frame. For
// all else pictures are not kept: whatever is kept is memory that the decoder has to ask for anew, picture for picture.
func (d *Deck) near() bool {
	return d.shown.roll != nil && d.roll.at(d.aim.want).Sub(d.shown.at()).Abs() <= joint
}

// found ends the work for the aim with the picture that was looked for.
func (d *Deck) found() {
	d.rate = 0 // play begins from here
	d.status.ready()
	d.seat.shows(d.shown.at())
	d.done()
}

// missed goes back to the last picture before the one that should have come out of the decoder.
func (d *Deck) missed() {
	if last := d.cursor.last; last >= d.roll.times[0] && last < d.aim.want {
		d.aim.want = last
		return
	}
	d.status.damaged(d.roll.rec.Fragment, fmt.Errorf("fragment %s: none of its pictures can be decoded: %w", d.roll.rec.Number, media.ErrDamaged))
	d.roll = nil
	d.done()
}

// save keeps the current picture, if the decoder can.
func (d *Deck) save() {
	c := &d.cursor
	keeper, ok := c.decoder.(Keeper)
	if !ok {
		return
	}
	if _, ok := d.kept.find(c.roll, c.pts); ok {
		return
	}
	if p := keeper.Keep(); p != nil {
		d.kept.add(keptPicture{roll: c.roll, pts: c.pts, size: c.size, Picture: p})
	}
}

// put draws a picture, which is the decoder's current one when p is nil, and hands it to whoever paints.
func (d *Deck) put(r *roll, pts time.Duration, own image.Point, p Picture, due time.Time) {
	size := d.fit.of(own)
	d.shown = picture{roll: r, pts: pts, size: own, drawn: size}
	d.lastDue, d.lastPut = due, time.Now()
	d.status.shows(d.shown, &d.cursor)
	if size == (image.Point{}) {
		return
	}
	f := d.mailbox.buffer(size)
	var err error
	if p != nil {
		err = p.Draw(f.Image)
	} else {
		err = d.cursor.decoder.Draw(f.Image)
	}
	if err != nil {
		d.mailbox.discard(f)
		d.o.Log.Debug("player: a picture could not be drawn", "error", err)
		return
	}
	at := r.at(pts)
	f.PTS, f.At, f.Due, f.Size = time.Duration(at.UnixNano()), at, due, own
	d.mailbox.put(f)
	d.drawn = f
}
