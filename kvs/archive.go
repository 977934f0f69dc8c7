package kvs

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"kinora/media"
)

// joint is what may lie between the last frame of a fragment and the first of the next one without being a gap: no camera that is
// worth watching is slower than a frame a second.
const joint = time.Second

// longest is what a fragment can last. The service's own limit is a third of it.
const longest = time.Minute

// ArchiveOptions says how an archive is looked at. The zero value is the producer's clock and a small cache of its own.
type ArchiveOptions struct {
	Clock Clock
	Way   Way    // that media comes
	Cache *Cache // of fragments, shared with other archives; nil: a small one in memory
	// Account tells accounts apart in the cache. Two that have streams with the same ARN are not the same.
	Account string
}

// Archive is what one stream has stored, on one clock. It satisfies [media.Archive], [media.Prefetcher],
// [media.Copier] and [media.Surveyor].
//
// It knows the windows of time that were asked for, a bounded number of them, and asks again for what may have changed: the newest
// half minute after a second, and, since a past can be filled in and expires, anything after two minutes by the producer's clock and
// after ten by the server's, or when something that was listed is gone. Create it
// with [Client.Archive]; [Archive.Close] ends what it does in the background.
type Archive struct {
	client  *Client
	stream  string
	clock   Clock
	way     Way
	account string
	cache   *Cache
	log     *slog.Logger
	group   *group
	asks    calls[question]
	loads   loads
	later   later
	// identities asks for the stream's ARN.
	identities calls[struct{}]
	preparing  sync.Once
	soundings  soundings
	detour     detour
	marks      marks

	mu     sync.Mutex
	index  index
	nearby media.Fragment // what lies around it is looked up soon; without a Number nothing is
}

var (
	_ media.Archive    = (*Archive)(nil)
	_ media.Prefetcher = (*Archive)(nil)
	_ media.Copier     = (*Archive)(nil)
	_ media.Surveyor   = (*Archive)(nil)
)

// Archive returns what the stream has stored. It makes no call.
func (c *Client) Archive(stream string, o ArchiveOptions) *Archive {
	if o.Cache == nil {
		o.Cache = NewCache(smallMemory, nil)
	}
	g := newGroup()
	return &Archive{client: c, stream: stream, clock: o.Clock, way: o.Way, account: o.Account, cache: o.Cache, log: c.log.With("stream", stream),
		group: g, asks: calls[question]{group: g}, identities: calls[struct{}]{group: g},
		loads: loads{now: make(map[string]*load), faults: make(map[string]fault)}}
}

// Close ends what is under way and waits for it. The shared cache stays.
func (a *Archive) Close() error {
	a.group.close()
	return nil
}

// Find returns the fragment that shows at a time, to a second behind its last frame. Where there is none it returns the next one
// when forward is set, and the one before otherwise; io.EOF when there is none either.
func (a *Archive) Find(ctx context.Context, at time.Time, forward bool) (media.Fragment, error) {
	a.preparing.Do(a.prepare)
	ms := at.UnixMilli()
	if err := a.glance(ctx, ms); err != nil {
		return media.Fragment{}, err
	}
	f, err := a.before(ctx, place{at: ms + 1}, ms-longest.Milliseconds())
	switch {
	case err == nil && !at.After(f.End().Add(joint)):
	case err != nil && err != io.EOF:
		return media.Fragment{}, err
	case forward:
		f, err = a.after(ctx, place{at: ms}, at.Add(joint))
	default:
		f, err = a.before(ctx, place{at: ms + 1}, beginning)
	}
	if err == nil {
		a.look(f)
	}
	return f, err
}

// Next returns the fragment behind f, or the one in front of it; io.EOF when there is none at present.
func (a *Archive) Next(ctx context.Context, f media.Fragment, forward bool) (media.Fragment, error) {
	var next media.Fragment
	var err error
	if forward {
		next, err = a.after(ctx, placeOf(&f), f.End().Add(joint))
	} else {
		next, err = a.before(ctx, placeOf(&f), beginning)
	}
	if err == nil {
		a.look(next)
	}
	return next, err
}
