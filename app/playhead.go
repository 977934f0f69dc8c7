package app

import (
	"time"

	"kinora/player"
)

const (
	edgeEvery = 250 * time.Millisecond // how often it is looked whether the archive has come to the live edge
	edgeReach = 15 * time.Second       // how old the end of the archive may be for live to follow upon it

	// edgeSlack is what lies between the picture of now and the newest that can be in an archive: one that is sought there
	// is live.
	edgeSlack = time.Second
)

// Live shows the live edge of all streams that are watched. The last pictures stay until the new ones come; from the end of an
// archive play goes on without a leap.
func (w *Watch) Live() {
	w.update(func(acc Account, now Watching) Watching {
		if now.Transport == nil {
			return now
		}
		next := w.view(acc, now.streams(), nil)
		for i, t := range next.Tiles {
			t.Player.Follow(now.Tiles[i].Deck.State().At)
		}
		next.In, next.Out = now.In, now.Out
		return next.focused(now.Stream)
	})
}

// catchUp shows the live edge when play has come to the end of the archive and that is about now.
func (w *Watch) catchUp() {
	now := w.now.Get()
	t := now.Transport
	if t != nil && !w.hidden.Load() && t.Rate() > 0 && t.AtEnd() && time.Since(t.Position()) < edgeReach {
		w.Live()
	}
}

// tell tells what is shown of when.
func (w *Watch) tell() {
	acc := w.account()
	if w.seen == nil || acc == nil || w.hidden.Load() {
		return
	}
	for _, t := range w.now.Get().Tiles {
		if at := t.shown(); !at.IsZero() {
			w.seen(acc, t.Stream, t.Clock, at)
		}
	}
}

// Seek goes to a time of the archive, exactly; to the live edge when it is not over yet, which waits for the Release of a pointer that
// drags.
func (w *Watch) Seek(at time.Time) {
	t := w.now.Get().Transport
	if time.Until(at) > -edgeSlack && (t == nil || !t.Held()) {
		w.Live()
		return
	}
	w.enter(at, true, func(t *player.Transport) { t.Seek(at) })
}

// Scrub is Seek while a pointer drags, until Release. In the archive it changes nothing but where the playhead is, and so costs no
// more than that.
func (w *Watch) Scrub(at time.Time) {
	if t := w.now.Get().Transport; t != nil {
		t.Scrub(at)
		return
	}
	w.enter(at, true, func(t *player.Transport) { t.Scrub(at) })
}

// Rest says that the pointer that drags has come to rest: the exact picture is shown.
func (w *Watch) Rest() {
	if t := w.now.Get().Transport; t != nil {
		t.Rest()
	}
}

// Release ends dragging: play goes on from there if it was on, and the live edge is shown if it was dragged there.
func (w *Watch) Release() {
	now := w.now.Get()
	if now.Transport == nil {
		return
	}
	now.Transport.Release()
	if now.Transport.Playing() && time.Until(now.Transport.Position()) > -edgeSlack {
		w.Live()
	}
}

// Move goes by a time forwards or backwards from the playhead.
func (w *Watch) Move(by time.Duration) {
	now := w.now.Get()
	at := now.Position()
	if at.IsZero() {
		at = time.Now()
	}
	if now.Transport != nil || by < 0 {
		w.Seek(at.Add(by))
	}
}

// Play lets time go by.
func (w *Watch) Play() {
	if t := w.now.Get().Transport; t != nil {
		t.Play()
	}
}

// Pause makes time stand. Of a live picture the playhead stays behind in the archive.
func (w *Watch) Pause() {
	now := w.now.Get()
	if now.Transport != nil {
		now.Transport.Pause()
		return
	}
	if at := now.Position(); !at.IsZero() {
		w.enter(at, false, nil)
	}
}

// Step pauses and goes to the n-th picture behind the present one, or in front of it when n is negative.
func (w *Watch) Step(n int) {
	w.Pause()
	if t := w.now.Get().Transport; t != nil {
		t.Step(n)
	}
}

// Speed plays the archive at a speed; of a live picture, backwards or more slowly from there on.
func (w *Watch) Speed(rate float64) {
	now := w.now.Get()
	at := now.Position()
	if at.IsZero() || now.Transport == nil && rate >= 1 {
		return
	}
	w.enter(at, true, func(t *player.Transport) {
		t.SetRate(rate)
		t.Play()
	})
}

// LeapGaps says whether play leaps over times in which nothing is recorded, as it does at first, or goes through them. It holds for
// whatever is watched from now on.
func (w *Watch) LeapGaps(on bool) {
	w.through.Store(!on)
	w.now.Update(func(now Watching) Watching {
		if now.Transport != nil {
			now.Transport.SetSkipGaps(on)
		}
		return now
	})
}

// LeapsGaps reports what LeapGaps has said.
func (w *Watch) LeapsGaps() bool { return !w.through.Load() }

// transport is a new one that stands at a time.
func (w *Watch) transport(at time.Time) *player.Transport {
	t := player.NewTransport(at)
	t.SetSkipGaps(w.LeapsGaps())
	return t
}

// enter does something with the time of the archive. From live it begins at a time, where it goes by or stands.
func (w *Watch) enter(at time.Time, playing bool, do func(*player.Transport)) {
	w.update(func(acc Account, now Watching) Watching {
		if len(now.Tiles) == 0 {
			return now
		}
		if now.Transport == nil {
			t := w.transport(at)
			if playing {
				t.Play()
			}
			next := w.view(acc, now.streams(), t)
			next.In, next.Out = now.In, now.Out
			now = next.focused(now.Stream)
		}
		if do != nil {
			do(now.Transport)
		}
		return now
	})
}

// Choose makes a time the chosen one; zero times leave it open.
func (w *Watch) Choose(in, out time.Time) {
	w.update(func(_ Account, now Watching) Watching {
		now.In, now.Out = in, out
		return now
	})
}
