package player

import (
	"context"
	"image"
	"time"
)

// receive gets the next picture from the decoder, if there is one, and presents it.
func (in *instance) receive(ctx context.Context) error {
	begin := time.Now()
	pts, size, ok, err := in.decoder.Receive()
	now := time.Now()
	in.busy += now.Sub(begin)
	in.countDamage()
	if err != nil {
		in.refuse(err)
		return nil
	}
	in.size, in.drawn = size, image.Point{}
	if !ok {
		in.size = image.Point{}
		return nil
	}
	s := &in.p.status
	s.decoded.Add(1)
	s.picture(in.line.track.Codec, size)
	if in.firstPicture.IsZero() {
		in.firstPicture = now
		in.phase, in.cause = Live, nil
		s.enter(Live, now, nil)
	}
	in.frame = Frame{PTS: pts}
	if !in.line.epoch.IsZero() {
		in.frame.At = in.line.epoch.Add(pts)
	}
	if in.shownBefore(now) {
		s.skipped.Add(1)
		in.busy = 0
		return nil
	}
	in.frame.Due = in.live.due(pts, in.arrived, in.busy)
	if in.sound != nil {
		in.live.sound = in.sound.tell(in.line, in.live.clock, in.live.unsettled(now))
	}
	in.busy = 0
	s.delay.Store(int64(in.live.delay()))
	if in.behind(now) {
		return nil
	}
	if err := in.waitUntil(ctx, in.frame.Due.Add(-in.live.lead())); err != nil {
		return err
	}
	in.draw()
	return nil
}

// shownBefore says whether the current picture is not behind the one that Follow named. The first one that is goes on from
// there, if it is near.
func (in *instance) shownBefore(now time.Time) bool {
	if in.after.IsZero() || in.frame.At.IsZero() {
		return false
	}
	step := in.frame.At.Sub(in.after)
	if step <= 0 && step > -seamMost {
		return true
	}
	if step > 0 && step < seamStep {
		in.live.restart()
		in.live.follow(in.frame.PTS, now.Add(minDelay))
	}
	in.after = time.Time{}
	return false
}

// behind says whether the current picture is not worth drawing, because its successor waits already and is due too;
// and counts it. What is far behind is history: where there is a newer key frame, play goes on from there.
func (in *instance) behind(now time.Time) bool {
	if !in.queue.waiting() {
		return false
	}
	age := now.Sub(in.frame.Due)
	history := in.live.starting(now)
	tooSlow := age > historyAge && in.arrived.Sub(in.frame.Due) <= historyAge
	if !history && !tooSlow && age > historyAge && now.Sub(in.lastHistory) > window {
		// Late arrival is an accident the first time, and play starts again at the present. When it comes again soon, it
		// is how this source delivers, and the delay has to grow.
		in.live.restart()
		history = true
	}
	switch {
	case history:
		in.lastHistory = now
		in.queue.skipToKey()
	case tooSlow:
		in.queue.skipToKey()
	case age <= in.live.frame:
		return false
	}
	if now.Sub(in.lastPut) < proofOfLife {
		if history {
			in.p.status.skipped.Add(1)
		} else {
			in.p.status.late.Add(1)
		}
		return true
	}
	return false
}

func (in *instance) waitUntil(ctx context.Context, at time.Time) error {
	d := time.Until(at)
	if d <= 0 {
		return ctx.Err()
	}
	in.timer.Reset(d)
	select {
	case <-in.timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// draw puts the current picture into the mailbox at the wanted size.
func (in *instance) draw() {
	size := in.p.fit.of(in.size)
	if size == (image.Point{}) {
		return
	}
	begin := time.Now()
	m := &in.p.mailbox
	f := m.buffer(size)
	if err := in.decoder.Draw(f.Image); err != nil {
		m.discard(f)
		in.damaged++
		in.countDamage()
		in.p.o.Log.Debug("player: a picture could not be drawn", "error", err)
		return
	}
	f.PTS, f.At, f.Due, f.Size = in.frame.PTS, in.frame.At, in.frame.Due, in.size
	in.p.o.Glimpse.of(f)
	m.put(f)
	in.drawn = size
	in.lastPut = time.Now()
	in.busy += in.lastPut.Sub(begin)
}

// redraw draws the current picture again if another size is wanted by now.
func (in *instance) redraw() {
	if in.size != (image.Point{}) && in.p.fit.of(in.size) != in.drawn {
		in.draw()
	}
}
