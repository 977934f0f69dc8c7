package kvs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"kinora/media"
	"kinora/mp4"
)

const (
	day          = int64(24 * time.Hour / time.Millisecond) // that a session covers at most
	mostListed   = 5000                                     // fragments in a session
	mostListings = 6                                        // sessions that are kept
	mostSegment  = mostFragment                             // bytes
)

// listing is a session over what is stored of a time: its fragments, and where their media is.
type listing struct {
	session   *session  // nil: there is nothing in its time
	over      span      // what it covers: all of its time, or when there is more up to the last fragment
	asked     time.Time // by the service's clock
	fragments []Fragment
	segments  map[string][]listed // by the fragment's number: one for each track

	mu    sync.Mutex
	heads map[string]*mp4.Reader // by the address of the init segment
}

// begin begins a session of HLS or DASH over the fragments that start in w, at most a day of them.
func (a *Archive) begin(ctx context.Context, w span) (*listing, error) {
	s := Session{DASH: a.way == DASH, Clock: a.clock, From: time.UnixMilli(w.from), To: time.UnixMilli(w.to - 1), Most: mostListed}
	if a.clock == ServerTime { // what is still to come cannot be asked for
		if now := a.now().Add(-time.Millisecond); s.To.After(now) {
			s.To = now
		}
	}
	empty := &listing{over: w, asked: a.now()}
	if !s.To.After(s.From) {
		return empty, nil
	}
	session, err := a.client.begin(ctx, a.stream, s, purposeOf(ctx))
	var e *Error
	switch {
	case errors.As(err, &e) && e.Code == "ResourceNotFoundException" && !a.client.absent(ctx, a.stream):
		return empty, nil // nothing is stored then
	case err != nil:
		return nil, err
	}
	tracks, err := session.tracks(ctx)
	var answer *sessionError
	if errors.As(err, &answer) && answer.status == http.StatusNotFound {
		return empty, nil
	}
	if err != nil {
		return nil, a.client.fail(opSession, a.stream, clean(err))
	}
	l := gather(session, tracks)
	l.over, l.asked = w, empty.asked
	if n := len(l.fragments); n >= mostListed {
		l.over.to = l.fragments[n-1].time(a.clock).UnixMilli() + 1
	}
	return l, nil
}

// spent reports whether nothing can be loaded any more from what was listed.
func (l *listing) spent() bool { return l.session != nil && l.session.over() }

// within is what was listed of w.
func (l *listing) within(w span) []Fragment {
	if l.session == nil {
		return nil
	}
	var some []Fragment
	for _, f := range l.fragments {
		if at := f.time(l.session.Clock).UnixMilli(); w.from <= at && at < w.to {
			some = append(some, f)
		}
	}
	return some
}

// gather makes fragments of what the tracks of a session list, the picture's first; times are by the session's clock.
func gather(session *session, tracks [][]listed) *listing {
	l := &listing{session: session, segments: make(map[string][]listed), heads: make(map[string]*mp4.Reader)}
	for i, list := range tracks {
		for _, one := range list {
			number := cmp.Or(one.number, fmt.Sprintf("%0*d", fragmentDigits, one.at.UnixMilli()))
			if one.at.IsZero() || i > 0 && l.segments[number] == nil {
				continue
			}
			l.segments[number] = append(l.segments[number], one)
			if i == 0 {
				f := Fragment{Number: number, Length: max(0, one.length-time.Millisecond)}
				if f.Server = one.at; session.Clock == ProducerTime {
					f.Server, f.Producer = time.Time{}, one.at
				}
				l.fragments = append(l.fragments, f)
			}
		}
	}
	return l
}

// opSession stands in errors for what a session is asked.
const opSession = "a streaming session"

// absent reports whether a stream does not exist: the service says the same of a time in which nothing is stored.
func (c *Client) absent(ctx context.Context, stream string) bool {
	_, err := c.Describe(ctx, stream)
	var e *Error
	return errors.As(err, &e) && e.Code == "ResourceNotFoundException"
}

// tracks is what each track of a session lists, the picture's first.
func (s *session) tracks(ctx context.Context) ([][]listed, error) {
	if s.DASH {
		return s.manifest(ctx)
	}
	master, err := s.playlist(ctx, opMaster, s.address)
	if err != nil {
		return nil, err
	}
	var tracks [][]listed
	for _, address := range append([]string{master.last().address}, master.sounds...) {
		list, err := s.playlist(ctx, opPlaylist, address)
		if err != nil {
			return nil, err
		}
		tracks = append(tracks, list.list)
	}
	return tracks, nil
}

// load reads a fragment.
func (l *listing) load(ctx context.Context, f media.Fragment) (*media.Recorded, error) {
	r := &media.Recorded{Fragment: f}
	for i, s := range l.segments[f.Number] {
		reader, err := l.head(ctx, s.head)
		if err != nil {
			return nil, err
		}
		b, err := l.session.get(ctx, opSegment, s.address, mostSegment)
		if errors.Is(err, errOversize) {
			err = fmt.Errorf("%w: %w", media.ErrDamaged, err)
		}
		if err != nil {
			return nil, err
		}
		packets, err := reader.Segment(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", media.ErrDamaged, err)
		}
		tracks := reader.Tracks()
		if len(tracks) != 1 {
			return nil, fmt.Errorf("%d tracks stand where one belongs: %w", len(tracks), media.ErrDamaged)
		}
		tracks[0].ID = i + 1 // each may call itself the first
		for _, p := range packets {
			p.Track = i + 1
		}
		r.Tracks = append(r.Tracks, tracks[0])
		r.Packets = append(r.Packets, packets...)
	}
	if len(r.Packets) == 0 {
		return nil, fmt.Errorf("there is no picture and no sound in it: %w", media.ErrDamaged)
	}
	zero := r.Packets[0].PTS
	for _, p := range r.Packets {
		if p.Track == r.Packets[0].Track {
			zero = min(zero, p.PTS)
		}
	}
	r.Length = 0
	for _, p := range r.Packets {
		p.PTS -= zero
		p.DTS = p.PTS
		r.Length = max(r.Length, p.PTS)
	}
	if len(r.Tracks) > 1 {
		interleave(r.Packets)
	}
	return r, nil
}

// interleave puts the packets of several tracks, of which each has its own in decode order, one beside the other by time.
func interleave(packets []*media.Packet) {
	type placed struct {
		*media.Packet
		at time.Duration // greatest of its track so far
	}
	list := make([]placed, len(packets))
	var at time.Duration
	for i, p := range packets {
		if i == 0 || p.Track != packets[i-1].Track {
			at = p.PTS
		}
		at = max(at, p.PTS)
		list[i] = placed{p, at}
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for i := range list {
		packets[i] = list[i].Packet
	}
}

// head reads an init segment once.
func (l *listing) head(ctx context.Context, address string) (*mp4.Reader, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.heads[address]; r != nil {
		return r, nil
	}
	b, err := l.session.get(ctx, opInit, address, mostList)
	if err != nil {
		return nil, err
	}
	r, err := mp4.ReadInit(b)
	if err == nil {
		l.heads[address] = r
	}
	return r, err
}
