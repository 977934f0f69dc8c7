package localkvs

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mp4"
)

// partTime is how long the parts of a fragment are to be; as near to it as whole pictures come.
const partTime = 400 * time.Millisecond

// partTarget is the longest part that a session may list, by the pictures of the stream.
func partTarget(h head) time.Duration {
	longest := partTime
	if h.rate > 0 {
		picture := time.Duration(float64(time.Second) / h.rate)
		longest = max(picture*max(1, (partTime+time.Millisecond)/picture), h.slowest)
	}
	return longest.Round(time.Millisecond) + 2*time.Millisecond // times of frames are rounded too
}

func (p *playback) partTarget() time.Duration {
	if p.Part == 0 {
		return partTime
	}
	return time.Duration(p.Part) * time.Millisecond
}

// sliced is one track of a fragment in parts, as far as it has arrived.
type sliced struct {
	mp4.Growing
	parts []mp4.Part
}

func (s *sliced) length() (sum time.Duration) {
	for _, p := range s.parts {
		sum += p.Length
	}
	return sum
}

// slice cuts a track of a kind of what has arrived of a fragment. Of the first fragments that are coded in a way there are no parts
// before they are whole: nothing says in which order their pictures are shown.
func (r *play) slice(feed *feed, a *arrival, kind media.Kind) (s sliced, err error) {
	now := feed.progress(a)
	if !now.ordered || len(now.marks) == maxFrames {
		return s, nil
	}
	return r.cut(a.parsed(&now), kind, now.order, now.state == complete)
}

// cut cuts a track of a kind. There are no parts where there is no such track, or it is not one for players.
func (r *play) cut(p *parsed, kind media.Kind, order mp4.Order, whole bool) (s sliced, err error) {
	t, ok := trackOf(kind, p.tracks)
	if !ok || mp4.Check(t) != nil {
		return s, nil
	}
	s.Growing = mp4.Growing{Track: t, Packets: p.packets, Whole: whole}
	if kind == media.Video {
		s.Order = order
	}
	if whole {
		s.Next = p.outline().Duration
	}
	s.parts, err = s.Cut(r.partTarget())
	return s, asMediaError(err, t.ID)
}

// sliceOf cuts a fragment that is in memory, or else in the archive.
func (r *play) sliceOf(e *archive.Entry, kind media.Kind) (sliced, error) {
	feed, err := r.feedOf(r.stream)
	if err != nil {
		return sliced{}, err
	}
	if a := feed.find(e.Number); a != nil {
		return r.slice(feed, a, kind)
	}
	p, err := r.load(r.stream, e)
	if err != nil {
		return sliced{}, err
	}
	var order mp4.Order
	if t, ok := media.VideoTrack(p.tracks); ok {
		order = mp4.OrderOf(t, p.packets)
	}
	return r.cut(p, kind, order, true)
}

// partsKey names the parts of a whole fragment.
type partsKey struct {
	fragmentKey
	kind   media.Kind
	target time.Duration
}

// partsOf returns the parts of a listed fragment; none of one that cannot be read any more.
func (r *play) partsOf(f *shown, kind media.Kind) ([]mp4.Part, error) {
	if f.gap {
		return nil, nil
	}
	key := partsKey{fragmentKey{r.stream, f.Number}, kind, r.partTarget()}
	if parts, ok := r.Service.parts.get(key); ok {
		return parts, nil
	}
	s, err := r.sliceOf(&f.Entry, kind)
	if errors.Is(err, archive.ErrCorrupt) || errors.Is(err, archive.ErrNotFound) {
		return nil, nil
	}
	if err == nil {
		r.Service.parts.put(key, s.parts, int64(1+len(s.parts)))
	}
	return s.parts, err
}

// part answers with moof and mdat of one part of a fragment's track. It waits for one that arrives.
func (r *play) part() (answered, error) {
	index, err := strconv.Atoi(r.query.Get("Part"))
	if err != nil || index < 0 {
		return answered{}, invalidArgument("Part must be the number of a part.")
	}
	n, err := archive.ParseNumber(r.query.Get("FragmentNumber"))
	if err != nil {
		return answered{}, invalidArgument("FragmentNumber must be a fragment number.")
	}
	feed, err := r.feedOf(r.stream)
	if err != nil {
		return answered{}, err
	}
	var e archive.Entry
	a := feed.find(n)
	if a == nil {
		a = r.viewer.lister.promises(n)
	}
	if a == nil {
		e, err = r.listed()
	} else if e = a.entry(); !r.covers(&e) || a.backfill || a.head == nil { // of what a restart has cut off nothing is left
		err = noFragment("The session has no fragment " + n.String() + ".")
	}
	if err != nil {
		return answered{}, err
	}
	h := head{}
	if a != nil {
		h.tracks = a.head.Tracks
	} else if h, err = r.headOf(r.stream, &e); err != nil {
		return answered{}, err
	}
	t, err := r.chosen(h)
	if err != nil {
		return answered{}, err
	}
	key := segmentKey{fragmentKey: fragmentKey{r.stream, n}, kind: t.Kind, container: fragmentedMP4, part: index + 1, target: r.partTarget()}
	g, ok := r.segments.kept.get(key)
	if !ok {
		var s sliced
		if a == nil {
			s, err = r.sliceOf(&e, t.Kind)
		} else {
			s, err = r.whenCut(feed, a, t.Kind, index)
		}
		if err != nil {
			return answered{}, err
		}
		if index >= len(s.parts) {
			return answered{}, noFragment(fmt.Sprintf("The fragment has no part %d.", index))
		}
		m, err := s.Part(uint32(n.Seq()), s.parts[index])
		if err != nil {
			return answered{}, asMediaError(err, t.ID)
		}
		g = &segment{mp4: m}
		r.segments.kept.put(key, g, g.size())
	}
	first, rest := g.mp4.At(time.Duration(r.timeOf(&e).UnixMilli()) * time.Millisecond)
	return answered{kindMP4, [][]byte{first, rest}, true}, nil
}

// whenCut waits until a part of a fragment has arrived, or will not.
func (r *play) whenCut(feed *feed, a *arrival, kind media.Kind, index int) (s sliced, err error) {
	err = r.wait(feed, maxPartWait, func(now time.Time) (bool, error) {
		done := feed.progress(a).state != arriving || feed.isGone(a, now)
		if s, err = r.slice(feed, a, kind); err != nil {
			return false, err
		}
		return done || index < len(s.parts), nil
	})
	return s, err
}

// promises returns the fragment with a number if it is the one that players have seen parts of, also when it will not come any more.
func (l *lister) promises(n archive.Number) *arrival {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.promised.arrival; a != nil && a.number == n {
		return a
	}
	return nil
}
