package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kinora/player"
)

// Follow shows what a link names: its account, its streams, and its moment, which stands; of a time its beginning, and the time
// is chosen. It returns at once; whether the streams exist is found out later.
func (a *App) Follow(l Link) error {
	acc := a.named(l.Account)
	if acc == nil {
		return fmt.Errorf("the link leads to the account %q, which this Kinora does not have", l.Account)
	}
	a.choosing.Lock()
	defer a.choosing.Unlock()
	a.choose(acc)
	a.Watch.open(l)
	return nil
}

// named finds an account by its name, whatever the case of letters when that leaves no doubt: not every program that passes links
// on keeps it.
func (a *App) named(name string) (found Account) {
	for _, acc := range a.options.Accounts {
		switch {
		case acc.Name() == name:
			return acc
		case strings.EqualFold(acc.Name(), name) && found == nil:
			found = acc
		}
	}
	return found
}

func (w *Watch) open(l Link) {
	w.played.Store(nil) // a moment that a link names stands
	w.update(func(acc Account, now Watching) Watching {
		var t *player.Transport
		if !l.From.IsZero() {
			w.dateBy(acc, l)
		}
		if !l.From.IsZero() && now.Transport != nil && now.shows(l) {
			// They are open at another time.
			now.Transport.Pause()
			now.Transport.Seek(l.From)
			now.In, now.Out = time.Time{}, time.Time{}
			if !l.To.IsZero() {
				now.In, now.Out = l.From, l.To
			}
			return now
		}
		if !l.From.IsZero() {
			t = w.transport(l.From)
		}
		next := w.view(acc, l.Streams, t)
		if !l.To.IsZero() {
			next.In, next.Out = l.From, l.To
		}
		return next
	})
}

// dateBy tells the times of a link's streams by the clocks of the link from now on: without them it would lead elsewhere.
func (w *Watch) dateBy(acc Account, l Link) {
	for i, stream := range l.Streams {
		if err := w.ways.clocks.choose(acc, stream, l.clock(i)); err != nil {
			w.options.Log.Warn("the clock of a stream is not kept for the next time", "stream", stream, "error", err)
		}
	}
}

// shows reports whether the streams of a link are what is watched, by the link's clocks.
func (w Watching) shows(l Link) bool {
	if !slices.Equal(w.streams(), l.Streams) {
		return false
	}
	for i, t := range w.Tiles {
		if t.Clock != l.clock(i) {
			return false
		}
	}
	return true
}

// Link names the present moment of what is watched, or the time that was chosen.
func (w *Watch) Link(chosen bool) (Link, error) {
	acc, now := w.account(), w.now.Get()
	if acc == nil || len(now.Tiles) == 0 {
		return Link{}, errors.New("no stream is open")
	}
	l := Link{Account: acc.Name(), Streams: now.streams(), From: now.Position()}
	if chosen {
		var ok bool
		if l.From, l.To, ok = now.chosen(); !ok {
			return Link{}, errors.New("no time is chosen: press I where it begins and O where it ends")
		}
	}
	if l.From.IsZero() {
		l.From = time.Now()
	}
	for i, t := range now.Tiles {
		if t.Clock != ProducerClock && l.Clocks == nil {
			l.Clocks = make([]Clock, len(now.Tiles))
		}
		if l.Clocks != nil {
			l.Clocks[i] = t.Clock
		}
	}
	l.From, l.To = l.From.UTC().Truncate(time.Millisecond), l.To.UTC().Truncate(time.Millisecond)
	return l, nil
}
