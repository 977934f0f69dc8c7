package localkvs

import (
	"slices"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
)

// tail is the fragment behind a LIVE session's list: it arrives, or is whole and not stored yet, or its upload broke off and
// nothing has come in its place.
type tail struct {
	*arrival
	shown shown
	sliced
	over bool // no more of it will come
}

// promise is the tail of which players have seen parts. Its place in the list is its own: if it is never stored, a gap stands there.
type promise struct {
	*arrival // nil: there is none
	length   time.Duration
}

// isBehind tells whether a fragment would stand in front of what is promised.
func (m promise) isBehind(e *archive.Entry) bool {
	return m.arrival != nil && e.Number.Compare(m.number) < 0
}

// keptBy tells whether a fragment is what was promised, or the same sent again over another connection.
func (m promise) keptBy(p *playback, e *archive.Entry) bool {
	return e.Number == m.number || p.Clock == archive.ProducerTime && e.Producer.Equal(m.producer) && e.Config == m.config
}

// settle comes before a fragment is added or promised.
func (l *lister) settle(p *playback, e *archive.Entry) {
	m := l.promised
	l.promised = promise{}
	if m.arrival == nil || m.keptBy(p, e) {
		return
	}
	l.addGap(p, m)
}

// addGap lists a fragment that will not come, where it was to stand.
func (l *lister) addGap(p *playback, m promise) {
	l.source.pass(m.number)
	l.add(p, m.entry(), m.length)
	l.shown[len(l.shown)-1].gap = true
}

// lookAhead brings the list of a LIVE session up to date and returns it with its tail, a track of a kind, as far as that has arrived.
func (l *lister) lookAhead(r *play, kind media.Kind, now time.Time) (v outlook, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	feed, err := r.feedOf(r.stream)
	if err != nil {
		return v, err
	}
	if turn := feed.turned(); turn != l.turn || now.Sub(l.updated) >= stallTime/2 {
		if err := l.extend(r.Service, r.stream, r.playback, now); err != nil {
			return v, err
		}
		l.turn, l.updated = turn, now
	}
	a, err := l.comes(r, feed, now)
	v.window, v.turn = l.window, l.turn
	if a == nil || err != nil {
		return v, err
	}
	t := &tail{arrival: a}
	if t.sliced, err = r.slice(feed, a, kind); err != nil {
		return v, err
	}
	t.over = t.Whole || feed.isGone(a, now)
	t.shown = l.following(r.playback, a.entry(), t.length())
	if len(t.parts) > 0 {
		l.promised = promise{a, max(l.promised.length, t.length())}
	}
	v.tail = t
	return v, nil
}

// comes returns the fragment that will stand behind the last one of the list: what was promised, unless it will not come and another does.
func (l *lister) comes(r *play, feed *feed, now time.Time) (*arrival, error) {
	promised := l.promised.arrival
	if promised != nil && !feed.isGone(promised, now) {
		return promised, nil
	}
	a := l.upcoming(r.playback, feed, now)
	for a != nil {
		// What was stored since the list was brought up to date stands in front of it.
		if err := l.extend(r.Service, r.stream, r.playback, now); err != nil {
			return nil, err
		}
		again := l.upcoming(r.playback, feed, now)
		if again == a {
			e := a.entry()
			l.settle(r.playback, &e)
			return a, nil
		}
		a = again
	}
	return l.promised.arrival, nil
}

// upcoming is the first fragment that a session does not list, and will.
func (l *lister) upcoming(p *playback, feed *feed, now time.Time) *arrival {
	after := l.source.passed()
	if m := l.promised; m.arrival != nil && m.number.Compare(after) > 0 {
		after = m.number
	}
	return feed.upcoming(after, now, func(a *arrival) bool {
		return p.Clock == archive.ProducerTime && slices.Contains(l.recent[:], a.producer.UnixMilli())
	})
}

// entry is what is known of a fragment before it is stored.
func (a *arrival) entry() archive.Entry {
	return archive.Entry{Number: a.number, Server: a.server, Producer: a.producer, Outline: archive.Outline{Config: a.config}}
}

// turn tells all who wait that a fragment begins, has ended or is stored. The feed's mutex is held.
func (f *feed) turn() {
	f.turns++
	f.broadcast()
}

func (f *feed) turned() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.turns
}

// movedOn tells whether there was a turn since another, or a fragment has come to a time.
func (f *feed) movedOn(since uint64, a *arrival, at time.Duration) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(a.marks)
	return f.turns != since || n > 0 && a.marks[n-1].at >= at
}

// isGone tells whether a fragment will most likely never be stored.
func (f *feed) isGone(a *arrival, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return a.state == aborted || a.unkept || !a.isLive() || f.stalled(a, now)
}

// upcoming finds the first live fragment behind a number that is not skipped and does not stall.
func (f *feed) upcoming(after archive.Number, now time.Time, skip func(*arrival) bool) *arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.arrivals {
		if a.isLive() && !a.unkept && a.number.Compare(after) > 0 && !f.stalled(a, now) && !skip(a) {
			return a
		}
	}
	return nil
}

// find returns the fragment with a number, while it is in memory.
func (f *feed) find(n archive.Number) *arrival {
	return f.first(func(a *arrival) bool { return a.number == n })
}

// coding finds a fragment that is coded in a way.
func (f *feed) coding(config int64) (*arrival, bool) {
	a := f.first(func(a *arrival) bool { return a.config == config && a.head != nil })
	return a, a != nil
}

func (f *feed) first(is func(*arrival) bool) *arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.IndexFunc(f.arrivals, is); i >= 0 {
		return f.arrivals[i]
	}
	return nil
}
