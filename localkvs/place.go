package localkvs

import (
	"slices"
	"time"

	"kinora/localkvs/archive"
)

// maxPlaces is how many sessions' places are remembered, each in some 200 bytes: many more than lists.
const maxPlaces = 64 << 10

// place is the last fragment of a session's list, with all that was reckoned up to it, and with what the archive does not have. A list that
// was forgotten and is made again from what is stored now, which may be less or more than it was, goes on from it: a sequence number means
// the same fragment for the session's life.
type place struct {
	Fragment archive.Number
	Sequence int
	Breaks   int // up to it
	Media    time.Duration
	End      time.Duration // likewise, of what stands next to it
	Run      run
	Oldest   run // of the list's first fragment
	Began    time.Time
	Target   time.Duration
	Ahead    time.Duration
	Count    int
	Total    time.Duration
	Gaps     []missing `json:",omitempty"` // in the list
	Promised *missing  `json:",omitempty"`
	Expires  int64     // of the session, ms
}

// missing is a fragment that players know of and that is not stored.
type missing struct {
	Number           archive.Number
	Server, Producer time.Time
	Config           int64
	Length           time.Duration
}

func (m *missing) arrival() *arrival {
	return &arrival{number: m.Number, server: m.Server, producer: m.Producer, config: m.Config, state: aborted}
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
	at := place{last.Number, l.first + n - 1, l.breaks + broken(l.shown), last.media, last.media + last.length, last.run, l.shown[0].run, l.began, l.target, l.ahead, l.count, l.total, nil, nil, l.source.p.Expires}
	for i := range l.shown {
		if f := &l.shown[i]; f.gap {
			at.Gaps = append(at.Gaps, missing{f.Number, f.Server, f.Producer, f.Config, f.length})
		}
	}
	if a := l.promised.arrival; a != nil {
		at.Promised = &missing{a.number, a.server, a.producer, a.config, l.promised.length}
	}
	return at, true
}

// recall puts gaps that stood in front of a fragment before the list was forgotten there again. Where all that stood in front of them is not
// stored any more they are not needed.
func (l *lister) recall(p *playback, e *archive.Entry) {
	for l.from != nil && len(l.from.Gaps) > 0 && l.from.Gaps[0].Number.Compare(e.Number) < 0 {
		gap := l.from.Gaps[0]
		l.from.Gaps = l.from.Gaps[1:]
		if len(l.shown) > 0 {
			l.addGap(p, promise{gap.arrival(), gap.Length})
		}
	}
}

// renew promises again what was promised before the list was forgotten, if it stands behind it: the fragment that still arrives, or else
// one that has broken off.
func (l *lister) renew(s *Service, stream *archive.Stream) error {
	m := l.lost
	if m == nil {
		return nil
	}
	feed, err := s.feedOf(stream)
	if err != nil {
		return err
	}
	a := feed.find(m.Number)
	if a == nil {
		a = m.arrival()
	}
	l.promised, l.lost = promise{a, m.Length}, nil
	return nil
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
	switch c := l.shown[n-1].Number.Compare(was.Fragment); {
	case c == 0:
		l.move(was.Sequence-(l.first+n-1), was.Media-l.shown[n-1].media, was.Run.Number-l.shown[n-1].run.Number, was.Breaks-l.breaks-broken(l.shown))
		l.began, l.ahead, l.count, l.total = was.Began, was.Ahead, was.Count, was.Total
	case c > 0 && p.Mode == live:
		last := &l.shown[n-1]
		l.move(was.Sequence+1-(l.first+n-1), was.End-last.media, was.Run.Number+1-last.run.Number, was.Breaks-l.breaks-broken(l.shown[:n-1]))
		l.began = last.Server.Add(-last.media)
		l.count, l.total = was.Count+1, was.Total+last.length
	default:
		return
	}
	for i := range l.shown {
		switch f := &l.shown[i]; f.run.Number { // where they began is not known from what is left of them
		case was.Run.Number:
			f.run = was.Run
		case was.Oldest.Number:
			f.run = was.Oldest
		}
	}
	l.target = max(l.target, was.Target)
	l.lost, l.from = was.Promised, nil
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
			f.run.Start += media
			f.run.Number += runs
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
