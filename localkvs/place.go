package localkvs

import (
	"slices"
	"time"

	"kinora/localkvs/archive"
)

// maxPlaces is how many sessions' places are remembered, each in some 200 bytes: many more than lists.
const maxPlaces = 64 << 10

// place is the last fragment of a session's list, with all that was reckoned up to it. A list that was forgotten and is made again from what
// is stored now, which may be less or more than it was, goes on from it: a sequence number means the same fragment for the session's life.
type place struct {
	fragment archive.Number
	sequence int
	breaks   int // up to it
	media    time.Duration
	end      time.Duration // likewise, of what stands next to it
	run      run
	oldest   run // of the list's first fragment
	began    time.Time
	target   time.Duration
	ahead    time.Duration
	count    int
	total    time.Duration
}

// place returns where the list stands; false while there is nothing in it.
func (l *lister) place() (place, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.shown)
	if n == 0 || l.from != nil {
		return place{}, false
	}
	last := &l.shown[n-1]
	return place{last.Number, l.first + n - 1, l.breaks + broken(l.shown), last.media, last.media + last.length, last.run, l.shown[0].run, l.began, l.target, l.ahead, l.count, l.total}, true
}

// broken counts the fragments that have breaks.
func broken(list []shown) (n int) {
	for i := range list {
		if list[i].breaks {
			n++
		}
	}
	return n
}

// resume puts a list that is made again, and has come to the fragment of its place, where it was. Where that is not stored any more,
// what LIVE lists first behind it stands next to it.
func (l *lister) resume(p *playback) {
	was, n := l.from, len(l.shown)
	if was == nil {
		return
	}
	switch c := l.shown[n-1].Number.Compare(was.fragment); {
	case c == 0:
		l.move(was.sequence-(l.first+n-1), was.media-l.shown[n-1].media, was.run.number-l.shown[n-1].run.number, was.breaks-l.breaks-broken(l.shown))
		l.began, l.ahead, l.count, l.total = was.began, was.ahead, was.count, was.total
	case c > 0 && p.Mode == live:
		last := &l.shown[n-1]
		l.move(was.sequence+1-(l.first+n-1), was.end-last.media, was.run.number+1-last.run.number, was.breaks-l.breaks-broken(l.shown[:n-1]))
		l.began = last.Server.Add(-last.media)
		l.count, l.total = was.count+1, was.total+last.length
	default:
		return
	}
	for i := range l.shown {
		switch f := &l.shown[i]; f.run.number { // where they began is not known from what is left of them
		case was.run.number:
			f.run = was.run
		case was.oldest.number:
			f.run = was.oldest
		}
	}
	l.target = max(l.target, was.target)
	l.from = nil
}

// move adds to the numbers and times of all that is listed.
func (l *lister) move(sequence int, media time.Duration, runs, breaks int) {
	l.first += sequence
	l.breaks += breaks
	for _, list := range []*[]shown{&l.shown, &l.earlier} {
		*list = slices.Clone(*list)
		for i := range *list {
			f := &(*list)[i]
			f.media += media
			f.run.start += media
			f.run.number += runs
		}
	}
}

// viewer returns what is remembered of a session.
func (s *Service) viewer(id tokenID) *viewer {
	return s.viewers.getOr(id, 1, func() *viewer {
		v := newViewer()
		if was, ok := s.places.get(id); ok {
			v.lister.from = &was
		}
		return v
	})
}

// remember keeps what a session's list weighs now, and where it stands.
func (s *Service) remember(id tokenID, v *viewer, before int) {
	if n := v.lister.size(); n != before {
		s.viewers.put(id, v, int64(1+n))
	}
	if at, ok := v.lister.place(); ok {
		s.places.put(id, at, 1)
	}
}
