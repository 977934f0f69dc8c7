package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// Play opens what the spool still holds of the take, sealed or not, in quarantine too, as a source whose Epoch is producer time. It
// follows a take that is being recorded to its end. When realtime, packets come by the wall clock, the first one at once; gaps are
// skipped. What is persisted or evicted while it is played is skipped too. ctx bounds the source's life; until the first frame's Cluster
// is there, Play waits for it. The error wraps ErrGone when nothing is left.
func (t *Take) Play(ctx context.Context, realtime bool) (media.Source, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &playback{take: t, ctx: ctx, cancel: cancel, realtime: realtime}
	p.changed, p.unwatch = t.spool.Watch(t.to)
	err := p.next()
	if err == io.EOF {
		err = fmt.Errorf("nothing of take %s is left to play: %w", t.id, ErrGone)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.epoch, p.jump = p.at.Time(), false
	return p, nil
}

// playback is a take as a source.
type playback struct {
	take     *Take
	ctx      context.Context
	cancel   context.CancelFunc
	changed  <-chan struct{}
	unwatch  func()
	realtime bool
	epoch    time.Time

	mu      sync.Mutex // guards what follows
	tracks  []media.Track
	release func() // of at
	closed  bool

	// The reader's.
	at      *Fragment // that is being read, nil between two
	number  uint32    // of the last one
	in      *mkv.Reader
	cluster *mkv.Fragment
	first   time.Duration // the first Cluster's time
	end     time.Time     // of the last one, by the producer's clock
	jump    bool          // the next packet is a discontinuity
	pace    pace
}

func (p *playback) Epoch() time.Time { return p.epoch }

func (p *playback) Tracks() []media.Track {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tracks
}

func (p *playback) Close() error {
	p.cancel()
	p.unwatch()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.hold(nil)
	return nil
}

// hold keeps a fragment's release until the next one comes, and not at all when the source is closed.
func (p *playback) hold(release func()) {
	p.mu.Lock()
	done := p.release
	p.release = release
	if p.closed && release != nil {
		p.release = nil
		defer release()
	}
	p.mu.Unlock()
	if done != nil {
		done()
	}
}

func (p *playback) Read() (*media.Packet, error) {
	for {
		if err := p.ctx.Err(); err != nil {
			p.leave()
			return nil, err
		}
		if p.at == nil {
			if err := p.next(); err != nil {
				return nil, err
			}
		}
		packet, err := p.packet()
		if err == nil {
			packet.Discontinuity, p.jump = p.jump, false
			if p.realtime && !p.pace.wait(p.ctx, packet.PTS) {
				continue
			}
			return packet, nil
		}
		if err != io.EOF {
			p.skip(err)
		}
		p.leave()
	}
}

// packet returns the next packet of the fragment, io.EOF at its end.
func (p *playback) packet() (*media.Packet, error) {
	for {
		packet, err := p.in.Packet()
		if err == nil {
			packet.PTS += p.at.Time().Sub(p.epoch) - p.first
			packet.DTS = packet.PTS
			return packet, nil
		}
		if err != io.EOF {
			return nil, err
		}
		if p.cluster, err = p.in.Next(); err != nil {
			return nil, err
		}
	}
}

// next goes on to the next fragment that can be read. The error is io.EOF when there will be none.
func (p *playback) next() error {
	for {
		f, more := p.take.next(p.number)
		switch {
		case f != nil:
			p.number = f.number
			err := p.enter(f)
			if err == nil {
				return nil
			}
			p.leave()
			p.skip(err)
		case !more:
			return io.EOF
		default:
			select {
			case <-p.changed:
			case <-p.ctx.Done():
			}
		}
		if p.ctx.Err() != nil {
			return p.ctx.Err()
		}
	}
}

// enter begins to read a fragment.
func (p *playback) enter(f *Fragment) error {
	p.at = f
	p.hold(f.Hold())
	in, err := f.matroska(func() bool {
		select {
		case <-p.changed:
			return true
		case <-p.ctx.Done():
			return false
		}
	})
	if err != nil {
		return err
	}
	p.in = in
	if p.cluster, err = in.Next(); err != nil {
		return err
	}
	p.first = p.cluster.Start
	if hole := f.Time().Sub(p.end); hole.Abs() > joint {
		p.jump = true
	}
	p.mu.Lock()
	if !reflect.DeepEqual(p.tracks, p.cluster.Tracks) {
		p.tracks, p.jump = p.cluster.Tracks, true
	}
	p.mu.Unlock()
	return nil
}

// leave ends the reading of a fragment.
func (p *playback) leave() {
	if p.at == nil {
		return
	}
	p.end = p.at.Time().Add(p.at.Length())
	p.at = nil
	p.hold(nil)
}

// skip notes that a fragment, or the rest of it, is not played.
func (p *playback) skip(err error) {
	p.jump = true
	if p.ctx.Err() == nil && !errors.Is(err, ErrGone) {
		p.take.spool.log.Warn("a fragment is not played to its end", "take", p.take.id, "fragment", p.number, "err", err)
	}
}

// next returns the first fragment on disk behind a number, and whether one may come when there is none.
func (t *Take) next(number uint32) (f *Fragment, more bool) {
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	f = after(t.waiting, number)
	if r := after(t.rejected, number); f == nil || r != nil && r.number < f.number {
		f = r
	}
	return f, t.open && !t.spool.closed
}

// matroska reads a fragment as a document. At the end of what is written wait is called; with false it gives up.
func (f *Fragment) matroska(wait func() bool) (*mkv.Reader, error) {
	head, err := f.Head()
	if err != nil {
		return nil, err
	}
	return mkv.NewReader(&document{f: f, head: head, wait: wait}, mkv.Limits{}), nil
}

// document is a fragment as an io.Reader.
type document struct {
	f    *Fragment
	head []byte // what is left of it
	off  int64
	wait func() bool
}

func (d *document) Read(p []byte) (int, error) {
	if len(d.head) > 0 {
		n := copy(p, d.head)
		d.head = d.head[n:]
		return n, nil
	}
	for {
		n, err := d.f.ReadAt(p, d.off)
		d.off += int64(n)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if !d.wait() {
			return 0, context.Canceled
		}
	}
}

// pace lets packets pass by the wall clock.
type pace struct {
	begun bool
	zero  time.Time // when media time zero was due
	last  time.Duration
}

// longestPause is the gap in media time from which on it is skipped.
const longestPause = 2 * time.Second

// wait returns when a packet is due, or false when ctx ended.
func (c *pace) wait(ctx context.Context, pts time.Duration) bool {
	now := time.Now()
	if hole := pts - c.last; !c.begun || hole.Abs() > longestPause {
		c.begun, c.zero = true, now.Add(-pts)
	}
	c.last = pts
	due := c.zero.Add(pts).Sub(now)
	if due <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(due)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
