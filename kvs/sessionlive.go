package kvs

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"kinora/media"
	"kinora/mp4"
)

// How often a session is asked for what is new: four times in a fragment, within these bounds. Players may ask AWS five times a second.
const (
	soonest = 500 * time.Millisecond
	latest  = 2 * time.Second
)

// silent is how old the newest fragment may be to be shown at first: a stream to which nobody sends is not live.
const silent = time.Minute

// mostHeads is how many init segments are remembered.
const mostHeads = 16

// SessionLive returns an opener of what the stream shows now, as a [media.Source] over a session of HLS, or of DASH: for those who may not
// use GetMedia. Opening waits for a fragment: it begins with the newest that is listed, unless that is old. Times are those of the session's clock; the source's Epoch
// is the first fragment's. A packet is marked Discontinuity where the tracks change, where fragments were missed and where time steps
// back.
//
// The source never ends with io.EOF: Read blocks for what is new, and returns an error when the session fails. One that expires, or that
// the service closes for others, is replaced without a seam. A stream to which nobody sends has no session that could be begun: that is
// tried every few seconds. What is left of a session when the source is closed is for who opens one next.
func (c *Client) SessionLive(stream string, s Session) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		ctx, cancel := context.WithCancel(ctx)
		l := &sessionLive{ctx: ctx, cancel: cancel, session: c.idle.take(stream, s), known: &listing{heads: make(map[string]*mp4.Reader)}}
		if l.proven = l.session != nil; !l.proven {
			l.session = &session{Session: s, client: c, stream: stream} // that is over
		}
		if err := l.next(); err != nil {
			_ = l.Close() // never fails
			return nil, err
		}
		return l, nil
	}
}

// sessionLive is a source over one session.
type sessionLive struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex // of what Close reads while Read writes it
	session *session
	closed  bool

	known   *listing // what was listed last
	last    string   // number of the fragment that was loaded last; empty: none was
	tracks  []media.Track
	packets []*media.Packet // of that fragment, that were not read yet
	epoch   time.Time
	end     time.Duration // greatest PTS so far
	missed  bool          // a fragment could not be had
	proven  bool          // the session has listed something before
}

func (l *sessionLive) Tracks() []media.Track { return l.tracks }
func (l *sessionLive) Epoch() time.Time      { return l.epoch }

func (l *sessionLive) Close() error {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed && !l.session.over() {
		l.session.client.idle.put(l.session)
	}
	l.closed = true
	return nil
}

func (l *sessionLive) Read() (*media.Packet, error) {
	for len(l.packets) == 0 {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	p := l.packets[0]
	l.packets = l.packets[1:]
	return p, nil
}

// next loads the fragment behind the last one, and waits until it is listed.
func (l *sessionLive) next() error {
	for {
		f, ok := l.behind()
		if !ok {
			if err := l.list(); err != nil {
				return l.fail(err)
			}
			if f, ok = l.behind(); !ok {
				if err := l.pause(); err != nil {
					return l.fail(err)
				}
				continue
			}
		}
		before := l.last
		if l.last = f.Number; before == "" && time.Since(f.time(l.session.Clock)) > silent {
			continue
		}
		r, err := l.known.load(l.ctx, media.Fragment{Number: f.Number, Start: f.time(l.session.Clock)})
		var answer *sessionError
		switch {
		case err == nil:
			l.place(r)
			return nil
		case l.renewable(err, http.StatusForbidden):
			l.last, l.known = before, &listing{heads: l.known.heads}
		case errors.Is(err, media.ErrDamaged), errors.As(err, &answer) && (answer.status == http.StatusNotFound || answer.status == http.StatusGone):
			l.session.client.log.Debug("a fragment of a session is left out", "stream", l.session.stream, "fragment", f.Number, "err", clean(err))
			l.missed = true
		default:
			return l.fail(err)
		}
	}
}

// behind is the listed fragment that follows upon the last one; at first the newest.
func (l *sessionLive) behind() (f Fragment, ok bool) {
	list := l.known.fragments
	if l.last == "" && len(list) > 0 {
		return list[len(list)-1], true
	}
	for i := range list {
		if list[i].Number == l.last {
			list = list[i+1:]
			break
		}
	}
	for _, f := range list {
		if f.Number > l.last {
			return f, true
		}
	}
	return Fragment{}, false
}

// list brings what is known up to date.
func (l *sessionLive) list() error {
	tracks, err := l.ask()
	if err != nil {
		return err
	}
	l.proven = true
	heads := l.known.heads
	if len(heads) > mostHeads {
		clear(heads)
	}
	l.known = gather(l.session, tracks)
	l.known.heads = heads
	return nil
}

// ask asks the session what it lists, and first for a session where there is none.
func (l *sessionLive) ask() ([][]listed, error) {
	for {
		if l.session.over() {
			if err := l.begin(); err != nil {
				return nil, err
			}
		}
		tracks, err := l.session.tracks(l.ctx)
		if !l.renewable(err, http.StatusForbidden, http.StatusNotFound) {
			return tracks, err
		}
	}
}

// begin begins a session, as soon as there can be one.
func (l *sessionLive) begin() error {
	for old := l.session; ; {
		session, err := old.client.begin(l.ctx, old.stream, old.Session, forLive)
		var e *Error
		switch {
		case err == nil:
			return l.use(session)
		case !errors.As(err, &e) || e.Code != "ResourceNotFoundException" || old.client.absent(l.ctx, old.stream):
			return err
		}
		if err := l.rest(latest); err != nil {
			return err
		}
	}
}

// use makes a session the source's, or leaves it to another when the source was closed meanwhile.
func (l *sessionLive) use(s *session) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		s.client.idle.put(s)
		return context.Cause(l.ctx)
	}
	l.session, l.proven = s, false
	return nil
}

// refused notes that the session is not for anybody any more, if err is its own answer, which it returns.
func (l *sessionLive) refused(err error) (answer *sessionError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || !errors.As(err, &answer) {
		return nil
	}
	l.session.closed(err)
	l.session.until = time.Time{}
	return answer
}

// renewable reports whether err is an answer with one of some statuses, of a session that was good: it has ended then.
func (l *sessionLive) renewable(err error, statuses ...int) bool {
	var answer *sessionError
	if !errors.As(err, &answer) || !l.proven || !slices.Contains(statuses, answer.status) {
		return false
	}
	l.proven = false
	return l.refused(err) != nil
}

// pause waits before the session is asked again.
func (l *sessionLive) pause() error {
	length := time.Duration(0)
	if list := l.known.fragments; len(list) > 0 {
		length = list[len(list)-1].Length
	}
	return l.rest(min(max(length/4, soonest), latest))
}

func (l *sessionLive) rest(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.ctx.Done():
		return context.Cause(l.ctx)
	}
}

// place puts a fragment at its time.
func (l *sessionLive) place(r *media.Recorded) {
	if l.epoch.IsZero() {
		l.epoch = r.Start
	}
	base := r.Start.Sub(l.epoch)
	broken := l.missed || base < l.end-overlap || base > l.end+gap || !reflect.DeepEqual(l.tracks, r.Tracks)
	if broken {
		l.end = base
	}
	if l.tracks == nil {
		broken = false
	}
	l.tracks, l.packets, l.missed = r.Tracks, r.Packets, false
	for _, p := range r.Packets {
		p.PTS += base
		p.DTS += base
		l.end = max(l.end, p.PTS)
	}
	r.Packets[0].Discontinuity = broken
}

// fail words an error, without the address, which is a secret.
func (l *sessionLive) fail(err error) error {
	if l.ctx.Err() != nil {
		err = context.Cause(l.ctx)
	}
	var said *Error
	if errors.As(err, &said) {
		return err // of the call that begins a session
	}
	l.refused(err)
	return l.session.client.fail(opSession, l.session.stream, clean(err))
}
