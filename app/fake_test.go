package app

import (
	"context"
	"errors"
	"image"
	"io"
	"sync"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/player"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

var (
	errDenied  = errors.New("access was denied")
	errExpired = errors.New("the token has expired")
	errOffline = errors.New("the network is unreachable")
)

// fakeAccount is an account whose answers the test decides. Its functions may be nil.
type fakeAccount struct {
	name    string
	streams func(context.Context) ([]Stream, error)
	last    func(stream string, since time.Time) (time.Time, bool, error)
	live    media.Opener
	archive media.Archive
	put     func(ctx context.Context, body io.Reader, ack func(upload.Ack)) error
	owner   func() (string, error)
	skew    time.Duration
	uplink  float64

	mu      sync.Mutex
	created []Stream
	deleted []string
}

func (a *fakeAccount) ID() string     { return "fake-" + a.name }
func (a *fakeAccount) Name() string   { return a.name }
func (a *fakeAccount) Kind() string   { return "This computer" }
func (a *fakeAccount) Region() string { return "" }

func (a *fakeAccount) Streams(ctx context.Context) ([]Stream, error) {
	if a.streams != nil {
		return a.streams(ctx)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Stream(nil), a.created...), nil
}

func (a *fakeAccount) Create(_ context.Context, name string, keep time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.created = append(a.created, Stream{Name: name, Retention: keep})
	return nil
}

func (a *fakeAccount) Delete(_ context.Context, name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.deleted = append(a.deleted, name)
	return nil
}

func (a *fakeAccount) LastFragment(_ context.Context, stream string, since time.Time) (time.Time, bool, error) {
	if a.last == nil {
		return time.Time{}, false, nil
	}
	return a.last(stream, since)
}

func (a *fakeAccount) Live(string, Access) media.Opener {
	if a.live == nil {
		return func(ctx context.Context) (media.Source, error) { // nobody sends
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}
	}
	return a.live
}

func (a *fakeAccount) Archive(string, Access) media.Archive { return a.archive }

func (a *fakeAccount) Forbidden(err error) bool       { return errors.Is(err, errDenied) }
func (a *fakeAccount) Waiting(string) (Waiting, bool) { return Waiting{}, false }

func (a *fakeAccount) Putter(string) upload.Putter { return a }
func (a *fakeAccount) Uploads() int                { return 1 }

func (a *fakeAccount) Put(ctx context.Context, body io.Reader, ack func(upload.Ack)) error {
	if a.put != nil {
		return a.put(ctx, body, ack)
	}
	return acknowledge(body, ack)
}

// acknowledge reads an upload and calls each fragment safe when it has ended.
func acknowledge(body io.Reader, ack func(upload.Ack)) error {
	p := mkv.NewParser(body, mkv.ParserOptions{})
	var at int64
	for {
		ev, err := p.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ev.Kind == mkv.Start:
			at = int64(ev.Timecode)
		case ev.Kind == mkv.End:
			ack(upload.Ack{Type: upload.Persisted, Timecode: at})
		}
	}
}

func (a *fakeAccount) Owner(context.Context, string) (string, error) {
	if a.owner != nil {
		return a.owner()
	}
	return "arn:of:" + a.name, nil
}

func (a *fakeAccount) Keeps(context.Context, string) (bool, error) { return true, nil }

func (a *fakeAccount) Stored(context.Context, string, time.Time, time.Time) ([]upload.Stored, error) {
	return nil, nil
}

func (a *fakeAccount) Classify(err error) upload.Class {
	switch {
	case errors.Is(err, errDenied):
		return upload.Refused
	case errors.Is(err, errExpired):
		return upload.Reauthenticate
	}
	return upload.Network
}

func (a *fakeAccount) Skew(context.Context) (time.Duration, error) { return a.skew, nil }

func (a *fakeAccount) Probe(_ context.Context, _ string, _ time.Duration, report func(float64)) (float64, error) {
	report(a.uplink / 2)
	return a.uplink, nil
}

// fakeSource yields a frame every 40 ms until it is closed or its context ends.
type fakeSource struct {
	ctx    context.Context
	cancel context.CancelFunc
	n      int
	closed func()
	once   sync.Once
}

func newFakeSource(ctx context.Context, closed func()) *fakeSource {
	s := &fakeSource{closed: closed}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

func (s *fakeSource) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Width: 64, Height: 36, Private: []byte{1, 100, 0, 10, 255, 225, 0, 0, 1, 0, 0}}}
}

func (s *fakeSource) Epoch() time.Time { return time.UnixMilli(1_700_000_000_000) }

func (s *fakeSource) Read() (*media.Packet, error) {
	timer := time.NewTimer(40 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-s.ctx.Done():
		return nil, io.ErrClosedPipe
	case <-timer.C:
		pts := time.Duration(s.n) * 40 * time.Millisecond
		s.n++
		return &media.Packet{Track: 1, PTS: pts, DTS: pts, Key: s.n%25 == 1, Data: []byte{0, 0, 0, 1, 0x65}}, nil
	}
}

func (s *fakeSource) Close() error {
	s.once.Do(func() {
		s.cancel()
		if s.closed != nil {
			s.closed()
		}
	})
	return nil
}

// fakeCodecs decode nothing to black.
type fakeCodecs struct{}

func (fakeCodecs) Video(media.Track) (player.VideoDecoder, error) { return &fakeDecoder{}, nil }

type fakeDecoder struct{ pts []time.Duration }

func (d *fakeDecoder) Send(p *media.Packet) error {
	if p != nil {
		d.pts = append(d.pts, p.PTS)
	}
	return nil
}

func (d *fakeDecoder) Receive() (time.Duration, image.Point, bool, error) {
	if len(d.pts) == 0 {
		return 0, image.Point{}, false, nil
	}
	pts := d.pts[0]
	d.pts = d.pts[1:]
	return pts, image.Pt(64, 36), true, nil
}
func (d *fakeDecoder) Draw(*image.RGBA) error { return nil }
func (d *fakeDecoder) Flush()                 { d.pts = nil }
func (d *fakeDecoder) Damaged() uint64        { return 0 }
func (d *fakeDecoder) Close() error           { return nil }

// camera is a camera that opens.
func camera(id string) Camera {
	return Camera{ID: id, Name: "camera " + id, Open: func(ctx context.Context) (media.Source, error) {
		return newFakeSource(ctx, nil), nil
	}}
}

// newSpool opens a spool that is closed at the end of the test.
func newSpool(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, spool.Options{Floor: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the spool: %v", err)
		}
	})
	return s
}

// running starts the app and stops it at the end of the test. A spool is made if there is none.
func running(t *testing.T, o Options) *App {
	t.Helper()
	if o.Spool == nil && o.SpoolErr == nil {
		o.Spool = newSpool(t, t.TempDir())
	}
	if o.Codecs == nil {
		o.Codecs = fakeCodecs{}
	}
	a := New(o)
	done := make(chan error, 1)
	go func() { done <- a.Run(t.Context()) }()
	t.Cleanup(func() {
		_ = a.Close() // tests that expect an error from it have called it before
		<-done
	})
	return a
}

// until waits for a value that fits, as long as ten seconds.
func until[T any](t *testing.T, v *Value[T], fits func(T) bool) T {
	t.Helper()
	got := make(chan T, 1)
	stop := v.Watch(func(x T) {
		if fits(x) {
			select {
			case got <- x:
			default:
			}
		}
	})
	defer stop()
	select {
	case x := <-got:
		return x
	case <-time.After(10 * time.Second):
		t.Fatalf("waited 10 s in vain; the value is %+v", v.Get())
		panic("unreachable")
	}
}
