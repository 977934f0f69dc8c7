package kvs

import (
	"context"
	"io"
	"time"

	"kinora/media"
)

const (
	beginning = int64(0) // no fragment is older than 1970, where producers without a clock put theirs
	growth    = 8        // by which further is looked where nothing is
	mostPages = 20       // that are turned for one window

	leisureTime = 150 * time.Millisecond // in which a picture can have been decoded

	glanced = 20 * time.Second // in front of a time: no fragment that AWS takes is longer
)

// span is a time in milliseconds since 1970; to is not in it.
type span struct{ from, to int64 }

// question is a time that is asked for, and what for: who looks at a picture does not wait for what was begun aside.
type question struct {
	span
	why purpose
}

// now is the service's time.
func (a *Archive) now() time.Time { return a.served(time.Now()) }

// served is the service's time when it was another one here.
func (a *Archive) served(here time.Time) time.Time {
	return here.Add(time.Duration(a.client.skew.Load()))
}

// horizon is behind everything that can be stored now. A producer's clock may be ahead by a day.
func (a *Archive) horizon() int64 {
	if a.clock == ProducerTime {
		return a.now().Add(24 * time.Hour).UnixMilli()
	}
	return a.now().Add(time.Minute).UnixMilli()
}

// after returns the first fragment behind p. One that starts after near is not taken for the first before what is not settled was
// asked for again: what lies between may not have been listed yet. What was asked for since the call began is new enough, however
// long the answer has taken.
func (a *Archive) after(ctx context.Context, p place, near time.Time) (media.Fragment, error) {
	began := time.Now()
	for at, further := max(p.at, beginning), int64(0); at < a.horizon(); {
		s, around := a.known(at)
		if s == nil {
			wanted := span{max(around.from, at/window*window), min(around.to, (at/window+1)*window+further, (a.horizon()/window+1)*window)}
			if err := a.ask(ctx, wanted, true); err != nil {
				return media.Fragment{}, err
			}
			continue
		}
		f, ok := s.after(p)
		if (!ok || f.Start.After(near)) && s.stale(a.served(began), a.rechecks()) {
			if err := a.renew(ctx, s); err != nil {
				return media.Fragment{}, err
			}
			continue
		}
		if ok {
			return f, nil
		}
		at, further = s.to, (further+window)*growth
	}
	return media.Fragment{}, io.EOF
}

// before returns the last fragment in front of p, looking no further than floor. One that ends long before p is not taken for the
// last before what is not settled was asked for again, as in after.
func (a *Archive) before(ctx context.Context, p place, floor int64) (media.Fragment, error) {
	began := time.Now()
	for at, further := min(p.at, a.horizon()), int64(0); at >= max(floor, beginning); {
		s, around := a.known(at)
		if s == nil {
			wanted := span{max(around.from, at/window*window-further, beginning), min(around.to, (at/window+1)*window)}
			if err := a.ask(ctx, wanted, false); err != nil {
				return media.Fragment{}, err
			}
			continue
		}
		f, ok := s.before(p)
		if (!ok || f.End().Add(joint).UnixMilli() < p.at) && s.stale(a.served(began), a.rechecks()) {
			if err := a.renew(ctx, s); err != nil {
				return media.Fragment{}, err
			}
			continue
		}
		if ok {
			return f, nil
		}
		at, further = s.from-1, (further+window)*growth
	}
	return media.Fragment{}, io.EOF
}

// glance asks what is at a time of which nothing is known, and what follows it without a gap, and no more, so that the answer comes
// sooner; the rest of the window comes with look. A service that counts calls is asked for the window at once.
func (a *Archive) glance(ctx context.Context, ms int64) error {
	s, around := a.known(ms)
	if s != nil || a.client.plain() || ms < beginning || ms > a.now().Add(-time.Minute).UnixMilli() {
		return nil
	}
	return a.ask(ctx, span{max(around.from, ms-glanced.Milliseconds(), beginning), min(around.to, ms+joint.Milliseconds()+1)}, false)
}

// known returns what is known of a time, or the unknown time around it. What may have been filled in since it was asked for, or have
// expired, is asked for again in the background.
func (a *Archive) known(ms int64) (*stretch, span) {
	a.mu.Lock()
	s, around := a.index.at(ms)
	a.mu.Unlock()
	good := expires
	if a.clock == ProducerTime {
		good = filled
	}
	if s != nil && s.settled && a.now().Sub(s.asked) > good {
		a.inBackground(span{s.from, s.to})
	}
	return s, around
}

// renew asks for what may be new in s.
func (a *Archive) renew(ctx context.Context, s *stretch) error {
	return a.ask(ctx, span{s.tail(), s.to}, true)
}

// doubt forgets what is known, but for what was asked for just now: something that was listed is gone, and so may be all that is older.
func (a *Archive) doubt() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.index.forget(a.now().Add(-settling))
}

// look finds out what lies around f, where a player will go next, when there is time for that. The newest f counts.
func (a *Archive) look(f media.Fragment) {
	if len(a.unknown(f)) == 0 {
		return
	}
	a.mu.Lock()
	waiting := a.nearby.Number != ""
	a.nearby = f
	a.mu.Unlock()
	if waiting {
		return
	}
	a.group.start(func(ctx context.Context) {
		leisure(ctx)
		a.mu.Lock()
		f := a.nearby
		a.nearby = media.Fragment{}
		a.mu.Unlock()
		for _, w := range a.unknown(f) {
			a.inBackground(w)
		}
	})
}

// unknown is what is not known of the time around f: a window before it and one behind it at most.
func (a *Archive) unknown(f media.Fragment) (list []span) {
	for _, ms := range [...]int64{f.Start.UnixMilli() - window/4, f.Start.UnixMilli() + window/4} {
		a.mu.Lock()
		s, around := a.index.at(ms)
		a.mu.Unlock()
		if s == nil && beginning <= ms && ms < a.now().UnixMilli() {
			list = append(list, span{max(around.from, ms/window*window), min(around.to, (ms/window+1)*window)})
		}
	}
	return list
}

// leisure waits until a picture of what was found or loaded can have been decoded, or ctx ends. What nobody waits for comes after
// that: it would take a processor from the decoder.
func leisure(ctx context.Context) {
	rest := time.NewTimer(leisureTime)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
}

// inBackground asks without anybody waiting for it. What fails is asked for again when it is needed.
func (a *Archive) inBackground(w span) {
	if a.asks.underWay(question{w, aside}) {
		return
	}
	a.group.start(func(ctx context.Context) {
		if err := a.ask(with(ctx, aside), w, true); err != nil && ctx.Err() == nil {
			a.log.Debug("what lies around is not known", "err", err)
		}
	})
}

// ask notes what is stored in the beginning of a span, or in its end: of the whole span, where that is not too much.
func (a *Archive) ask(ctx context.Context, w span, forward bool) error {
	why := purposeOf(ctx)
	return a.asks.do(ctx, question{w, why}, func(ctx context.Context) error {
		for ctx := with(ctx, why); ; {
			rest, err := a.askOnce(ctx, w, forward)
			if err != nil || rest == w {
				return err
			}
			w = rest
		}
	})
}

// askOnce notes what is stored in w and returns it, or, when that is too much to list, the part of w that is to be asked for
// instead: the one in which the first fragments are, or the last.
func (a *Archive) askOnce(ctx context.Context, w span, forward bool) (span, error) {
	sent := time.Now()
	var all []Fragment
	for token, pages := "", 0; ; pages++ {
		some, next, err := a.listSome(ctx, w, token, page)
		if err != nil {
			return w, err
		}
		all = append(all, some...)
		if token = next; token == "" {
			break
		}
		if len(all) > 0 && w.to-w.from > window || pages >= mostPages && w.to-w.from > 1 {
			return nearer(w, arrange(all, a.clock), forward), nil
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.index.put(w.from, w.to, a.served(sent), arrange(all, a.clock))
	return w, nil
}

// nearer is the part of w to look at, when some of what is in it is known, in no order: a window of it, half of a window, or all in
// front of the first that is known, or behind the last, where there may be nothing.
func nearer(w span, some []media.Fragment, forward bool) span {
	half := w.from + (w.to-w.from)/2
	if forward {
		empty := span{w.from, half}
		if len(some) > 0 {
			empty.to = some[0].Start.UnixMilli()
		}
		switch {
		case w.to-w.from <= window:
			return span{w.from, half}
		case empty.to-empty.from > window:
			return empty
		}
		return span{w.from, w.from + window}
	}
	empty := span{half, w.to}
	if len(some) > 0 {
		empty.from = some[len(some)-1].Start.UnixMilli() + 1
	}
	switch {
	case w.to-w.from <= window:
		return span{half, w.to}
	case empty.to-empty.from > window:
		return empty
	}
	return span{w.to - window, w.to}
}
