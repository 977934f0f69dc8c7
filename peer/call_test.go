package peer

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/media/nal"
	"kinora/signaling"
)

// exchange is signaling between a master and its viewers, in memory.
type exchange struct {
	mu   sync.Mutex
	ends map[string]chan signaling.Inbound
}

type end struct {
	x      *exchange
	id     string
	events chan signaling.Inbound

	hurries atomic.Int32
	away    atomic.Bool
}

func (x *exchange) join(id string) *end {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ends == nil {
		x.ends = make(map[string]chan signaling.Inbound)
	}
	e := &end{x: x, id: id, events: make(chan signaling.Inbound, 256)}
	x.ends[id] = e.events
	return e
}

func (e *end) Events() <-chan signaling.Inbound { return e.events }
func (e *end) State() signaling.State           { return signaling.State{Connected: !e.away.Load()} }
func (e *end) Hurry()                           { e.hurries.Add(1) }
func (e *end) Send(ctx context.Context, r *signaling.Request) error {
	e.x.mu.Lock()
	to := e.x.ends[r.Recipient]
	e.x.mu.Unlock()
	if to == nil {
		return errors.New("nobody there")
	}
	select {
	case to <- signaling.Inbound{Event: &signaling.Event{Sender: e.id, Type: r.Action, Payload: r.Payload}}:
	default:
	}
	return nil
}

// Parameter sets of x264: 320x240, baseline.
var (
	sps = []byte{0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x07, 0xec, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0f, 0x03, 0xc5, 0x0a, 0xa8}
	pps = []byte{0x68, 0xce, 0x0f, 0xc8}
)

// camera yields numbered frames at a pace, a key frame each 30.
type camera struct {
	t      testing.TB
	epoch  time.Time
	closed chan struct{}
	once   sync.Once
	n      int
	track  media.Track
}

func newCamera(t testing.TB) *camera {
	annexB := append(append([]byte{0, 0, 0, 1}, sps...), append([]byte{0, 0, 0, 1}, pps...)...)
	private, err := nal.AVCConfig(annexB)
	if err != nil {
		t.Fatal(err)
	}
	return &camera{t: t, epoch: time.Now(), closed: make(chan struct{}), track: media.Track{ID: 7, Kind: media.Video, Codec: media.H264, Private: private, Width: 320, Height: 240}}
}

func (c *camera) Tracks() []media.Track { return []media.Track{c.track, opusTrack} }
func (c *camera) Epoch() time.Time      { return c.epoch }
func (c *camera) Close() error          { c.once.Do(func() { close(c.closed) }); return nil }

var opusTrack = media.Track{ID: 9, Kind: media.Audio, Codec: media.Opus, Rate: 48000, Channels: 2}

// picture is a frame of 5000 bytes that holds its number.
func picture(n int) []byte {
	unit := make([]byte, 5000)
	unit[0] = 0x41
	if n%30 == 0 {
		unit[0] = 0x65
	}
	binary.BigEndian.PutUint32(unit[4:], uint32(n))
	return appendUnit(nil, unit)
}

func (c *camera) Read() (*media.Packet, error) {
	const frame = 10 * time.Millisecond
	pts := time.Duration(c.n/2) * frame
	select {
	case <-c.closed:
		return nil, io.EOF
	case <-time.After(time.Until(c.epoch.Add(pts))):
	}
	n := c.n / 2
	c.n++
	if c.n%2 == 0 {
		return &media.Packet{Track: 9, PTS: pts, Key: true, Data: []byte{1, 2, 3}}, nil
	}
	return &media.Packet{Track: 7, PTS: pts, Key: n%30 == 0, Data: picture(n)}, nil
}

// background runs something until the test is over, and waits for it.
func background(t testing.TB, f func(context.Context)) context.CancelFunc {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { f(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return cancel
}

// startMaster serves a camera on x.
func startMaster(t testing.TB, x *exchange, tune func(*MasterOptions)) *Master {
	cam := newCamera(t)
	o := MasterOptions{Options: Options{Signaling: x.join(""), Loopback: true}, Tracks: cam.Tracks()}
	if tune != nil {
		tune(&o)
	}
	m := NewMaster(o)
	background(t, func(ctx context.Context) { m.Run(ctx) })
	background(t, func(ctx context.Context) { m.Feed(ctx, cam) })
	return m
}

func startViewer(t testing.TB, x *exchange, id string) (*Viewer, context.CancelFunc) {
	v := NewViewer(Options{Signaling: x.join(id), Loopback: true})
	return v, background(t, func(ctx context.Context) { v.Run(ctx) })
}

// watch reads n pictures, and wants them in order, each as it was sent, and sound among them.
func watch(t *testing.T, v *Viewer, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	src, err := v.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	stop := context.AfterFunc(ctx, func() { src.Close() })
	defer stop()
	last, heard := -1, n < 30 // whoever looks for a moment need not hear anything
	for n > 0 || !heard {
		p, err := src.Read()
		if err != nil {
			t.Fatalf("%d pictures before the end, heard %v: %v", n, heard, err)
		}
		if p.Track == audioID {
			heard = true
			continue
		}
		number := int(binary.BigEndian.Uint32(p.Data[8:]))
		if want := picture(number); string(p.Data) != string(want) || p.Key != (number%30 == 0) {
			t.Fatalf("picture %d has %d bytes (key %v) and is not what was sent", number, len(p.Data), p.Key)
		}
		if number <= last && !p.Key {
			t.Errorf("picture %d after %d", number, last)
		}
		if last < 0 && !p.Key {
			t.Errorf("the first picture, %d, is no key frame", number)
		}
		last = number
		n--
	}
	track, ok := media.VideoTrack(src.Tracks())
	if !ok || track.Codec != media.H264 || track.Width != 320 || track.Height != 240 || len(track.Private) == 0 {
		t.Errorf("track %+v", track)
	}
}

func TestCall(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	heard := make(chan string, 1)
	m := startMaster(t, x, func(o *MasterOptions) { o.Heard = func(viewer, text string) { heard <- viewer + ": " + text } })
	v, hangUp := startViewer(t, x, "one")
	watch(t, v, 100)
	deadline := time.After(30 * time.Second)
	for v.Say("hello") != nil {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatal("no data channel")
		}
	}
	if got := receive(t, heard); got != "one: hello" {
		t.Errorf("the master heard %q", got)
	}
	m.Say("welcome")
	if got := receive(t, v.Texts()); got != "welcome" {
		t.Errorf("the viewer heard %q", got)
	}
	if s := v.Stats(); s.Relayed || s.Frames < 90 || s.Packets < 400 {
		t.Errorf("statistics %+v", s)
	}
	if s := m.Seats(); len(s) != 1 || s[0].ID != "one" {
		t.Errorf("seats %+v", s)
	}
	hangUp()
	until(t, "the seat is empty", func() bool { return len(m.Seats()) == 0 })
}

// Who is sent away, or whose master leaves, knows it at once: long before a way counts as lost.
func TestHangingUp(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	m := startMaster(t, x, nil)
	for range 2 {
		v := NewViewer(Options{Signaling: x.join("one"), Loopback: true})
		ended := make(chan error, 1)
		background(t, func(ctx context.Context) { ended <- v.Run(ctx) })
		watch(t, v, 10)
		m.Kick("one")
		if err := receive(t, ended); !errors.Is(err, ErrHungUp) {
			t.Errorf("the call ended with %v", err)
		}
		if s := v.Stats(); s.Restarts > 0 {
			t.Errorf("another way was looked for %d times", s.Restarts)
		}
	}
}

// The time of a frame on the viewer's side is that of its capture, by the master's clock.
func TestEpochIsTheMastersClock(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	startMaster(t, x, nil)
	v, _ := startViewer(t, x, "one")
	src, err := v.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	until(t, "the epoch is known", func() bool { v.source.mu.Lock(); defer v.source.mu.Unlock(); return !v.source.video.wall.IsZero() })
	for range 50 {
		p, err := src.Read()
		if err != nil {
			t.Fatal(err)
		}
		if p.Track == videoID && src.Epoch().Add(p.PTS).After(time.Now().Add(5*time.Millisecond)) {
			t.Errorf("a picture is of the time %v, which is in the future", src.Epoch().Add(p.PTS))
		}
	}
}

func TestSeveralViewersAndTheirLimit(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	m := startMaster(t, x, func(o *MasterOptions) { o.Viewers = 2 })
	a, _ := startViewer(t, x, "a")
	b, _ := startViewer(t, x, "b")
	watch(t, a, 30)
	watch(t, b, 30)
	startViewer(t, x, "c")
	until(t, "c is refused", func() bool { return m.Refused() > 0 })
	seated := func(id string) bool { return slices.ContainsFunc(m.Seats(), func(s Seat) bool { return s.ID == id }) }
	if seated("c") {
		t.Error("there are three viewers, and there may be two")
	}
	m.Kick("a")
	until(t, "a is gone", func() bool { return !seated("a") }) // c may come in its place, when it offers again
	if !seated("b") {
		t.Error("b has gone with a")
	}
	watch(t, b, 30)
}

// Calls leave nothing behind.
func TestCallsLeaveNothing(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	m := startMaster(t, x, nil)
	for range 50 {
		v, hangUp := startViewer(t, x, "v")
		watch(t, v, 3)
		hangUp()
	}
	m.Kick("v")
	until(t, "nobody is left", func() bool { return len(m.Seats()) == 0 })
}

func TestNobodyAnswers(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	e := x.join("v")
	v := NewViewer(Options{Signaling: e})
	e.events <- signaling.Inbound{
		Event: &signaling.Event{Type: signaling.StatusResponse, Status: &signaling.Status{Code: "404"}},
		About: &signaling.Request{Action: signaling.Offer},
	}
	if err := v.Run(t.Context()); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("error %v, want %v", err, ErrNoAnswer)
	}
	if _, err := v.Open(t.Context()); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("Open: %v, want %v", err, ErrNoAnswer)
	}
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came within 30 s")
		panic("unreachable")
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("30 s later it is not so that %s", what)
		}
	}
}
