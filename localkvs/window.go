package localkvs

import (
	"errors"
	"slices"
	"sync"
	"time"

	"kinora/localkvs/archive"
)

// shown is a fragment in the list of a session.
type shown struct {
	archive.Entry
	at     time.Time     // its start on the session's clock
	length time.Duration // with its last frame
	joined bool          // by its producer's clock it follows the one before at once
	gap    bool          // it was announced while it arrived, and never came
	breaks bool          // players are told that its times do not go on from the one before
	media  time.Duration // where it stands on a timeline without overlaps, that of manifests
	run    run           // of fragments that are coded alike
}

// run is a number of fragments in a row that are coded alike: a Period of a manifest.
type run struct {
	Number int // 1 is the session's first
	Start  time.Duration
}

// window is what a session lists at one moment. It is a value; the list must not be changed.
type window struct {
	first   int // sequence number of the first fragment; the session's first one is 1
	breaks  int // how many fragments before the first had breaks
	shown   []shown
	earlier []shown       // what stood before the first until lately: players are a little behind
	target  time.Duration // the longest fragment that the session ever listed
	began   time.Time     // when media time zero was live, by the latest fragment that did not follow the one before at once
	ahead   time.Duration // length of the fragments that a LIVE_REPLAY begins with
	ended   bool          // nothing will be added
}

// tolerance is by how much a fragment may come early or late and still follow the one before.
const tolerance = 50 * time.Millisecond

// lister takes a session through its fragments. Its list grows at the end and, when it is full, goes at the front. It can be
// made anew at any time, and then goes through all fragments since the session's start.
type lister struct {
	mu sync.Mutex
	window
	source   source
	count    int           // fragments listed, also those that went
	total    time.Duration // their length
	from     *place        // of the list before it was forgotten; nil once it stands there again
	promised promise
	lost     *missing        // what was promised in the list before, until it is promised again
	turn     uint64          // of the feed, when the list was last brought up to date
	updated  time.Time       // then
	recent   [replayed]int64 // producer times of the latest fragments: a ring
}

// replayed is how many fragments a producer that lost its connection may send again without their being listed again.
const replayed = 16

// maxEarlier is how many fragments are remembered that are not listed any more.
const maxEarlier = 8

// headStart is how many fragments a paced list begins with: players wait for three.
const headStart = 3

// update brings the list up to date and returns it.
func (l *lister) update(s *Service, stream *archive.Stream, p *playback, now time.Time) (window, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.extend(s, stream, p, now)
	return l.window, err
}

// size is how many fragments the lister has memory for.
func (l *lister) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return cap(l.earlier) + cap(l.shown) + cap(l.source.page)
}

func (l *lister) extend(s *Service, stream *archive.Stream, p *playback, now time.Time) error {
	if l.first == 0 {
		l.first = 1
		l.source = source{stream: stream, p: p}
	}
	defer func() {
		if l.ended {
			l.source.page = nil
		}
	}()
	for !l.ended {
		if err := l.renew(s, stream); err != nil {
			return err
		}
		e, ok, err := l.source.peek(s, now)
		if err != nil {
			return err
		}
		if !ok {
			l.ended = p.Mode == onDemand || p.To != 0 && now.UnixMilli() > p.To
			return nil
		}
		e.Outline, err = s.outlineOf(stream, &e)
		if errors.Is(err, archive.ErrNotFound) || err == nil && e.Config == 0 { // it expired since it was listed, or nothing says how it is coded
			l.source.pop()
			continue
		}
		if err != nil {
			return err
		}
		length := l.lengthOf(&e)
		if p.Mode == liveReplay && l.count >= headStart && l.total+length > l.ahead+now.Sub(time.UnixMilli(p.Began)) {
			return nil
		}
		l.source.pop()
		if l.promised.isBehind(&e) || p.Mode == live && p.Clock == archive.ProducerTime && l.wasReplayed(&e) {
			continue
		}
		l.recall(p, &e)
		l.settle(p, &e)
		l.add(p, e, length)
		l.ended = p.Mode == onDemand && len(l.shown) == p.Max
	}
	return nil
}

// lengthOf is how long a fragment lasts. A single frame does not say; it is taken to last as long as the one before.
func (l *lister) lengthOf(e *archive.Entry) time.Duration {
	switch {
	case e.Duration > 0:
		return e.Duration
	case e.Length > 0:
		return e.Length
	}
	if n := len(l.shown); n > 0 {
		if since := e.Producer.Sub(l.shown[n-1].Producer); since > 0 && since < 20*time.Second {
			return since
		}
	}
	return time.Second
}

func (l *lister) wasReplayed(e *archive.Entry) bool {
	at := e.Producer.UnixMilli()
	if slices.Contains(l.recent[:], at) {
		return true
	}
	copy(l.recent[1:], l.recent[:])
	l.recent[0] = at
	return false
}

func (l *lister) add(p *playback, e archive.Entry, length time.Duration) {
	next := l.following(p, e, length)
	if l.count == 0 || !next.joined && len(l.shown) > 0 {
		l.began = e.Server.Add(-next.media)
	}
	l.shown = append(l.shown, next)
	l.count++
	l.total += length
	l.target = max(l.target, length)
	if l.count <= headStart {
		l.ahead = l.total
	}
	l.resume(p)
	for len(l.shown) > p.Max {
		if l.shown[0].breaks {
			l.breaks++
		}
		l.earlier, l.shown = append(l.earlier, l.shown[0]), l.shown[1:]
		l.first++
	}
	if n := len(l.earlier); n > maxEarlier {
		l.earlier = l.earlier[n-maxEarlier:]
	}
}

// following is a fragment as it stands behind the last one.
func (l *lister) following(p *playback, e archive.Entry, length time.Duration) shown {
	next := shown{Entry: e, at: p.timeOf(&e), length: length, breaks: p.Breaks == breakAlways, run: run{Number: 1}}
	n := len(l.shown)
	if n == 0 {
		return next
	}
	before := &l.shown[n-1]
	next.media = before.media + before.length
	if next.joined = isNear(e.Producer, before.Producer.Add(before.length)); next.joined {
		next.media = before.media + e.Producer.Sub(before.Producer)
	}
	next.run = before.run
	if before.Config != e.Config {
		next.run = run{before.run.Number + 1, next.media}
	}
	if p.Breaks == breakAtGaps {
		next.breaks = before.Config != e.Config || !isNear(next.at, before.at.Add(before.length))
	}
	return next
}

func isNear(a, b time.Time) bool { return a.Sub(b).Abs() <= tolerance }

func (p *playback) timeOf(e *archive.Entry) time.Time {
	if p.Clock == archive.ProducerTime {
		return e.Producer
	}
	return e.Server
}

// at returns the fragment with a sequence number.
func (w *window) at(number int) (shown, bool) {
	switch i := number - w.first; {
	case i >= 0 && i < len(w.shown):
		return w.shown[i], true
	case i < 0 && i >= -len(w.earlier):
		return w.earlier[len(w.earlier)+i], true
	}
	return shown{}, false
}

// span is how long the fragment at i of a list that does not grow lasts: to the next one where that follows at once.
func (w *window) span(i int) time.Duration {
	if i+1 < len(w.shown) && w.shown[i+1].joined {
		return w.shown[i+1].Producer.Sub(w.shown[i].Producer)
	}
	return w.shown[i].length
}

// newest is the place of the last fragment that is there.
func (w *window) newest() int {
	for i := len(w.shown) - 1; i > 0; i-- {
		if !w.shown[i].gap {
			return i
		}
	}
	return 0
}
