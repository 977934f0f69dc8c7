package peer

import (
	"context"
	"io"
	"sync"
	"time"

	"kinora/media"
)

const (
	heldPackets = 512              // that wait for Read
	heldBytes   = 16 << 20         // likewise
	honest      = 10 * time.Second // by which the other side's clock may be wrong
)

// source is what a call receives, as a media.Source. What comes faster than it is read is dropped up to the next key frame.
type source struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each change
	queue   []*media.Packet
	bytes   int
	err     error // the call has ended

	first        time.Time // when the first packet of the picture came
	epoch        time.Time // of media time zero, as it was told; zero: not told yet
	video, audio line
	alone        bool // only sound is to come
	tracks       []media.Track

	stats    Stats
	pace     pace
	pictured time.Time // when the last packet of the last picture arrived
	captured uint32    // RTP time of that picture
}

// line is the time of one track.
type line struct {
	known   bool
	rate    int64
	last    uint32    // newest RTP time
	ticks   int64     // from media time zero to last
	arrived time.Time // of media time zero
	wall    time.Time // of media time zero, by the sender's clock; zero: not known

	told    bool          // packets have been given a time
	newest  time.Duration // of them, by their RTP time
	shifted time.Duration // from RTP time, by which media time begins with the first picture, to what packets say
}

// The time of packets follows the sender's clock, once that is known, by an eighth of its pace at most, so that it never goes back.
const drawn = 8

// shift returns how far a packet's time is to be moved, which is drawn towards what is wanted.
func (l *line) shift(at, wanted time.Duration) time.Duration {
	if !l.told {
		l.told, l.newest, l.shifted = true, at, wanted
		return wanted
	}
	most := max(0, at-l.newest) / drawn
	l.newest = max(l.newest, at)
	l.shifted += min(most, max(-most, wanted-l.shifted))
	return l.shifted
}

func newSource() *source { return &source{changed: make(chan struct{})} }

func (s *source) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *source) line(k media.Kind) *line {
	if k == media.Video {
		return &s.video
	}
	return &s.audio
}

// at returns the media time of an RTP time, which may have come around.
func (l *line) at(ts uint32) time.Duration {
	ticks := l.ticks + int64(int32(ts-l.last))
	if ticks > l.ticks {
		l.ticks, l.last = ticks, ts
	}
	return time.Duration(ticks/l.rate)*time.Second + time.Duration(ticks%l.rate)*time.Second/time.Duration(l.rate)
}

// begun is the wall time of the line's first frame, as well as it is known.
func (l *line) begun() time.Time {
	if !l.wall.IsZero() {
		return l.wall
	}
	return l.arrived
}

// put takes a frame. false: there was no room, and nothing can be decoded before the next key frame.
func (s *source) put(t media.Track, fresh bool, data []byte, ts uint32, key bool, arrived time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.change()
	l := s.line(t.Kind)
	if !l.known {
		rate := int64(90000)
		if t.Kind == media.Audio {
			rate = int64(t.Rate)
		}
		*l = line{known: true, rate: rate, last: ts, arrived: arrived}
		fresh = true
		if t.Kind == media.Video {
			s.begin()
		}
	}
	at := l.at(ts)
	at += l.shift(at, l.begun().Sub(s.zero()))
	p := &media.Packet{Track: t.ID, PTS: at, DTS: at, Key: key, Data: data}
	if fresh {
		p.Discontinuity = s.describe(t) && t.Kind == media.Video
	}
	if len(s.queue) >= heldPackets || s.bytes+len(data) > heldBytes {
		s.stats.Dropped += uint64(len(s.queue))
		s.queue, s.bytes = nil, 0
		if !key {
			s.stats.Dropped++
			return t.Kind != media.Video
		}
	}
	s.queue = append(s.queue, p)
	s.bytes += len(data)
	return true
}

// zero is the wall time of media time zero, as well as it is known.
func (s *source) zero() time.Time {
	switch {
	case !s.epoch.IsZero():
		return s.epoch
	case s.video.known:
		return s.video.begun()
	}
	return s.audio.begun()
}

// begin lets media time begin with the first picture. The sound that came before it is given its time anew.
func (s *source) begin() {
	if !s.audio.told {
		return
	}
	moved := s.audio.begun().Sub(s.zero()) - s.audio.shifted
	s.audio.shifted += moved
	for _, p := range s.queue {
		p.PTS += moved
		p.DTS = p.PTS
	}
}

// announce makes a track known before anything of it comes.
func (s *source) announce(t media.Track) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.describe(t)
}

// describe takes a track's particulars, and reports whether they are others than before.
func (s *source) describe(t media.Track) (other bool) {
	tracks := make([]media.Track, 0, len(s.tracks)+1)
	for _, had := range s.tracks {
		if had.ID != t.ID {
			tracks = append(tracks, had)
		} else {
			other = true
		}
	}
	s.tracks = append(tracks, t)
	return other
}

// report takes what the sender's clock showed at an RTP time. A clock that is far from ours is not believed.
func (s *source) report(k media.Kind, wall time.Time, ts uint32, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.line(k)
	if !l.known || now.Sub(wall).Abs() > honest {
		return
	}
	ticks := l.ticks + int64(int32(ts-l.last))
	l.wall = wall.Add(-time.Duration(float64(ticks) / float64(l.rate) * float64(time.Second)))
}

// end makes Read return err after what has come.
func (s *source) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		s.change()
	}
}

// open waits for the first picture, or the first sound where that is alone, and returns a reader.
func (s *source) open(ctx context.Context) (media.Source, error) {
	for {
		s.mu.Lock()
		ready, err, changed := s.video.known || s.alone && s.audio.known, s.err, s.changed
		s.mu.Unlock()
		if ready {
			return &reader{source: s, closed: make(chan struct{})}, nil
		}
		if err != nil {
			return nil, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// reader reads a source. Its end is not the call's.
type reader struct {
	*source
	once   sync.Once
	closed chan struct{}
}

func (r *reader) Tracks() []media.Track {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tracks
}

// Epoch is by the sender's clock, if that is known when it is asked for first, and by the arrival of the first picture if not. It stays; the
// packets' times are drawn to the sender's clock.
func (r *reader) Epoch() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch = r.zero()
	return r.epoch
}

func (r *reader) Read() (*media.Packet, error) {
	for {
		r.mu.Lock()
		if len(r.queue) > 0 {
			r.epoch = r.zero()
			p := r.queue[0]
			r.queue = r.queue[1:]
			r.bytes -= len(p.Data)
			r.mu.Unlock()
			return p, nil
		}
		err, changed := r.err, r.changed
		r.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-changed:
		case <-r.closed:
			return nil, io.ErrClosedPipe
		}
	}
}

func (r *reader) Close() error {
	r.once.Do(func() { close(r.closed) })
	return nil
}
