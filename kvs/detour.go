package kvs

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"kinora/media"
)

// Way is how an archive gets the media of fragments.
type Way int

const (
	Direct Way = iota // GetMediaForFragmentList; sessions of HLS where that is not permitted
	HLS               // sessions of HLS
	DASH              // sessions of DASH
)

// askAgain is how long a call that was not permitted is not made.
const askAgain = 10 * time.Minute

// detour is the way of an archive through sessions: of its media where a person chose that or GetMediaForFragmentList is not
// permitted, and of its index where ListFragments is not.
type detour struct {
	mu         sync.Mutex
	list, load refused
	listings   []*listing // the one used last in front
	floor      int64      // nothing older is looked for; 0: not known yet
}

// refused is a call that was not permitted.
type refused struct {
	why error
	at  time.Time
}

func (r *refused) holds() bool { return r.why != nil && time.Since(r.at) < askAgain }

// Detour says why the archive is looked at through sessions of HLS though nobody chose that; nil: it is not.
func (a *Archive) Detour() error {
	d := &a.detour
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range [...]*refused{&d.load, &d.list} {
		if r.holds() {
			return r.why
		}
	}
	return nil
}

// listSome returns some of the fragments of w, up to most, in no order, and what gets further ones; "" when those were all. It goes by
// ListFragments, and by sessions where that is not permitted.
func (a *Archive) listSome(ctx context.Context, w span, token string, most int64) (some []Fragment, next string, err error) {
	d := &a.detour
	d.mu.Lock()
	around, denied := d.list.holds(), d.list.why
	d.mu.Unlock()
	if !around {
		some, next, err = a.client.listSome(ctx, a.stream, a.clock, time.UnixMilli(w.from), time.UnixMilli(w.to-1), token, most)
		if !IsForbidden(err) {
			return some, next, err
		}
		denied = err
	}
	some, next, err = a.listBySessions(ctx, w, token)
	switch {
	case len(some) > 0 && !around: // so there are sessions
		a.detoured(&d.list, denied)
	case err != nil && !around, IsForbidden(err):
		err = denied
	}
	return some, next, err
}

// detoured notes a call that was not permitted, and that there is another way; nil: there is none.
func (a *Archive) detoured(r *refused, why error) {
	d := &a.detour
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.why == nil && why != nil {
		a.log.Info("the archive is looked at through HLS", "err", why)
	}
	*r = refused{why, time.Now()}
}

// listBySessions is listSome by sessions, those that are there and else new ones. A token is the time to go on at; what is older than the
// stream keeps is not looked for.
func (a *Archive) listBySessions(ctx context.Context, w span, token string) (some []Fragment, next string, err error) {
	if n, err := strconv.ParseInt(token, 10, 64); err == nil {
		w.from = n
	}
	floor, err := a.oldest(ctx)
	if err != nil {
		return nil, "", err
	}
	w.from, w.to = max(w.from, floor), min(w.to, a.now().Add(time.Minute).UnixMilli())
	for w.from < w.to {
		l := a.detour.about(w, a.now())
		if l == nil {
			over := a.wider(w)
			if l, err = a.begin(ctx, over); err == nil && l.over.to <= w.from { // so many lie in front of it
				l, err = a.begin(ctx, span{w.from, over.to})
			}
			if err != nil {
				return nil, "", err
			}
			a.detour.keep(l)
		}
		some, w.from = l.within(w), l.over.to
		if len(some) == 0 {
			continue
		}
		if w.from < w.to {
			next = strconv.FormatInt(w.from, 10)
		}
		return some, next, nil
	}
	return nil, "", nil
}

// wider is what a session is to cover that is begun to list w: a day from there at most. Where a stream has few sessions it is worth
// something to have what lies around, too, so that the next question needs none; what lies in front is so little that it cannot fill a
// session alone.
func (a *Archive) wider(w span) span {
	if !a.scarce() {
		return span{w.from, min(w.to, w.from+day)}
	}
	from := max(w.from-window, beginning)
	return span{from, from + day}
}

// around is what a session is to cover that is begun to load f: a window, or where a stream has few sessions so much that some four
// fifths of a session are used, most of it behind f.
func (a *Archive) around(f media.Fragment) span {
	ms := f.Start.UnixMilli()
	if !a.scarce() {
		return span{ms / window * window, (ms/window + 1) * window}
	}
	length := min(max((f.Length+frame).Milliseconds()*mostListed*4/5, window), day)
	from := max(ms-length/4, beginning)
	return span{from, from + length}
}

// frame is about what a fragment lasts longer than its length says.
const frame = 40 * time.Millisecond

// scarce reports whether the service allows but so many sessions of a stream.
func (a *Archive) scarce() bool {
	s := Session{DASH: a.way == DASH}
	return a.client.gates.quotas[s.op()].open > 0
}

// rechecks is how old what is known of a time that is not settled may get. A session for each second of it is more than some services
// allow of a stream.
func (a *Archive) rechecks() time.Duration {
	d := &a.detour
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list.holds() && a.scarce() {
		return time.Minute
	}
	return rechecked
}

// patient is how far back is looked where it is not known how long the stream keeps what it gets.
const patient = 7 * 24 * time.Hour

// oldest is before everything that can be stored.
func (a *Archive) oldest(ctx context.Context) (int64, error) {
	d := &a.detour
	d.mu.Lock()
	floor := d.floor
	d.mu.Unlock()
	if floor > 0 {
		return floor, nil
	}
	keeps := patient
	switch s, err := a.client.Describe(ctx, a.stream); {
	case err == nil:
		keeps = s.Retention + 24*time.Hour
	case !IsForbidden(err):
		return 0, err
	}
	floor = max(a.now().Add(-keeps).UnixMilli(), 1)
	d.mu.Lock()
	d.floor = floor
	d.mu.Unlock()
	return floor, nil
}

// keep keeps what was listed, for those who load and who list again.
func (d *detour) keep(l *listing) {
	if l.session == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listings = slices.DeleteFunc(d.listings, (*listing).spent)
	d.listings = append([]*listing{l}, d.listings...)
	d.listings = d.listings[:min(len(d.listings), mostListings)]
}

// about returns what was listed of the beginning of w, if nothing is to be expected to have been added there since.
func (d *detour) about(w span, now time.Time) *listing {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.listings {
		age := now.Sub(l.asked)
		settled := min(w.to, l.over.to) <= l.asked.Add(-settling).UnixMilli() && (age < filled || l.session.Clock == ServerTime)
		if l.over.from <= w.from && w.from < l.over.to && (settled || age < rechecked) {
			return l
		}
	}
	return nil
}

// of returns a session that has a fragment, or nil.
func (d *detour) of(number string) *listing {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, k := range d.listings {
		if k.segments[number] != nil && !k.spent() {
			copy(d.listings[1:i+1], d.listings[:i])
			d.listings[0] = k
			return k
		}
	}
	return nil
}

// drop forgets a session that is over.
func (d *detour) drop(old *listing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var rest []*listing
	for _, k := range d.listings {
		if k != old {
			rest = append(rest, k)
		}
	}
	d.listings = rest
}

// bySessions reports whether media comes by sessions now.
func (a *Archive) bySessions() bool {
	d := &a.detour
	d.mu.Lock()
	defer d.mu.Unlock()
	return a.way != Direct || d.load.holds()
}

// readBySessions is [Archive.read] by sessions.
func (a *Archive) readBySessions(ctx context.Context, fragments []media.Fragment, got func(string, *media.Recorded, error) error) error {
	for _, f := range fragments {
		r, err := a.loadBySession(ctx, f)
		switch {
		case errors.Is(err, media.ErrGone), errors.Is(err, media.ErrDamaged):
			err = got(f.Number, nil, a.lost(f.Number, clean(err)))
		case err != nil:
			err = a.client.fail(opSession, a.stream, clean(err))
		default:
			err = got(f.Number, r, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var errNumberOnly = errors.New("a fragment cannot be found by its number through a session; go to its time")

// loadBySession loads a fragment from the session that listed it, or from a new one around it. A session that has ended meanwhile is
// replaced once.
func (a *Archive) loadBySession(ctx context.Context, f media.Fragment) (*media.Recorded, error) {
	for again := false; ; again = true {
		k := a.detour.of(f.Number)
		if k == nil {
			if f.Start.IsZero() {
				return nil, errNumberOnly
			}
			over := a.around(f)
			l, err := a.begin(ctx, over)
			if err == nil && l.segments[f.Number] == nil && l.over.to < over.to { // so many lie in front of it
				a.detour.keep(l)
				over.from = f.Start.UnixMilli()
				l, err = a.begin(ctx, over)
			}
			if err != nil {
				return nil, err
			}
			if l.segments[f.Number] == nil {
				return nil, media.ErrGone
			}
			a.detour.keep(l)
			continue
		}
		r, err := k.load(ctx, f)
		var answer *sessionError
		switch {
		case err == nil:
			return r, nil
		case !errors.As(err, &answer):
			return nil, err
		case !again && (k.session.closed(err) || answer.status == http.StatusNotFound):
			a.detour.drop(k)
			continue
		case answer.status == http.StatusNotFound || answer.status == http.StatusGone:
			return nil, media.ErrGone
		}
		return nil, err
	}
}

// clean takes the address of a session, which is a secret, out of an error.
func clean(err error) error {
	var sent *url.Error
	if errors.As(err, &sent) {
		return sent.Err
	}
	return err
}
