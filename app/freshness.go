package app

import (
	"context"
	"slices"
	"sync"
	"time"
)

// liveWithin is how old the newest fragment of a live stream may be, when nothing is known of how long its fragments
// are: KVS recommends 2 s and producers use up to 10 s.
const liveWithin = 10 * time.Second

// looks are how far the question for the newest fragment goes back: a little at first, since a long range makes the
// service list everything in it; further only when nothing was found.
var looks = [...]time.Duration{time.Minute, time.Hour, 24 * time.Hour}

// freshness remembers for each stream when its newest fragment arrived.
type freshness map[string]*fresh

type fresh struct {
	last  time.Time
	step  time.Duration // between the two newest fragments that were seen
	look  int           // index into looks
	asked time.Time
	err   error
}

// live reports whether fragments arrive: the newest is not much older than one is apart from the next.
func (f *fresh) live(now time.Time) bool {
	return !f.last.IsZero() && now.Sub(f.last) < max(liveWithin, 3*f.step)
}

// keep forgets all streams but these, and begins to remember the new ones.
func (m freshness) keep(streams []Stream) {
	there := make(map[string]bool, len(streams))
	for _, st := range streams {
		there[st.Name] = true
		if m[st.Name] == nil {
			m[st.Name] = &fresh{}
		}
	}
	for name := range m {
		if !there[name] {
			delete(m, name)
		}
	}
}

// ask brings up to date the streams that were asked longest ago, at most probes of them, a few at a time. Streams that
// keep nothing cannot be asked.
func (m freshness) ask(ctx context.Context, acc Account, streams []Stream) {
	var due []string
	for _, st := range streams {
		if st.Retention > 0 {
			due = append(due, st.Name)
		}
	}
	due = oldest(due, probes, func(name string) time.Time { return m[name].asked })
	next := make(chan string)
	var workers sync.WaitGroup
	for range min(abreast, len(due)) {
		workers.Go(func() {
			for name := range next {
				m[name].ask(ctx, acc, name)
			}
		})
	}
	for _, name := range due {
		next <- name
	}
	close(next)
	workers.Wait()
}

// ask is called from one goroutine at a time for each stream.
func (f *fresh) ask(ctx context.Context, acc Account, stream string) {
	now := time.Now()
	since := now.Add(-looks[f.look])
	if f.last.After(since) {
		since = f.last
	}
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	at, ok, err := acc.LastFragment(ctx, stream, since)
	f.asked, f.err = now, err
	switch {
	case err != nil:
	case !ok && f.last.IsZero():
		f.look = min(f.look+1, len(looks)-1)
	case ok && at.After(f.last):
		if step := at.Sub(f.last); !f.last.IsZero() && step < 2*liveWithin {
			f.step = step
		}
		f.last, f.look = at, 0
	}
}

// oldest returns the n names that were asked for longest ago, in that order.
func oldest(names []string, n int, asked func(string) time.Time) []string {
	slices.SortStableFunc(names, func(a, b string) int { return asked(a).Compare(asked(b)) })
	return names[:min(n, len(names))]
}
