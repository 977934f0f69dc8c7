package ui

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"io"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"kinora/app"
	"kinora/internal/leak"
	"kinora/media"
	"kinora/mkv"
	"kinora/player"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

var (
	errDown    = errors.New("the service does not answer")
	errRefused = errors.New("this is not allowed")
)

// fakeAccount is an account in memory.
type fakeAccount struct {
	name, kind, region string

	mu      sync.Mutex
	streams []app.Stream
	err     error
	asked   int
	archive media.Archive // of every stream

	channels []app.Channel
}

func (a *fakeAccount) ID() string     { return a.name }
func (a *fakeAccount) Name() string   { return a.name }
func (a *fakeAccount) Kind() string   { return a.kind }
func (a *fakeAccount) Region() string { return a.region }

func (a *fakeAccount) Streams(context.Context) ([]app.Stream, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	return append([]app.Stream(nil), a.streams...), a.err
}

func (a *fakeAccount) Create(_ context.Context, name string, keep time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	a.streams = append(a.streams, app.Stream{Name: name, Retention: keep})
	return nil
}

func (a *fakeAccount) Delete(_ context.Context, name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, s := range a.streams {
		if s.Name == name {
			a.streams = append(a.streams[:i], a.streams[i+1:]...)
			return a.err
		}
	}
	return errors.New("there is no such stream")
}

func (a *fakeAccount) LastFragment(context.Context, string, time.Time) (time.Time, bool, error) {
	return time.Time{}, false, nil
}

func (a *fakeAccount) Live(string, app.Access) media.Opener {
	return func(ctx context.Context) (media.Source, error) { return newFakeSource(ctx), nil }
}

func (a *fakeAccount) Archive(string, app.Access) media.Archive { return a.archive }

func (a *fakeAccount) Forbidden(err error) bool           { return errors.Is(err, errRefused) }
func (a *fakeAccount) Waiting(string) (app.Waiting, bool) { return app.Waiting{}, false }

func (a *fakeAccount) Putter(string) upload.Putter { return fakePutter{} }
func (a *fakeAccount) Uploads() int                { return 1 }

func (a *fakeAccount) Classify(err error) upload.Class {
	if errors.Is(err, errRefused) {
		return upload.Refused
	}
	return upload.Network
}

func (a *fakeAccount) Owner(context.Context, string) (string, error) { return a.name, nil }
func (a *fakeAccount) Keeps(context.Context, string) (bool, error)   { return true, nil }

func (a *fakeAccount) Stored(context.Context, string, time.Time, time.Time) ([]upload.Stored, error) {
	return nil, nil
}

func (a *fakeAccount) Skew(context.Context) (time.Duration, error) { return 0, nil }

func (a *fakeAccount) Probe(context.Context, string, time.Duration, func(float64)) (float64, error) {
	return 8e6, nil
}

// fakePutter is a service that calls each fragment safe when it has ended.
type fakePutter struct{}

func (fakePutter) Put(_ context.Context, body io.Reader, ack func(upload.Ack)) error {
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

// fakeSource yields a key frame of no content thirty times a second.
type fakeSource struct {
	ctx   context.Context
	end   context.CancelFunc
	epoch time.Time
	n     int
}

func newFakeSource(ctx context.Context) *fakeSource {
	ctx, end := context.WithCancel(ctx)
	return &fakeSource{ctx: ctx, end: end, epoch: time.Now()}
}

func (s *fakeSource) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Width: 1280, Height: 720}}
}

func (s *fakeSource) Epoch() time.Time { return s.epoch }

func (s *fakeSource) Read() (*media.Packet, error) {
	pts := time.Duration(s.n) * time.Second / 30
	s.n++
	timer := time.NewTimer(time.Until(s.epoch.Add(pts)))
	defer timer.Stop()
	select {
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	case <-timer.C:
		return &media.Packet{Track: 1, PTS: pts, DTS: pts, Key: true, Data: []byte{0, 0, 0, 1, 0x65}}, nil
	}
}

func (s *fakeSource) Close() error { s.end(); return nil }

// fakeCodecs decodes everything to the same picture.
type fakeCodecs struct{ picture *image.RGBA }

func (c fakeCodecs) Video(media.Track) (player.VideoDecoder, error) {
	return &fakeDecoder{picture: c.picture}, nil
}

type fakeDecoder struct {
	picture *image.RGBA
	waiting []time.Duration
}

func (d *fakeDecoder) Send(p *media.Packet) error {
	if p != nil {
		d.waiting = append(d.waiting, p.PTS)
	}
	return nil
}

func (d *fakeDecoder) Receive() (time.Duration, image.Point, bool, error) {
	if len(d.waiting) == 0 {
		return 0, image.Point{}, false, nil
	}
	pts := d.waiting[0]
	d.waiting = append(d.waiting[:0], d.waiting[1:]...)
	return pts, d.picture.Rect.Size(), true, nil
}

// Draw scales without smoothing.
func (d *fakeDecoder) Draw(dst *image.RGBA) error {
	from, to := d.picture.Rect.Size(), dst.Rect.Size()
	for y := range to.Y {
		for x := range to.X {
			copy(dst.Pix[y*dst.Stride+4*x:][:4], d.picture.Pix[y*from.Y/to.Y*d.picture.Stride+4*(x*from.X/to.X):])
		}
	}
	return nil
}

func (d *fakeDecoder) Flush()          { d.waiting = nil }
func (d *fakeDecoder) Damaged() uint64 { return 0 }
func (d *fakeDecoder) Close() error    { return nil }

// quadrants is a picture with a colour in each corner.
func quadrants(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range quadrantColors {
		x, y := i%2*w/2, i/2*h/2
		draw.Draw(img, image.Rect(x, y, x+w/2, y+h/2), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

var quadrantColors = []color.RGBA{{R: 200, A: 255}, {G: 200, A: 255}, {B: 200, A: 255}, {R: 200, G: 200, A: 255}}

// playing returns a player that plays the picture, and has at least one frame, until the test ends.
func playing(t testing.TB, picture *image.RGBA) *player.Player {
	t.Helper()
	p := player.New(player.Options{
		Open:   func(ctx context.Context) (media.Source, error) { return newFakeSource(ctx), nil },
		Codecs: fakeCodecs{picture},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = p.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	within(t, "a frame is due", func() bool { return p.Frames().Due(time.Now()) })
	return p
}

// within waits for a condition.
func within(t testing.TB, what string, condition func() bool) {
	t.Helper()
	look, late := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer look.Stop()
	for !condition() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("waited 10 s in vain until %s", what)
		}
	}
}

// window is a UI on Fyne's test driver. Its app does not run: what is shown is what the test says.
// What would cross into Fyne's goroutine waits for settle, since the test driver would run it on the goroutine it comes
// from.
type window struct {
	*UI
	account *fakeAccount

	mu      sync.Mutex
	waiting []func()
}

func newWindow(t testing.TB, o Options) *window {
	t.Helper()
	leak.Check(t)
	fyneApp := test.NewTempApp(t)
	acc := &fakeAccount{name: "This computer", kind: "This computer"}
	kept, err := spool.Open(t.TempDir(), spool.Options{Floor: -1})
	if err != nil {
		t.Fatal(err)
	}
	a := app.New(app.Options{
		Spool:    kept,
		Accounts: []app.Account{acc, &fakeAccount{name: "studio", kind: "AWS", region: "eu-west-1"}},
		Codecs:   fakeCodecs{quadrants(64, 36)},
		Cameras: func() []app.Camera {
			open := func(ctx context.Context) (media.Source, error) { return newFakeSource(ctx), nil }
			return []app.Camera{
				{ID: "demo-1", Name: "Demo camera 1", Open: open},
				{ID: "demo-2", Name: "Demo camera 2", Open: open},
				{ID: "screen", Name: "This screen", Kind: app.Screen, Open: open},
			}
		},
	})
	u := New(fyneApp, a, o)
	u.demo = true
	w := &window{UI: u, account: acc}
	u.binder.cross = func(f func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.waiting = append(w.waiting, f)
	}
	t.Cleanup(func() {
		u.Close()
		if err := a.Close(); err != nil {
			t.Errorf("closing the app: %v", err)
		}
		if err := kept.Close(); err != nil {
			t.Errorf("closing the spool: %v", err)
		}
	})
	return w
}

// now is the moment of all models of these tests.
var now = time.Date(2025, 11, 22, 10, 42, 7, 0, time.Local)

// some returns a model with a few streams, of which none is open.
func (w *window) some() model {
	arn := "arn:aws:kinesisvideo:local:000000000000:stream/"
	rows := []app.Row{
		{Stream: app.Stream{Name: "gate", ARN: arn + "gate/1763801000000", Retention: 24 * time.Hour, Created: now.Add(-48 * time.Hour), MediaType: "video/h264"}, Last: now.Add(-time.Second), Live: true},
		{Stream: app.Stream{Name: "yard", ARN: arn + "yard/1763801000001", Retention: 24 * time.Hour}, Last: now.Add(-2 * time.Second), Live: true},
		{Stream: app.Stream{Name: "loading-dock-north-entrance", ARN: arn + "dock/1763801000002", Retention: 7 * 24 * time.Hour}, Last: now.Add(-3 * time.Minute)},
		{Stream: app.Stream{Name: "roof"}},
		{Stream: app.Stream{Name: "tower"}, Err: errors.New("the service answered with status 500")},
	}
	return model{now: now, account: w.account, accounts: w.app.Accounts(), list: app.List{Phase: app.Ready, Since: now, Rows: rows}}
}

// live returns some with gate open and playing well; nothing runs behind the player.
func (w *window) live() model {
	m := w.some()
	m.watching = app.Watching{Stream: "gate", Player: player.New(player.Options{Codecs: fakeCodecs{}})}
	m.state = player.State{Phase: player.Live, Since: now.Add(-time.Minute), LastFrame: now, Latency: 84 * time.Millisecond,
		FPS: 30, Bitrate: 1.92e6, Size: image.Pt(1280, 720), Codec: media.H264, Received: 1000}
	return m
}

func (w *window) canvas() fyne.Canvas { return w.window.Canvas() }
