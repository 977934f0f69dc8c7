package kvs

import (
	"cmp"
	"math"
	"slices"
	"time"

	"kinora/media"
)

const (
	settling  = 30 * time.Second // after a time by the service's clock, in which a fragment of it may still come to be listed
	rechecked = time.Second      // how old what is known of a time that is not settled may get
	filled    = 2 * time.Minute  // how old what is known of a settled time may get where the past can be filled in
	expires   = 10 * time.Minute // and where it can only expire

	window = int64(10 * time.Minute / time.Millisecond) // what is asked for at once: less than a page, with two seconds a fragment

	mostFragments = 50_000 // remembered, about 10 MB
	mostStretches = 2_000
)

// place is where a fragment stands in its archive's order. A place without a number stands before all fragments of its time.
type place struct {
	at     int64 // ms since 1970
	number string
}

func placeOf(f *media.Fragment) place { return place{f.Start.UnixMilli(), f.Number} }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.at, q.at), cmp.Compare(p.number, q.number))
}

// stretch is a time of which all fragments are known, as of when they were asked for. Nothing of it changes but used.
type stretch struct {
	from, to int64     // ms since 1970; to is not in it
	asked    time.Time // by the service's clock
	list     []media.Fragment
	settled  bool // nothing that arrives live belongs into it any more
	used     uint64
}

func newStretch(from, to int64, asked time.Time, list []media.Fragment) *stretch {
	return &stretch{from: from, to: to, asked: asked, list: list, settled: asked.UnixMilli() >= to+settling.Milliseconds()}
}

// stale reports whether s should be asked for again, now that something depends on it: what is not settled after some time. The future
// beyond a minute is asked for seldom.
func (s *stretch) stale(now time.Time, after time.Duration) bool {
	age := now.Sub(s.asked)
	if s.from > now.Add(time.Minute).UnixMilli() {
		return age > time.Minute
	}
	return !s.settled && age > after
}

// tail is from where s is to be asked for again while it is not settled.
func (s *stretch) tail() int64 {
	from := s.asked.Add(-settling).UnixMilli()
	if n := len(s.list); n > 0 {
		from = min(from, s.list[n-1].Start.UnixMilli())
	}
	return max(s.from, from)
}

// after returns the first fragment of s that stands behind p.
func (s *stretch) after(p place) (media.Fragment, bool) {
	i, found := s.search(p)
	if found {
		i++
	}
	if i == len(s.list) {
		return media.Fragment{}, false
	}
	return s.list[i], true
}

// before returns the last fragment of s that stands in front of p.
func (s *stretch) before(p place) (media.Fragment, bool) {
	i, _ := s.search(p)
	if i == 0 {
		return media.Fragment{}, false
	}
	return s.list[i-1], true
}

func (s *stretch) search(p place) (int, bool) {
	return slices.BinarySearchFunc(s.list, p, func(f media.Fragment, p place) int { return placeOf(&f).compare(p) })
}

// index is what is known of an archive: stretches by time that do not overlap. What was not used for longest is forgotten when it
// is too much. It is for one goroutine at a time.
type index struct {
	stretches []*stretch
	clock     uint64 // counts uses
}

// at returns the stretch that holds a time, or nil and the unknown time around it.
func (x *index) at(ms int64) (*stretch, span) {
	i := x.search(ms)
	around := span{math.MinInt64, math.MaxInt64}
	if i > 0 {
		around.from = x.stretches[i-1].to
	}
	if i < len(x.stretches) {
		s := x.stretches[i]
		if s.from <= ms {
			x.clock++
			s.used = x.clock
			return s, span{s.from, s.to}
		}
		around.to = s.from
	}
	return nil, around
}

// search returns the first stretch that ends behind a time.
func (x *index) search(ms int64) int {
	i, _ := slices.BinarySearchFunc(x.stretches, ms, func(s *stretch, ms int64) int {
		if s.to <= ms {
			return -1
		}
		return 1
	})
	return i
}

// put notes what was answered for [from, to) in place of what was known of that time. The list is by place, and x's from now on.
func (x *index) put(from, to int64, asked time.Time, list []media.Fragment) {
	i, j := x.search(from), x.search(to)
	x.clock++
	fresh := make([]*stretch, 0, 3)
	if i < len(x.stretches) && x.stretches[i].from < from {
		fresh = append(fresh, x.stretches[i].part(x.stretches[i].from, from))
	}
	s := newStretch(from, to, asked, list)
	s.used = x.clock
	fresh = append(fresh, s)
	if j < len(x.stretches) && x.stretches[j].from < to {
		fresh = append(fresh, x.stretches[j].part(to, x.stretches[j].to))
		j++
	}
	x.stretches = slices.Replace(x.stretches, i, j, fresh...)
	x.join(i)
	x.trim()
}

// join makes one of the ith stretch and the one in front of it, if they have settled beside each other in one window. Otherwise the
// live edge would leave ever more short ones behind.
func (x *index) join(i int) {
	if i == 0 {
		return
	}
	a, b := x.stretches[i-1], x.stretches[i]
	if a.to != b.from || !a.settled || !b.settled || a.from/window != (b.to-1)/window {
		return
	}
	both := &stretch{from: a.from, to: b.to, asked: a.asked, settled: true, used: max(a.used, b.used), list: slices.Concat(a.list, b.list)}
	if b.asked.Before(a.asked) {
		both.asked = b.asked
	}
	x.stretches = slices.Replace(x.stretches, i-1, i+1, both)
}

// trim forgets what was not used for longest while there is too much.
func (x *index) trim() {
	fragments := 0
	for _, s := range x.stretches {
		fragments += len(s.list)
	}
	for len(x.stretches) > 1 && (fragments > mostFragments || len(x.stretches) > mostStretches) {
		oldest := 0
		for i, s := range x.stretches {
			if s.used < x.stretches[oldest].used {
				oldest = i
			}
		}
		fragments -= len(x.stretches[oldest].list)
		x.stretches = slices.Delete(x.stretches, oldest, oldest+1)
	}
}

// forget forgets what was asked for before a moment.
func (x *index) forget(before time.Time) {
	x.stretches = slices.DeleteFunc(x.stretches, func(s *stretch) bool { return s.asked.Before(before) })
}

// part is what s knows of [from, to).
func (s *stretch) part(from, to int64) *stretch {
	i, _ := s.search(place{at: from})
	j, _ := s.search(place{at: to})
	p := newStretch(from, to, s.asked, slices.Clip(s.list[i:j]))
	p.settled = p.settled || s.settled
	p.used = s.used
	return p
}

// arrange puts fragments in their order on a clock. By the producer's, what was uploaded twice is there once, as media.Twice chooses.
func arrange(some []Fragment, clock Clock) []media.Fragment {
	list := make([]media.Fragment, len(some))
	for i, f := range some {
		list[i] = media.Fragment{Number: f.Number, Start: f.time(clock), Server: f.Server, Producer: f.Producer, Length: f.Length, Size: f.Size}
	}
	slices.SortFunc(list, func(a, b media.Fragment) int { return placeOf(&a).compare(placeOf(&b)) })
	kept := list[:0]
	for _, f := range list {
		if n := len(kept); n > 0 && kept[n-1].Number == f.Number {
			kept[n-1] = f
		} else if shown, twice := again(kept, &f, clock); twice {
			kept[n-1] = *shown
		} else {
			kept = append(kept, f)
		}
	}
	return kept
}

// again tells whether f is the time of the last of a list once more, and which of them is shown.
func again(list []media.Fragment, f *media.Fragment, clock Clock) (shown *media.Fragment, twice bool) {
	if len(list) == 0 || clock != ProducerTime {
		return nil, false
	}
	return media.Twice(&list[len(list)-1], f)
}
