package kvs

import (
	"context"
	"errors"
	"net/http"
	"reflect"
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
// The source never ends with io.EOF: Read blocks for what is new, and returns an error when the session fails or expires; a new one is
// begun by opening again.
func (c *Client) SessionLive(stream string, s Session) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		session, err := c.begin(ctx, stream, s)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(ctx)
		l := &sessionLive{session: session, ctx: ctx, cancel: cancel, known: &listing{heads: make(map[string]*mp4.Reader)}}
		if err := l.next(); err != nil {
			cancel()
			return nil, err
		}
		return l, nil
	}
}

// sessionLive is a source over one session.
type sessionLive struct {
	session *session
	ctx     context.Context
	cancel  context.CancelFunc

	known   *listing // what was listed last
	last    string   // number of the fragment that was loaded last; empty: none was
	tracks  []media.Track
	packets []*media.Packet // of that fragment, that were not read yet
	epoch   time.Time
	end     time.Duration // greatest PTS so far
	missed  bool          // a fragment could not be had
}

func (l *sessionLive) Tracks() []media.Track { return l.tracks }
func (l *sessionLive) Epoch() time.Time      { return l.epoch }

func (l *sessionLive) Close() error {
	l.cancel()
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
		first := l.last == ""
		if l.last = f.Number; first && time.Since(f.time(l.session.Clock)) > silent {
			continue
		}
		r, err := l.known.load(l.ctx, media.Fragment{Number: f.Number, Start: f.time(l.session.Clock)})
		var answer *sessionError
		switch {
		case err == nil:
			l.place(r)
			return nil
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
	tracks, err := l.session.tracks(l.ctx)
	if err != nil {
		return err
	}
	heads := l.known.heads
	if len(heads) > mostHeads {
		clear(heads)
	}
	l.known = gather(l.session, tracks)
	l.known.heads = heads
	return nil
}

// pause waits before the session is asked again.
func (l *sessionLive) pause() error {
	length := time.Duration(0)
	if list := l.known.fragments; len(list) > 0 {
		length = list[len(list)-1].Length
	}
	timer := time.NewTimer(min(max(length/4, soonest), latest))
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
	return l.session.client.fail(opSession, l.session.stream, clean(err))
}
