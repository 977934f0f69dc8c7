package kvs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	awscreds "github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/media"
	"kinora/mkv"
	"kinora/recorder"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

// local is the project's own service on a real port, which can be stopped and started again.
type local struct {
	t       *testing.T
	options localkvs.ServerOptions
	server  *localkvs.Server
	stop    func()
}

func startLocal(t *testing.T) (*local, *kvs.Client) {
	l := &local{t: t, options: localkvs.ServerOptions{Data: t.TempDir(), Region: "eu-west-1", Limits: localkvs.Limits{FragmentsPerSecond: 1000}}}
	l.start()
	t.Cleanup(func() { l.stop() })
	keys := l.server.Credentials()
	c := kvs.New(kvs.Config{Endpoint: l.server.Endpoint(), Region: "eu-west-1", Credentials: awscreds.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	t.Cleanup(c.Close)
	return l, c
}

func (l *local) start() {
	l.t.Helper()
	var err error
	if l.server, err = localkvs.Listen(l.options); err != nil {
		l.t.Fatal(err)
	}
	l.options.Listen = strings.TrimPrefix(l.server.Endpoint(), "http://")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.server.Run(ctx) }()
	l.stop = func() {
		cancel()
		if err := <-done; err != nil {
			l.t.Errorf("the service ended with: %v", err)
		}
		l.stop = func() {}
	}
}

// putter is PutMedia into one stream, as the recorder wants it.
type putter struct {
	client *kvs.Client
	stream string
}

func (p putter) Put(ctx context.Context, mkv io.Reader, ack func(upload.Ack)) error {
	types := map[kvs.AckType]upload.AckType{
		kvs.Buffering: upload.Buffering, kvs.Received: upload.Received, kvs.Persisted: upload.Persisted,
		kvs.Failed: upload.Error, kvs.Idle: upload.Waiting,
	}
	return p.client.Put(ctx, p.stream, mkv, func(a kvs.Ack) {
		ack(upload.Ack{Type: types[a.Type], Timecode: a.Timecode, Number: a.Number, ErrorID: a.ErrorID, ErrorCode: a.ErrorCode})
	})
}

// camera gives a frame whenever the test puts one into the channel; every tenth is a key frame.
type camera struct {
	epoch  time.Time
	frames chan int // closed at the end
	closed chan struct{}
}

func newCamera() *camera {
	return &camera{epoch: time.Now().Truncate(time.Millisecond), frames: make(chan int), closed: make(chan struct{})}
}

func (c *camera) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 66, 0, 30, 255, 224, 0}, Width: 640, Height: 360}}
}
func (c *camera) Epoch() time.Time { return c.epoch }
func (c *camera) Close() error     { close(c.closed); return nil }

func (c *camera) Read() (*media.Packet, error) {
	select {
	case n, ok := <-c.frames:
		if !ok {
			return nil, io.EOF
		}
		return &media.Packet{Track: 1, PTS: pts(n), Key: n%10 == 0, Data: frame(n)}, nil
	case <-c.closed:
		return nil, io.EOF
	}
}

func pts(n int) time.Duration { return time.Duration(n) * 40 * time.Millisecond }
func frame(n int) []byte      { return bytes.Repeat(fmt.Appendf(nil, "%08d", n), 500) }

func (c *camera) show(t *testing.T, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		select {
		case c.frames <- n:
		case <-time.After(30 * time.Second):
			t.Fatal("the recorder does not read")
		}
	}
}

// film gives frames from one on until ok, and returns which is next. A camera does not stop for what a test waits for: the uploader finishes the
// live edge before it sends what is older.
func (c *camera) film(t *testing.T, from int, what string, ok func() bool) (next int) {
	t.Helper()
	wait(t, what, func() bool {
		c.show(t, from, from+1)
		from++
		return ok()
	})
	return from
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	late := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("in 30 s there was no %s", what)
		}
	}
}

// recording is a camera that goes through a spool into the stream "cam".
type recording struct {
	take   *spool.Take
	upload *upload.Uploader
	done   chan error // of the camera's end, after which all that it gave was sent
}

func record(t *testing.T, c *kvs.Client, cam *camera) *recording {
	t.Helper()
	kept, err := spool.Open(t.TempDir(), spool.Options{Floor: -1})
	if err != nil {
		t.Fatal(err)
	}
	target := spool.Target{Account: "test", Stream: "cam"}
	r := &recording{done: make(chan error, 1), upload: upload.New(upload.Options{
		Spool: kept, Target: target, Put: putter{c, "cam"},
		Classify: func(err error) upload.Class {
			if kvs.IsNetwork(err) {
				return upload.Network
			}
			return upload.Busy
		},
		Keeps: func(ctx context.Context) (bool, error) {
			s, err := c.Describe(ctx, "cam")
			return s.Retention > 0, err
		},
	})}
	in := recorder.NewIntake(recorder.IntakeOptions{
		Open:           func(context.Context) (media.Source, error) { return cam, nil },
		FragmentLength: time.Second,
	})
	if r.take, err = in.Begin(kept, target, spool.About{}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	uploaded := make(chan error, 1)
	go func() { uploaded <- r.upload.Run(ctx) }()
	go func() {
		err := errors.Join(in.Run(ctx), r.upload.Drain(ctx))
		stop()
		r.done <- errors.Join(err, <-uploaded, kept.Close())
	}()
	return r
}

// safe checks that the service has all of a recording that has ended.
func (r *recording) safe(t *testing.T, want time.Duration) {
	t.Helper()
	if f := r.take.Figures(); f.Captured < want || f.Persisted != f.Captured || f.Fragments != 0 {
		t.Errorf("the take's figures are %+v, want all of %v safe", f, want)
	}
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// Each frame must reach a viewer before the next one is even captured, with the camera's time, whether the stream stores
// it or not.
func TestLiveOverTheRealService(t *testing.T) {
	for _, retention := range []time.Duration{0, time.Hour} {
		t.Run(fmt.Sprint(retention), func(t *testing.T) {
			leak.Check(t)
			_, c := startLocal(t)
			ctx := testContext(t)
			if _, err := c.Create(ctx, "cam", retention, "video/h264"); err != nil {
				t.Fatal(err)
			}
			opened := make(chan media.Source, 1)
			go func() {
				defer close(opened)
				src, err := c.Live("cam")(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				opened <- src
			}()
			cam := newCamera()
			r := record(t, c, cam)
			// GetMedia begins with the first fragment after it: give some until it is there.
			var src media.Source
			shown := cam.film(t, 0, "viewer", func() bool {
				select {
				case src = <-opened:
					return true
				default:
					return false
				}
			})
			if src == nil {
				t.Fatal("no source")
			}
			first, err := src.Read()
			if err != nil {
				t.Fatal(err)
			}
			n := int(src.Epoch().Add(first.PTS).Sub(cam.epoch) / (40 * time.Millisecond))
			if n%10 != 0 || !bytes.Equal(first.Data, frame(n)) {
				t.Fatalf("the first packet is frame %d", n)
			}
			for n++; n < shown+25; n++ {
				if n >= shown {
					cam.show(t, n, n+1) // and no further one before it has arrived
				}
				p, err := src.Read()
				if err != nil {
					t.Fatal(err)
				}
				if at := src.Epoch().Add(p.PTS).Sub(cam.epoch); at != pts(n) || !bytes.Equal(p.Data, frame(n)) || p.Discontinuity {
					t.Fatalf("frame %d came as %.8s at %v (discontinuity %v), want %v", n, p.Data, at, p.Discontinuity, pts(n))
				}
			}
			close(cam.frames)
			if err := <-r.done; err != nil {
				t.Error(err)
			}
			r.safe(t, pts(n-1))
			if err := src.Close(); err != nil {
				t.Error(err)
			}
			if retention > 0 {
				stored(t, c, cam, n)
			}
		})
	}
}

// stored checks that the service has the first n frames, each at least once, and that the lists agree.
func stored(t *testing.T, c *kvs.Client, cam *camera, n int) {
	t.Helper()
	ctx := testContext(t)
	list, err := c.List(ctx, "cam", kvs.ProducerTime, cam.epoch, cam.epoch.Add(pts(n)))
	if err != nil || len(list) == 0 {
		t.Fatalf("List: %v, %v", list, err)
	}
	last, ok, err := c.LastFragment(ctx, "cam", time.Now().Add(-time.Hour))
	if err != nil || !ok || last != list[len(list)-1] {
		t.Errorf("LastFragment = %+v, %v, %v; want %+v", last, ok, err, list[len(list)-1])
	}
	body, err := c.GetMedia(ctx, "cam", kvs.Start{Earliest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	seen := make([]bool, n)
	reader := mkv.NewReader(body, mkv.Limits{})
	for found := 0; found < n; {
		f, err := reader.Next()
		if err != nil {
			t.Fatalf("after %d of %d frames: %v", found, n, err)
		}
		for {
			p, err := reader.Packet()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("fragment %s: %v", f.Number, err)
			}
			i := int((p.PTS - time.Duration(cam.epoch.UnixNano())) / (40 * time.Millisecond))
			if i < 0 || i >= n || !bytes.Equal(p.Data, frame(i)) {
				t.Fatalf("fragment %s has %.8s at frame %d", f.Number, p.Data, i)
			}
			if !seen[i] {
				seen[i] = true
				found++
			}
		}
	}
}

// When the service is restarted during a recording, nothing of it is lost.
func TestRecordingSurvivesARestart(t *testing.T) {
	leak.Check(t)
	service, c := startLocal(t)
	if _, err := c.Create(testContext(t), "cam", time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	cam := newCamera()
	r := record(t, c, cam)
	shown := cam.film(t, 0, "persisted fragment", func() bool { return r.take.Figures().Persisted > 0 })
	service.stop()
	shown = cam.film(t, shown, "failure", func() bool { return r.upload.State().Err != nil })
	if s := r.upload.State(); s.Phase != upload.Offline || s.Backlog == 0 {
		t.Errorf("state %+v while the service is away", s)
	}
	service.start()
	cam.show(t, shown, shown+35)
	close(cam.frames)
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	r.safe(t, pts(shown+34))
	stored(t, c, cam, shown+35)
}

func TestErrorsOfTheRealService(t *testing.T) {
	leak.Check(t)
	service, c := startLocal(t)
	ctx := testContext(t)
	put := func(c *kvs.Client) error { return c.Put(ctx, "nothing", strings.NewReader("x"), func(kvs.Ack) {}) }
	if err := put(c); kvs.Classify(err) != kvs.GiveUp || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("upload to a stream that is not there: %v (%v)", err, kvs.Classify(err))
	}
	wrong := kvs.New(kvs.Config{Endpoint: service.server.Endpoint(), Region: "eu-west-1", Credentials: awscreds.NewStaticCredentialsProvider(service.server.Credentials().AccessKeyID, "wrong", "")})
	defer wrong.Close()
	if err := put(wrong); kvs.Classify(err) != kvs.Reauthenticate || !strings.Contains(err.Error(), "Check the access key") {
		t.Errorf("wrong secret: %v (%v)", err, kvs.Classify(err))
	}
	if _, err := c.Create(ctx, "cam", time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	err := c.Put(ctx, "cam", strings.NewReader("this is no Matroska"), func(kvs.Ack) {})
	if err == nil || !strings.Contains(err.Error(), "error 4006 INVALID_MKV_DATA") {
		t.Errorf("bad media: %v", err)
	}
	if err := c.SetRetention(ctx, "cam", 5*time.Hour); err != nil {
		t.Error(err)
	}
	if s, err := c.Describe(ctx, "cam"); err != nil || s.Retention != 5*time.Hour {
		t.Errorf("Describe = %+v, %v; want a retention of 5 h", s, err)
	}
	if _, err := c.Create(ctx, "cam", 0, ""); kvs.Classify(err) != kvs.GiveUp || !strings.Contains(err.Error(), "Choose another name") {
		t.Errorf("created twice: %v (%v)", err, kvs.Classify(err))
	}
	if err := c.Delete(ctx, "cam"); err != nil {
		t.Error(err)
	}
	if streams, err := c.Streams(ctx); err != nil || len(streams) != 0 {
		t.Errorf("Streams = %v, %v; want none", streams, err)
	}
}
