package player

import (
	"context"
	"errors"
	"image"
	"io"
	"sync"
	"testing"
	"time"

	"kinora/media"
)

var testTrack = media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1}, Width: 640, Height: 360}

// arrival is a packet and when it is read, counted from the opening.
type arrival struct {
	at     time.Duration
	packet media.Packet
}

// fakeSource delivers packets at given moments, then calls atEnd and fails with end, or stays silent when end is nil.
type fakeSource struct {
	tracks []media.Track
	epoch  time.Time
	next   func() (arrival, bool)
	end    error
	atEnd  func()

	opened time.Time
	timer  *time.Timer
	closed chan struct{}
	once   sync.Once
}

func newSource(next func() (arrival, bool)) *fakeSource {
	now := time.Now()
	return &fakeSource{
		tracks: []media.Track{testTrack}, epoch: now, opened: now, next: next,
		timer: time.NewTimer(0), closed: make(chan struct{}),
	}
}

func (s *fakeSource) Tracks() []media.Track { return s.tracks }
func (s *fakeSource) Epoch() time.Time      { return s.epoch }

func (s *fakeSource) Read() (*media.Packet, error) {
	a, ok := s.next()
	if !ok {
		if s.end != nil {
			if s.atEnd != nil {
				s.atEnd()
			}
			return nil, s.end
		}
		<-s.closed
		return nil, io.ErrClosedPipe
	}
	if wait := time.Until(s.opened.Add(a.at)); wait > 0 {
		s.timer.Reset(wait)
		select {
		case <-s.timer.C:
		case <-s.closed:
			return nil, io.ErrClosedPipe
		}
	}
	return &a.packet, nil
}

func (s *fakeSource) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// arrivals yields the given arrivals.
func arrivals(all ...arrival) func() (arrival, bool) {
	return func() (arrival, bool) {
		if len(all) == 0 {
			return arrival{}, false
		}
		a := all[0]
		all = all[1:]
		return a, true
	}
}

// steady yields n pictures at the given rate, each read at the moment of its PTS plus late(i), with a key frame every
// two seconds.
func steady(n, fps int, late func(i int) time.Duration) func() (arrival, bool) {
	i := -1
	return func() (arrival, bool) {
		i++
		pts := (time.Duration(i) * time.Second / time.Duration(fps)).Truncate(time.Millisecond)
		a := arrival{at: pts, packet: media.Packet{Track: 1, PTS: pts, DTS: pts, Key: i%(2*fps) == 0, Data: make([]byte, 1000)}}
		if late != nil {
			a.at += late(i)
		}
		return a, i < n
	}
}

var errDamaged = errors.New("damaged")

// fakeDecoder yields one picture a packet, after the time it is told to take. Data of one byte 0xFF is refused.
type fakeDecoder struct {
	codecs  *fakeCodecs
	pts     time.Duration
	ok      bool
	damaged uint64
}

func (d *fakeDecoder) Send(p *media.Packet) error {
	if d.codecs.work > 0 {
		time.Sleep(d.codecs.work)
	}
	if len(p.Data) == 1 && p.Data[0] == 0xFF {
		return errDamaged
	}
	d.pts, d.ok = p.PTS, true
	return nil
}

func (d *fakeDecoder) Receive() (time.Duration, image.Point, bool, error) {
	ok := d.ok
	d.ok = false
	return d.pts, d.codecs.size, ok, nil
}

func (d *fakeDecoder) Draw(dst *image.RGBA) error {
	d.codecs.drawn++
	for i := range dst.Pix {
		dst.Pix[i] = byte(d.pts / time.Millisecond)
	}
	return nil
}

func (d *fakeDecoder) Flush()          { d.codecs.flushed++; d.ok = false }
func (d *fakeDecoder) Damaged() uint64 { return d.damaged }
func (d *fakeDecoder) Close() error    { d.codecs.closed++; return nil }

// fakeCodecs makes fakeDecoders. Its counters are written by the player's goroutine.
type fakeCodecs struct {
	size                         image.Point
	work                         time.Duration // of one packet
	err                          error
	made, closed, flushed, drawn int
}

func (c *fakeCodecs) Video(media.Track) (VideoDecoder, error) {
	if c.err != nil {
		return nil, c.err
	}
	c.made++
	return &fakeDecoder{codecs: c}, nil
}

// opener opens the given sources one after the other, then fails.
func opener(make ...func() *fakeSource) media.Opener {
	return func(context.Context) (media.Source, error) {
		if len(make) == 0 {
			return nil, errors.New("no more sources")
		}
		s := make[0]()
		make = make[1:]
		return s, nil
	}
}

// start runs the player and returns a function that stops it and returns what Run did.
func start(t *testing.T, p *Player) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}
