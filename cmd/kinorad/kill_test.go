package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
	"kinora/recorder"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

// kills is how often the service dies while the producer goes on.
const kills = 25

// camera is a source whose frames can be computed again from their number: 40 a second, every 10th a key frame. Its time
// passes four times as fast as ours, so that there are four fragments in a second.
type camera struct {
	epoch time.Time
	tick  *time.Ticker
	n     int
	life  context.Context
	close context.CancelFunc
}

const (
	framePeriod = 25 * time.Millisecond
	hurry       = 4
)

func (c *camera) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text}}
}
func (c *camera) Epoch() time.Time { return c.epoch }

func (c *camera) Close() error {
	c.close()
	return nil
}

func (c *camera) Read() (*media.Packet, error) {
	select {
	case <-c.tick.C:
	case <-c.life.Done():
		return nil, io.EOF
	}
	at := time.Duration(c.n) * framePeriod
	p := &media.Packet{Track: 1, PTS: at, DTS: at, Key: c.n%10 == 0, Data: frameData(c.n)}
	c.n++
	return p, nil
}

// frameData is a frame's bytes: as many as a real one has, and different in each.
func frameData(n int) []byte {
	seed := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return append(binary.BigEndian.AppendUint64(nil, uint64(n)), bytes.Repeat(seed[:], 200)...)
}

// ledger collects what the service promised to keep, by timecode: a fragment that was sent again, since the service died between
// storing and saying so, is acknowledged under another number than that of the one that is stored.
type ledger struct {
	client    *kvs.Client
	mu        sync.Mutex
	persisted map[int64]bool
}

func (l *ledger) Put(ctx context.Context, body io.Reader, ack func(upload.Ack)) error {
	types := map[kvs.AckType]upload.AckType{kvs.Buffering: upload.Buffering, kvs.Received: upload.Received,
		kvs.Persisted: upload.Persisted, kvs.Failed: upload.Error, kvs.Idle: upload.Waiting}
	return l.client.Put(ctx, "gate", body, func(a kvs.Ack) {
		if a.Type == kvs.Persisted {
			l.mu.Lock()
			l.persisted[a.Timecode] = true
			l.mu.Unlock()
		}
		ack(upload.Ack{Type: types[a.Type], Timecode: a.Timecode, Number: a.Number, ErrorID: a.ErrorID, ErrorCode: a.ErrorCode})
	})
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.persisted)
}

// await waits until more fragments than n were acknowledged.
func (l *ledger) await(t *testing.T, n int) {
	t.Helper()
	limit, tick := time.After(30*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for l.count() <= n {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("no fragment was acknowledged for 30 s; %d are", l.count())
		}
	}
}

// TestKill kills the service again and again under a producer that goes on. Whatever was acknowledged as PERSISTED must
// be listed after each restart and read back byte for byte; the producer must find its way back by itself.
func TestKill(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithCancel(deadline(t, 4*time.Minute))
	defer cancel()
	data, listen := t.TempDir(), freeAddress(t)
	d := startDaemon(t, data, listen)
	env := environment(t, data)
	client := kvs.New(kvs.Config{Endpoint: env["AWS_ENDPOINT_URL"], Region: env["AWS_REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], "")})
	defer client.Close()
	if _, err := client.Create(ctx, "gate", 24*time.Hour, "text/plain"); err != nil {
		t.Fatal(err)
	}
	promised := &ledger{client: client, persisted: make(map[int64]bool)}
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	tick := time.NewTicker(framePeriod / hurry)
	defer tick.Stop()
	life, end := context.WithCancel(ctx)
	defer end()
	kept, err := spool.Open(t.TempDir(), spool.Options{Floor: -1})
	if err != nil {
		t.Fatal(err)
	}
	target := spool.Target{Account: "test", Stream: "gate"}
	uploader := upload.New(upload.Options{Spool: kept, Target: target, Put: promised,
		Classify: func(error) upload.Class { return upload.Network }})
	cam := &camera{epoch: epoch, tick: tick, life: life, close: end}
	in := recorder.NewIntake(recorder.IntakeOptions{FragmentLength: time.Second,
		Open: func(context.Context) (media.Source, error) { return cam, nil }})
	take, err := in.Begin(kept, target, spool.About{})
	if err != nil {
		t.Fatal(err)
	}
	recorded, uploaded := make(chan error, 1), make(chan error, 1)
	go func() { recorded <- in.Run(ctx) }()
	go func() { uploaded <- uploader.Run(ctx) }()

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range kills {
		promised.await(t, promised.count())
		pause := time.NewTimer(time.Duration(random.IntN(300)) * time.Millisecond)
		<-pause.C // anywhere in the life of a fragment
		d.kill(t)
		d = startDaemon(t, data, listen)
		verify(t, ctx, client, promised, epoch)
	}
	end()
	if err := errors.Join(<-recorded, uploader.Drain(ctx)); err != nil {
		t.Errorf("the recorder ended with %v", err)
	}
	verify(t, ctx, client, promised, epoch)
	if f := take.Figures(); f.Persisted != f.Captured || f.Captured == 0 {
		t.Errorf("the take's figures are %+v, want all of it persisted", f)
	}
	t.Logf("%d kills, %d fragments promised, all kept", kills, promised.count())
	cancel()
	if err := errors.Join(<-uploaded, kept.Close()); err != nil {
		t.Error(err)
	}
	d.stop(t)
}

// verify demands every promised fragment from the list, once, and its frames from GetMedia.
func verify(t *testing.T, ctx context.Context, client *kvs.Client, l *ledger, epoch time.Time) {
	t.Helper()
	l.mu.Lock()
	promised := maps.Clone(l.persisted)
	l.mu.Unlock()
	list, err := client.List(ctx, "gate", kvs.ServerTime, epoch.Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[int64]int, len(list))
	for _, f := range list {
		listed[f.Producer.UnixMilli()]++
	}
	for timecode := range promised {
		if n := listed[timecode]; n != 1 {
			t.Fatalf("the fragment with timecode %d was acknowledged as PERSISTED and is listed %d times after the restart", timecode, n)
		}
	}
	body, err := client.GetMedia(ctx, "gate", kvs.Start{Earliest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	r := mkv.NewReader(body, mkv.Limits{})
	for len(promised) > 0 {
		f, err := r.Next()
		if err != nil {
			t.Fatalf("%d promised fragments cannot be read: %v", len(promised), err)
		}
		frames := 0
		for {
			p, err := r.Packet()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("fragment %s: %v", f.Number, err)
			}
			n := int(time.Unix(0, int64(p.PTS)).Sub(epoch) / framePeriod) // timecodes are absolute, and exact to the millisecond
			if !bytes.Equal(p.Data, frameData(n)) {
				t.Fatalf("fragment %s, frame %d at %s: the bytes are not those that were sent", f.Number, n, p.PTS)
			}
			frames++
		}
		if frames == 0 {
			t.Fatalf("fragment %s has no frame", f.Number)
		}
		delete(promised, f.Start.Milliseconds())
	}
}
