package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/mkv"
)

var (
	testEpoch  = time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)
	testTracks = []media.Track{
		{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 2, 3}, Width: 640, Height: 360},
		{ID: 2, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x12, 0x10}, Rate: 48000, Channels: 2},
	}
)

// camera is a source that gives ten frames a second in real time, a key frame each second, and a packet of sound with
// each frame.
type camera struct {
	frames int                          // then io.EOF
	size   int                          // bytes of a frame; 0 means 10
	change func(n int, p *media.Packet) // may be nil
	tracks []media.Track
	epoch  time.Time

	n      int
	sound  bool
	last   time.Duration
	closed chan struct{}
}

func newCamera(frames int) *camera {
	return &camera{frames: frames, size: 10, tracks: testTracks, epoch: testEpoch, closed: make(chan struct{})}
}

func (c *camera) Tracks() []media.Track { return c.tracks }
func (c *camera) Epoch() time.Time      { return c.epoch }
func (c *camera) Close() error          { close(c.closed); return nil }

func (c *camera) Read() (*media.Packet, error) {
	if c.sound {
		c.sound = false
		return &media.Packet{Track: 2, PTS: c.last, Key: true, Data: []byte("sound")}, nil
	}
	if c.n == c.frames {
		return nil, io.EOF
	}
	select {
	case <-c.closed:
		return nil, errors.New("closed")
	case <-time.After(100 * time.Millisecond):
	}
	p := &media.Packet{Track: 1, PTS: time.Duration(c.n) * 100 * time.Millisecond, Key: c.n%10 == 0, Data: make([]byte, c.size)}
	copy(p.Data, fmt.Sprintf("frame %d", c.n))
	if c.change != nil {
		c.change(c.n, p)
	}
	c.n++
	c.sound, c.last = true, p.PTS
	return p, nil
}

// network is a Putter that parses what it gets and answers as a script of the test says.
type network struct {
	retention bool
	delay     time.Duration // of Persisted after Received
	// event is called at each step of the parser; an error ends the connection with it. May be nil.
	event func(conn int, e mkv.Event, ack func(Ack)) error
	// refuse is called at the beginning of each connection. May be nil.
	refuse func(conn int) error

	mu        sync.Mutex
	conns     int
	got       []string      // "connection:fragment length in frames" for each whole fragment
	timecodes []int64       // of whole fragments
	lag       time.Duration // the greatest between capture and arrival of a frame
	start     time.Time     // wall time of PTS 0
	heads     []int         // tracks of each connection
}

func (n *network) Put(ctx context.Context, r io.Reader, ack func(Ack)) error {
	n.mu.Lock()
	conn := n.conns
	n.conns++
	n.mu.Unlock()
	if n.refuse != nil {
		if err := n.refuse(conn); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { r.(io.Closer).Close() })()
	p := mkv.NewParser(r, mkv.ParserOptions{})
	var timecode int64
	frames := 0
	for {
		e, err := p.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
		if n.event != nil {
			if err := n.event(conn, e, ack); err != nil {
				return err
			}
		}
		switch e.Kind {
		case mkv.Header:
			n.mu.Lock()
			n.heads = append(n.heads, len(e.Head.Tracks))
			n.mu.Unlock()
		case mkv.Start:
			timecode, frames = int64(e.Timecode), 0
			ack(Ack{Type: Buffering, Timecode: timecode})
		case mkv.Frame:
			frames++
			at := time.UnixMilli(timecode + int64(e.Relative))
			n.mu.Lock()
			n.lag = max(n.lag, time.Since(n.start)-at.Sub(testEpoch))
			n.mu.Unlock()
		case mkv.End:
			n.mu.Lock()
			n.got = append(n.got, fmt.Sprintf("%d:%d", conn, frames))
			n.timecodes = append(n.timecodes, timecode)
			n.mu.Unlock()
			ack(Ack{Type: Received, Timecode: timecode})
			if n.retention {
				time.Sleep(n.delay)
				ack(Ack{Type: Persisted, Timecode: timecode, Number: "9"})
			}
		}
	}
}

func (n *network) fragments() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.got, " ")
}

// run records in a bubble of its own time until the source ends.
func run(t *testing.T, o Options) (*Recorder, error) {
	t.Helper()
	r := New(o)
	n, ok := o.Put.(*network)
	if ok {
		n.start = time.Now().Add(100 * time.Millisecond)
	}
	err := r.Run(t.Context())
	synctest.Wait()
	return r, err
}

func check(t *testing.T, s State, want State) {
	t.Helper()
	want.Started, want.Err, want.Bitrate = s.Started, s.Err, s.Bitrate
	if s != want {
		t.Errorf("state %+v, want %+v", s, want)
	}
}

func TestRecordsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		r, err := run(t, Options{Source: newCamera(65), Put: n, Tags: []mkv.Tag{{Name: "site", Value: "yard"}}})
		if err != nil {
			t.Fatal(err)
		}
		// Frames and as many packets of sound: three fragments of 2 s and the rest.
		if got, want := n.fragments(), "0:40 0:40 0:40 0:10"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		if want := testEpoch.UnixMilli() + 4000; n.timecodes[2] != want {
			t.Errorf("timecode %d, want %d", n.timecodes[2], want)
		}
		if n.lag > time.Millisecond {
			t.Errorf("a frame left %v after it was captured", n.lag)
		}
		length := 6400 * time.Millisecond
		check(t, r.State(), State{Phase: Ended, Captured: length, Sent: length, Persisted: length})
	})
}

// Frames of a fragment are on their way before the fragment is complete.
func TestFrameLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam := newCamera(1000)
		n := &network{retention: true}
		r := New(Options{Source: cam, Put: n})
		n.start = time.Now().Add(100 * time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(1050 * time.Millisecond)
		synctest.Wait()
		if got := n.fragments(); got != "" {
			t.Errorf("fragments %q are complete, want none", got)
		}
		s := r.State()
		if s.Phase != Recording || s.Captured != 900*time.Millisecond || s.Sent != 900*time.Millisecond || s.Persisted != 0 || s.Backlog == 0 {
			t.Errorf("state %+v", s)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got, want := n.fragments(), "0:20"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		check(t, r.State(), State{Phase: Ended, Captured: 900 * time.Millisecond, Sent: 900 * time.Millisecond, Persisted: 900 * time.Millisecond})
	})
}

func TestConnectionIsCutInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frames := 0
		n := &network{retention: true}
		n.event = func(conn int, e mkv.Event, ack func(Ack)) error {
			if e.Kind == mkv.Frame {
				if frames++; conn == 0 && frames == 50 {
					return errors.New("cut")
				}
			}
			return nil
		}
		r, err := run(t, Options{Source: newCamera(60), Put: n, Backoff: func(int) time.Duration { return 500 * time.Millisecond }})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := n.fragments(), "0:40 1:40 1:40"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		check(t, r.State(), State{Phase: Ended, Captured: 5900 * time.Millisecond, Sent: 5900 * time.Millisecond, Persisted: 5900 * time.Millisecond})
	})
}

// What was received but not persisted is sent again.
func TestUnpersistedIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := 0
		n := &network{retention: true}
		n.event = func(conn int, e mkv.Event, ack func(Ack)) error {
			if e.Kind == mkv.End {
				if ends++; ends == 2 {
					ack(Ack{Type: Received, Timecode: testEpoch.UnixMilli() + 2000})
					return errors.New("cut")
				}
			}
			return nil
		}
		if _, err := run(t, Options{Source: newCamera(60), Put: n}); err != nil {
			t.Fatal(err)
		}
		if got, want := n.fragments(), "0:40 1:40 1:40"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
	})
}

func TestErrorAcks(t *testing.T) {
	tests := []struct {
		id       int
		timecode int64 // after testEpoch, in ms; -1 is none
		want     string
		dropped  int
	}{
		{4000, 2000, "0:40 1:40 1:40", 0},
		{4003, 2000, "0:40 1:40 1:40", 0},
		{5000, 2000, "0:40 1:40 1:40", 0},
		{5001, -1, "0:40 1:40 1:40", 0},
		{4002, 2000, "0:40 1:40", 1},
		{4006, -1, "0:40 1:40", 1},
		{4011, 2000, "0:40 1:40", 1},
		{4501, 2000, "0:40 1:40", 1},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.id), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				starts := 0
				n := &network{retention: true}
				n.event = func(conn int, e mkv.Event, ack func(Ack)) error {
					if e.Kind == mkv.Start {
						starts++
					}
					if e.Kind == mkv.Frame && conn == 0 && starts == 2 {
						a := Ack{Type: Error, Timecode: -1, ErrorID: tt.id, ErrorCode: "CODE"}
						if tt.timecode >= 0 {
							a.Timecode = testEpoch.UnixMilli() + tt.timecode
						}
						ack(a)
						return errors.New("refused")
					}
					return nil
				}
				r, err := run(t, Options{Source: newCamera(60), Put: n})
				if err != nil {
					t.Fatal(err)
				}
				if got := n.fragments(); got != tt.want {
					t.Errorf("fragments %s, want %s", got, tt.want)
				}
				if s := r.State(); s.Dropped != tt.dropped {
					t.Errorf("%d dropped, want %d", s.Dropped, tt.dropped)
				}
			})
		})
	}
}

func TestWithoutRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		cam := newCamera(400)
		r := New(Options{Source: cam, Put: n})
		n.start = time.Now().Add(100 * time.Millisecond)
		done := make(chan error, 1)
		go func() { done <- r.Run(t.Context()) }()
		time.Sleep(11 * time.Second)
		if s := r.State(); s.Persisted != 0 {
			t.Errorf("after 11 s %v counts as safe, want nothing yet", s.Persisted)
		}
		time.Sleep(4 * time.Second)
		if s := r.State(); s.Persisted != 14*time.Second {
			t.Errorf("after 15 s %v counts as safe, want 14 s", s.Persisted)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n.conns != 1 {
			t.Errorf("%d connections, want 1", n.conns)
		}
		length := 39900 * time.Millisecond
		check(t, r.State(), State{Phase: Ended, Captured: length, Sent: length, Persisted: length})
	})
}

func TestShortRecordingWithoutRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		r, err := run(t, Options{Source: newCamera(30), Put: n})
		if err != nil || n.conns != 1 || r.State().Persisted != 2900*time.Millisecond {
			t.Errorf("%v after %d connections, state %+v", err, n.conns, r.State())
		}
	})
}

func TestSlowNetworkDropsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		n := &network{retention: true}
		n.event = func(conn int, e mkv.Event, ack func(Ack)) error {
			if e.Kind == mkv.Frame && strings.HasPrefix(string(e.Data), "frame 5\x00") {
				<-stuck
			}
			return nil
		}
		cam := newCamera(400)
		cam.size = 10_000 // a fragment is 200 kB
		r := New(Options{Source: cam, Put: n, Memory: 1_000_000})
		n.start = time.Now().Add(100 * time.Millisecond)
		done := make(chan error, 1)
		go func() { done <- r.Run(t.Context()) }()
		time.Sleep(30 * time.Second)
		s := r.State()
		if s.Backlog > 1_000_000 || s.Backlog < 600_000 {
			t.Errorf("backlog %d, want it near its limit of 1000000", s.Backlog)
		}
		if s.Dropped == 0 || s.Captured < 29*time.Second {
			t.Errorf("state %+v: want all captured and some dropped", s)
		}
		close(stuck)
		if err := <-done; err != nil {
			t.Error(err)
		}
		s = r.State()
		if got := len(n.got); got+s.Dropped != 20 {
			t.Errorf("%d fragments arrived and %d were dropped, want 20 in all", got, s.Dropped)
		}
		if first := n.timecodes[0]; first != testEpoch.UnixMilli() {
			t.Errorf("the fragment that was on its way begins at %d, want %d", first, testEpoch.UnixMilli())
		}
		if next := n.timecodes[1] - testEpoch.UnixMilli(); next < 18_000 {
			t.Errorf("the second fragment begins at %d ms, want the newest ones", next)
		}
	})
}

// Without a connection the newest fragments are kept, and sent when there is one again.
func TestLongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		n := &network{retention: true, refuse: func(int) error {
			if time.Since(began) < 30*time.Second {
				return errors.New("unreachable")
			}
			return nil
		}}
		cam := newCamera(600)
		cam.size = 10_000
		r, err := run(t, Options{Source: cam, Put: n, Memory: 1_000_000})
		if err != nil {
			t.Fatal(err)
		}
		s := r.State()
		if got := len(n.got); s.Dropped == 0 || got+s.Dropped != 30 {
			t.Errorf("%d fragments arrived and %d were dropped, want 30 in all", got, s.Dropped)
		}
		if s.Err != nil {
			t.Errorf("error %v is still shown", s.Err)
		}
	})
}

func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		if _, err := run(t, Options{Source: newCamera(80), Put: n, MaxConnection: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
		if got, want := n.fragments(), "0:40 0:40 1:40 1:40"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
	})
}

func TestDiscontinuityStartsAnotherConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		cam := newCamera(60)
		cam.change = func(i int, p *media.Packet) {
			if i == 25 {
				p.Discontinuity = true
				cam.tracks = testTracks[:1]
			}
		}
		r, err := run(t, Options{Source: cam, Put: n})
		if err != nil {
			t.Fatal(err)
		}
		// After the change there is no sound any more, and nothing until the next key frame.
		if got, want := n.fragments(), "0:40 0:10 1:20 1:10"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		if got := fmt.Sprint(n.heads); got != "[2 1]" {
			t.Errorf("tracks of the connections %s, want [2 1]", got)
		}
		if s := r.State(); s.Skipped != 5+35 {
			t.Errorf("%d frames skipped, want 5 pictures and 35 sounds", s.Skipped)
		}
	})
}

func TestTimeStepsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		cam := newCamera(60)
		cam.change = func(i int, p *media.Packet) {
			if i >= 30 {
				p.PTS -= 20 * time.Second
			}
		}
		if _, err := run(t, Options{Source: cam, Put: n}); err != nil {
			t.Fatal(err)
		}
		if n.conns != 2 {
			t.Errorf("%d connections, want 2", n.conns)
		}
	})
}

func TestNoKeyFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		cam := newCamera(300)
		cam.change = func(i int, p *media.Packet) { p.Key = i == 0 }
		if _, err := run(t, Options{Source: cam, Put: n}); err != nil {
			t.Fatal(err)
		}
		if got, want := n.fragments(), "0:380 0:220"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
	})
}

func TestSoundOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		cam := newCamera(50)
		cam.tracks = []media.Track{{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x12, 0x10}, Rate: 48000, Channels: 2}}
		cam.change = func(i int, p *media.Packet) { p.Key = false }
		if _, err := run(t, Options{Source: cam, Put: n}); err != nil {
			t.Fatal(err)
		}
		if got, want := n.fragments(), "0:20 0:20 0:10"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
	})
}

// A camera that pauses ends its fragment and its connection, and gets another when it goes on.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		cam := newCamera(40)
		cam.change = func(i int, p *media.Packet) {
			if i == 15 {
				time.Sleep(2 * time.Minute)
			}
			if i >= 15 {
				p.PTS += 2 * time.Minute
			}
		}
		r, err := run(t, Options{Source: cam, Put: n})
		if err != nil {
			t.Fatal(err)
		}
		if n.conns < 2 || !strings.HasPrefix(n.fragments(), "0:30 1:") {
			t.Errorf("fragments %s, want the first of 30 frames on its own connection", n.fragments())
		}
		if s := r.State(); s.Dropped != 0 || s.Persisted != s.Captured {
			t.Errorf("state %+v", s)
		}
	})
}

func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("no such stream")
		cam := newCamera(1000)
		r, err := run(t, Options{Source: cam, Put: &network{refuse: func(int) error { return gone }}, GiveUp: func(err error) bool { return errors.Is(err, gone) }})
		if !errors.Is(err, gone) {
			t.Errorf("error %v, want %v", err, gone)
		}
		if s := r.State(); s.Phase != Failed || !errors.Is(s.Err, gone) {
			t.Errorf("state %+v", s)
		}
		<-cam.closed
	})
}

func TestEndWithoutNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r, err := run(t, Options{Source: newCamera(50), Put: &network{refuse: func(int) error { return errors.New("unreachable") }}})
		if err == nil || !strings.Contains(err.Error(), "3 fragments (4.9s) were not acknowledged within 10s and may be lost: unreachable") {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took != 15*time.Second {
			t.Errorf("Run took %v, want the 5 s of the source and 10 s", took)
		}
		if s := r.State(); s.Phase != Failed || s.Persisted != 0 {
			t.Errorf("state %+v", s)
		}
	})
}

func TestSourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retention: true}
		broken := errors.New("the cable is out")
		cam := newCamera(1000)
		r, err := run(t, Options{Source: failing{cam, 25, broken}, Put: n})
		if !errors.Is(err, broken) {
			t.Errorf("error %v, want %v", err, broken)
		}
		if got := n.fragments(); got != "0:40 0:10" {
			t.Errorf("fragments %s: what was captured before must be saved", got)
		}
		if s := r.State(); s.Persisted != s.Captured {
			t.Errorf("state %+v", s)
		}
	})
}

type failing struct {
	*camera
	after int
	err   error
}

func (f failing) Read() (*media.Packet, error) {
	if f.n == f.after && !f.sound {
		return nil, f.err
	}
	return f.camera.Read()
}

func TestUnrecordable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam := newCamera(10)
		cam.tracks = nil
		_, err := run(t, Options{Source: cam, Put: &network{}})
		if err == nil || !strings.Contains(err.Error(), "cannot be recorded") {
			t.Errorf("error %v", err)
		}
	})
}

func TestBackoff(t *testing.T) {
	for failures := 1; failures < 100; failures++ {
		most := min(30*time.Second, 250*time.Millisecond<<min(failures, 20))
		if d := backoff(failures); d < most/2 || d > most {
			t.Errorf("after %d failures %v, want between %v and %v", failures, d, most/2, most)
		}
	}
}

// discard takes everything at once and acknowledges nothing until the end.
type discard struct{}

func (discard) Put(ctx context.Context, r io.Reader, ack func(Ack)) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func BenchmarkFrame(b *testing.B) {
	r := New(Options{Source: newCamera(0), Put: discard{}, Memory: 16 << 20})
	c := &cutter{o: &r.o, backlog: r.backlog}
	frame := make([]byte, 20_000)
	p := &media.Packet{Track: 1, Data: frame}
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.PTS, p.Key = time.Duration(i)*40*time.Millisecond, i%50 == 0
		if err := c.take(p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkThrough measures a frame's way from the source to the network.
func BenchmarkThrough(b *testing.B) {
	r := New(Options{Source: newCamera(0), Put: discard{}, AckLevel: UntilReceived, MaxConnection: time.Hour})
	c := &cutter{o: &r.o, backlog: r.backlog}
	conn := r.backlog.connect()
	frame := make([]byte, 20_000)
	p := &media.Packet{Track: 1, Data: frame}
	out := make([]byte, 32<<10)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.PTS, p.Key = time.Duration(i)*40*time.Millisecond, i%50 == 0
		if err := c.take(p); err != nil {
			b.Fatal(err)
		}
		for n := 0; n < len(frame); {
			k, err := conn.Read(out)
			if err != nil {
				b.Fatal(err)
			}
			n += k
		}
		if p.Key {
			r.acknowledged(conn, Ack{Type: Received, Timecode: testEpoch.Add(p.PTS - 2*time.Second).UnixMilli()})
		}
	}
}
