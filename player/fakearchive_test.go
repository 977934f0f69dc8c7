package player

import (
	"context"
	"fmt"
	"image"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kinora/media"
)

var day = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// fakeArchive holds fragments by their start.
type fakeArchive struct {
	latency time.Duration // of Load

	mu        sync.Mutex
	fragments []*media.Recorded
	refuse    map[string]error // Load fails, by number
	asked     error            // Find and Next fail
	loads     []string
	abandoned int // Loads that ended with their context
}

// newArchive returns an archive with n fragments of two seconds at 30 fps from day on, with a key frame each second.
func newArchive(n int) *fakeArchive {
	a := &fakeArchive{refuse: make(map[string]error)}
	for range n {
		a.record(0)
	}
	return a
}

// record adds a fragment of two seconds behind a gap.
func (a *fakeArchive) record(gap time.Duration) *media.Recorded {
	return a.add(gap, 60, 30, func(i int) bool { return i%30 == 0 }, testTrack)
}

// add adds a fragment of n frames.
func (a *fakeArchive) add(gap time.Duration, n, fps int, key func(int) bool, tracks ...media.Track) *media.Recorded {
	a.mu.Lock()
	defer a.mu.Unlock()
	start := day
	if k := len(a.fragments); k > 0 {
		last := a.fragments[k-1]
		start = last.Start.Add(time.Duration(len(last.Packets)) * time.Second / 30).Round(time.Millisecond)
	}
	rec := &media.Recorded{Tracks: tracks, Fragment: media.Fragment{Start: start.Add(gap), Size: int64(1000 * n)}}
	rec.Number = fmt.Sprintf("%047d", len(a.fragments)+1)
	for i := range n {
		pts := (time.Duration(i) * time.Second / time.Duration(fps)).Truncate(time.Millisecond)
		rec.Packets = append(rec.Packets, &media.Packet{Track: tracks[0].ID, PTS: pts, DTS: pts, Key: key(i), Data: make([]byte, 1000)})
		rec.Length = pts
	}
	a.fragments = append(a.fragments, rec)
	return rec
}

func (a *fakeArchive) Find(ctx context.Context, at time.Time, forward bool) (media.Fragment, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked != nil {
		return media.Fragment{}, a.asked
	}
	i, found := slices.BinarySearchFunc(a.fragments, at, func(f *media.Recorded, at time.Time) int { return f.Start.Compare(at) })
	if !found {
		i-- // the last one that begins before
	}
	if forward && (i < 0 || at.After(a.fragments[i].End())) {
		i++
	}
	if i < 0 || i >= len(a.fragments) {
		return media.Fragment{}, io.EOF
	}
	return a.fragments[i].Fragment, nil
}

func (a *fakeArchive) Next(ctx context.Context, f media.Fragment, forward bool) (media.Fragment, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked != nil {
		return media.Fragment{}, a.asked
	}
	i := slices.IndexFunc(a.fragments, func(r *media.Recorded) bool { return r.Number == f.Number })
	if forward {
		i++
	} else {
		i--
	}
	if i < 0 || i >= len(a.fragments) {
		return media.Fragment{}, io.EOF
	}
	return a.fragments[i].Fragment, nil
}

func (a *fakeArchive) Load(ctx context.Context, f media.Fragment) (*media.Recorded, error) {
	a.mu.Lock()
	a.loads = append(a.loads, f.Number)
	latency, err := a.latency, a.refuse[f.Number]
	i := slices.IndexFunc(a.fragments, func(r *media.Recorded) bool { return r.Number == f.Number })
	rec := a.fragments[i]
	a.mu.Unlock()
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-ctx.Done():
			a.mu.Lock()
			a.abandoned++
			a.mu.Unlock()
			return nil, ctx.Err()
		}
	}
	if err != nil {
		return nil, err
	}
	return rec, ctx.Err()
}

// archiveCodecs make decoders that yield one picture a packet, as many packets later as delay says, in the order of
// their times, and that keep pictures. Counters are written by one deck's goroutine.
type archiveCodecs struct {
	work  time.Duration // of one packet
	delay int
	size  image.Point
	err   error

	made, closed, drawn, kept, most int // most: that were kept at the same time
	sent                            atomic.Int64
}

func (c *archiveCodecs) Video(t media.Track) (VideoDecoder, error) {
	if c.err != nil {
		return nil, c.err
	}
	c.made++
	return &archiveDecoder{codecs: c, waiting: true}, nil
}

type archiveDecoder struct {
	codecs  *archiveCodecs
	held    []time.Duration
	drain   bool
	waiting bool // for a key frame
	pts     time.Duration
	damaged uint64
}

func (d *archiveDecoder) Send(p *media.Packet) error {
	if p == nil {
		d.drain = true
		return nil
	}
	if d.drain {
		panic("a packet was sent after the end")
	}
	d.codecs.sent.Add(1)
	if d.codecs.work > 0 {
		time.Sleep(d.codecs.work)
	}
	if d.waiting && !p.Key {
		return nil
	}
	if len(p.Data) == 1 {
		d.damaged++
		d.held, d.waiting = nil, true
		return nil
	}
	d.waiting = false
	d.held = append(d.held, p.PTS)
	return nil
}

func (d *archiveDecoder) Receive() (time.Duration, image.Point, bool, error) {
	if len(d.held) == 0 || len(d.held) <= d.codecs.delay && !d.drain {
		return 0, image.Point{}, false, nil
	}
	i := 0
	for j, pts := range d.held {
		if pts < d.held[i] {
			i = j
		}
	}
	d.pts = d.held[i]
	d.held = slices.Delete(d.held, i, i+1)
	return d.pts, d.codecs.size, true, nil
}

func (d *archiveDecoder) Draw(dst *image.RGBA) error {
	d.codecs.drawn++
	dst.Pix[0], dst.Pix[1] = byte(d.pts/time.Millisecond), byte(d.pts/time.Millisecond>>8)
	return nil
}

func (d *archiveDecoder) Flush()          { d.held, d.drain, d.waiting = nil, false, true }
func (d *archiveDecoder) Damaged() uint64 { return d.damaged }
func (d *archiveDecoder) Close() error    { d.codecs.closed++; return nil }

func (d *archiveDecoder) Keep() Picture {
	d.codecs.kept++
	d.codecs.most = max(d.codecs.most, d.codecs.kept)
	return &archivePicture{*d}
}

type archivePicture struct{ decoder archiveDecoder }

func (p *archivePicture) Draw(dst *image.RGBA) error { return p.decoder.Draw(dst) }
func (p *archivePicture) Bytes() int {
	return p.decoder.codecs.size.X * p.decoder.codecs.size.Y * 3 / 2
}
func (p *archivePicture) Release() { p.decoder.codecs.kept-- }

// seen is a picture on the screen.
type seen struct {
	at   time.Time // of the archive
	wall time.Time
}

// stage is a deck that runs, and a screen of 60 ticks a second that it is on.
type stage struct {
	t         *testing.T
	transport *Transport
	deck      *Deck
	archive   *fakeArchive
	codecs    *archiveCodecs
	glimpse   Glimpse
	voice     *fakeVoice
	stop      func()

	mu   sync.Mutex
	seen []seen
}

func newArchiveCodecs() *archiveCodecs { return &archiveCodecs{size: image.Pt(64, 36)} }

// newStage runs a deck over an archive, paused at a time. Call it within a bubble, and stop at its end.
func newStage(t *testing.T, a *fakeArchive, at time.Time, change ...func(*stage)) *stage {
	t.Helper()
	s := &stage{t: t, archive: a, codecs: newArchiveCodecs(), transport: NewTransport(at)}
	for _, c := range change {
		c(s)
	}
	o := DeckOptions{Transport: s.transport, Archive: a, Codecs: s.codecs, Glimpse: s.glimpse}
	if s.voice != nil {
		o.Voice, o.Codecs = s.voice, soundingCodecs{s.codecs, s.voice}
	}
	s.deck = NewDeck(o)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.deck.Run(ctx); err != context.Canceled {
			t.Errorf("Run ended with %v", err)
		}
	})
	group.Go(func() {
		tick := time.NewTicker(time.Second / 60)
		defer tick.Stop()
		for {
			s.look(time.Now())
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	s.stop = func() {
		cancel()
		group.Wait()
		if s.codecs.made != s.codecs.closed || s.codecs.kept != 0 {
			t.Errorf("%d decoders were made and %d closed; %d pictures are still kept", s.codecs.made, s.codecs.closed, s.codecs.kept)
		}
	}
	return s
}

func (s *stage) look(now time.Time) {
	if !s.deck.Frames().Due(now) {
		return
	}
	f := s.deck.Frames().Take(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.seen); f != nil && (n == 0 || !s.seen[n-1].at.Equal(f.At)) {
		s.seen = append(s.seen, seen{f.At, now})
	}
}

// pictures returns what was seen so far and forgets it.
func (s *stage) pictures() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.seen
	s.seen = nil
	return got
}

// last returns the time of the picture on the screen, from day on.
func (s *stage) last() time.Duration {
	f := s.deck.Frames().Take(time.Now())
	if f == nil {
		s.t.Fatal("there is no picture")
	}
	return f.At.Sub(day)
}
