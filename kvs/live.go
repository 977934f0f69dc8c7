package kvs

import (
	"context"
	"errors"
	"io"
	"reflect"
	"sync"
	"time"

	"kinora/media"
	"kinora/mkv"
)

const (
	resumable = 10 * time.Second       // a fragment older than this is not resumed after: live is now
	gap       = 3 * time.Second        // silence longer than this is a discontinuity
	overlap   = 500 * time.Millisecond // fragments may begin this long before the last frame of the one before
	jitter    = 100 * time.Millisecond // by which producer time and timecode may drift apart within a session
	behind    = 20 * time.Second       // by which fragments may come later than the quickest before the source ends
	lone      = 5 * time.Second        // without anything newer, after which fragments from the past are what is live
	replayed  = 64                     // how many fragments are remembered, to know those that were uploaded twice
)

// Live returns an opener of what the stream shows now, as a [media.Source] over GetMedia.
//
// Opening waits for the first fragment, so that the tracks are known. Media time counts from that fragment's producer
// time, which is the source's Epoch. A packet is marked Discontinuity where the tracks or the producer's session
// change, where time steps back and after a gap. A fragment that a producer uploaded twice is passed on once.
//
// The source never ends with io.EOF: when the service ends its answer, as it does every hour, Read returns an error
// that is worth a retry. So it does when the network is slower than the stream, at 20 seconds behind: an opener that is
// used again then begins with now. An opener that is used again within 10 seconds of the last complete fragment goes on after
// that fragment, and begins with now otherwise. An opener may be used for one source at a time.
func (c *Client) Live(stream string) media.Opener {
	last := &position{}
	return func(ctx context.Context) (media.Source, error) {
		ctx, cancel := context.WithCancel(ctx)
		opened := time.Now()
		after, edge := last.get(opened)
		body, err := c.GetMedia(ctx, stream, Start{After: after})
		if err != nil {
			cancel()
			last.forget()
			return nil, err
		}
		l := &live{client: c, stream: stream, ctx: ctx, cancel: cancel, body: body, reader: mkv.NewReader(body, mkv.Limits{}), last: last,
			edge: edge, shown: opened}
		if err := l.next(); err != nil {
			l.Close()
			return nil, err
		}
		c.log.Debug("live", "stream", stream, "after", after, "fragment", l.fragment.Number)
		return l, nil
	}
}

// position is the last complete fragment that an opener's sources have read.
type position struct {
	mu       sync.Mutex
	number   string
	producer time.Time
	at       time.Time // when it was read
}

func (p *position) get(now time.Time) (number string, producer time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.at) >= resumable {
		return "", time.Time{}
	}
	return p.number, p.producer
}

func (p *position) set(f *mkv.Fragment, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number, p.producer, p.at = f.Number, f.ProducerTime, at
}

func (p *position) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number, p.producer, p.at = "", time.Time{}, time.Time{}
}

// live is a source over one GetMedia answer.
type live struct {
	client *Client
	stream string
	ctx    context.Context
	cancel context.CancelFunc
	body   io.ReadCloser
	reader *mkv.Reader
	last   *position

	epoch    time.Time
	served   time.Time // wall time of media time zero by the service's clock, in this session of the producer
	fragment *mkv.Fragment
	base     time.Duration // media time of the fragment's start
	session  time.Duration // media time minus timecode, constant within a producer's session
	end      time.Duration // greatest PTS so far
	broken   bool          // the next packet is a discontinuity
	quickest time.Duration // least time from the service's receiving a fragment, by its clock, to its arrival here
	done     []time.Time   // producer times of the last complete fragments
	edge     time.Time     // producer time of the last fragment that was passed on; zero when it is not known
	shown    time.Time     // when that was passed on to its end, or when the source was opened

	arriving arriving
	newest   *media.Recorded // that was read to its end
}

func (l *live) Tracks() []media.Track { return l.fragment.Tracks }
func (l *live) Epoch() time.Time      { return l.epoch }
func (l *live) Served() time.Time     { return l.served }

// Newest implements [media.Fragmented].
func (l *live) Newest() *media.Recorded { return l.newest }

func (l *live) Close() error {
	l.cancel()
	return l.body.Close()
}

func (l *live) Read() (*media.Packet, error) {
	for {
		p, err := l.reader.Packet()
		if err == nil {
			l.arriving.add(l.fragment, p)
			shift := l.base - l.fragment.Start
			p.PTS += shift
			p.DTS += shift
			p.Discontinuity, l.broken = l.broken, false
			l.end = max(l.end, p.PTS)
			return p, nil
		}
		if err != io.EOF {
			return nil, l.fail(err)
		}
		l.finish()
		if err := l.next(); err != nil {
			return nil, err
		}
	}
}

// finish notes a fragment that was read to its end.
func (l *live) finish() {
	f := l.fragment
	l.shown = time.Now()
	whole := l.arriving.whole(f)
	if !f.Complete {
		return
	}
	l.newest = whole
	l.last.set(f, l.shown)
	if !f.ProducerTime.IsZero() {
		if len(l.done) == replayed {
			l.done = l.done[:copy(l.done, l.done[1:])]
		}
		l.done = append(l.done, f.ProducerTime)
	}
}

// next goes to the next fragment that was not passed on before, and places it in media time.
func (l *live) next() error {
	for {
		f, err := l.reader.Next()
		if err != nil {
			return l.fail(err)
		}
		if l.late(f) {
			l.last.forget()
			return l.fail(errBehind)
		}
		if !l.past(f) && !l.seen(f) {
			l.place(f)
			l.edge = f.ProducerTime
			return nil
		}
	}
}

// late reports whether f, which begins to arrive, has been on its way for so long that what follows is no live picture.
func (l *live) late(f *mkv.Fragment) bool {
	if f.ServerTime.IsZero() {
		return false
	}
	took := time.Since(f.ServerTime)
	if l.fragment == nil || took < l.quickest {
		l.quickest = took
	}
	return took-l.quickest > behind
}

// past reports whether f was recorded before what was shown, while something newer may still come.
func (l *live) past(f *mkv.Fragment) bool {
	return !f.ProducerTime.IsZero() && f.ProducerTime.Before(l.edge.Add(-overlap)) && time.Since(l.shown) < lone
}

// seen reports whether f is the replay of a fragment that was complete.
func (l *live) seen(f *mkv.Fragment) bool {
	for _, t := range l.done {
		if !f.ProducerTime.IsZero() && t.Equal(f.ProducerTime) {
			return true
		}
	}
	return false
}

func (l *live) place(f *mkv.Fragment) {
	before := l.fragment
	l.fragment = f
	if before == nil {
		l.epoch = f.ProducerTime
		l.session = -f.Start
		l.served = f.ServerTime
		return
	}
	l.base = l.session + f.Start
	if !f.ProducerTime.IsZero() && !l.epoch.IsZero() {
		l.base = f.ProducerTime.Sub(l.epoch)
	}
	session := l.base - f.Start
	switch {
	case before.Head != f.Head && !reflect.DeepEqual(before.Tracks, f.Tracks),
		(session - l.session).Abs() > jitter,
		l.base < l.end-overlap,
		l.base > l.end+gap:
		l.broken = true
		l.session, l.end = session, l.base
		l.served = f.ServerTime.Add(-l.base)
	}
}

// fail words an error of the reader. A fragment number that the service does not know any more is not asked for again.
func (l *live) fail(err error) error {
	var record *mkv.ServiceError
	if errors.As(err, &record) {
		l.last.forget()
	}
	if l.ctx.Err() != nil {
		err = context.Cause(l.ctx)
	} else if err == io.EOF {
		err = errAnswerEnded
	}
	failed := l.client.fail("GetMedia", l.stream, err)
	var e *Error
	if l.fragment != nil && l.fragment.Number != "" && errors.As(failed, &e) {
		e.Where = "fragment " + l.fragment.Number
	}
	return failed
}

var (
	errAnswerEnded = errors.New("the service ended its answer")
	errBehind      = errors.New("the network is slower than the stream: the picture fell behind by 20 seconds")
)
