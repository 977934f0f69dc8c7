package localkvs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/bits"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/media"
	"kinora/mkv"
)

func TestIdleUploadIsFinishedAndClosed(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{IdleTime: time.Second}}))
	createStream(t, c, "gate", 1)
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 100)
	number := u.wait(kvs.Persisted).Number // without an end of the fragment, of the body, or of the connection
	if err := <-u.done; err == nil {
		t.Log("the producer saw a clean end")
	}
	if list := fragments(t, c, "gate"); len(list) != 1 || list[0].Number != number {
		t.Errorf("listed: %v, want %s alone", list, number)
	}
}

// A cluster that says how long it is cannot be finished early: its bytes would claim what follows them.
func TestIdleUploadOfKnownSize(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{IdleTime: time.Second}}))
	createStream(t, c, "gate", 1)
	for missing, want := range map[int]string{0: "", 100: "STREAM_READ_ERROR"} {
		var b bytes.Buffer
		w := mkv.NewWriter(&b, textTrack, mkv.WriterOptions{Epoch: time.Now()})
		if err := errors.Join(w.Begin(0), w.Write(&media.Packet{Track: 1, Key: true, Data: []byte("frame")})); err != nil {
			t.Fatal(err)
		}
		head, cluster, ok := bytes.Cut(b.Bytes(), []byte{0x1F, 0x43, 0xB6, 0x75})
		if !ok {
			t.Fatal("the writer wrote no Cluster")
		}
		cluster = cluster[bits.LeadingZeros8(cluster[0])+1:]
		r, body := io.Pipe()
		go func() {
			for _, part := range [][]byte{head, {0x1F, 0x43, 0xB6, 0x75, 0x40, byte(len(cluster) + missing)}, cluster} {
				_, _ = body.Write(part) // the acknowledgements tell
			}
		}()
		var persisted int
		err := c.Put(deadline(t), "gate", r, func(a kvs.Ack) {
			if a.Type == kvs.Persisted {
				persisted++
			}
		})
		_ = r.Close() // never fails
		var refused *kvs.AckError
		if errors.As(err, &refused) != (want != "") || want != "" && refused.Ack.ErrorCode != want {
			t.Errorf("%d bytes missing: %v, want %q", missing, err, want)
		}
		if (persisted == 1) != (missing == 0) {
			t.Errorf("%d bytes missing: %d fragments are persisted", missing, persisted)
		}
	}
}

func TestOldConnectionIsEndedAtAFragment(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{ConnectionTime: time.Nanosecond}}))
	createStream(t, c, "gate", 1)
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 100)
	u.wantError(4003)
}

func TestLargeFragmentIsRefused(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{FragmentSize: 100_000}}))
	createStream(t, c, "gate", 1)
	for name, size := range map[string]int{"by one frame": 200_000, "by many": 30_000} {
		u := startUpload(t, c, "gate", time.Now())
		u.fragment(0, size)
		for i := range 5 {
			u.frame(time.Duration(i)*time.Millisecond, size)
		}
		t.Log(name)
		u.wantError(4001)
	}
	if list := fragments(t, c, "gate"); len(list) != 0 {
		t.Errorf("refused fragments are listed: %v", list)
	}
}

func TestConnectionLimits(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{PutMediaConnections: 1, GetMediaConnections: 1}}))
	createStream(t, c, "gate", 1)
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 100)
	u.wait(kvs.Buffering)
	refused := func(err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "limit") {
			t.Errorf("a connection too many is answered with: %v", err)
		}
	}
	refused(c.Put(deadline(t), "gate", strings.NewReader("x"), func(kvs.Ack) {}))
	reader, err := c.GetMedia(deadline(t), "gate", kvs.Start{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	_, err = c.GetMedia(deadline(t), "gate", kvs.Start{})
	refused(err)
	_ = u.body.Close() // never fails
	u.wait(kvs.Persisted)
}

// A reader that takes nothing, of a stream that is kept in memory alone, is told that it is too slow.
func TestSlowReaderOfUnstoredStreamIsTold(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{UnstoredBytes: 1 << 20, FragmentsPerSecond: 1000, WriteStall: 10 * time.Minute}}))
	createStream(t, c, "gate", 0)
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 1000)
	u.wait(kvs.Buffering)
	body, err := c.GetMedia(deadline(t), "gate", kvs.Start{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	r := mkv.NewReader(body, mkv.Limits{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 24; i++ { // far more than sockets and the service hold
		u.fragment(time.Duration(i)*time.Second, 1<<20)
	}
	_ = u.body.Close() // never fails
	for range u.acks {
		continue
	}
	var told *mkv.ServiceError
	for err = nil; err == nil; {
		_, err = r.Next()
	}
	if !errors.As(err, &told) || told.ID != 3002 {
		t.Errorf("the reader ended with %v, want error 3002", err)
	}
}

func TestStopFinishesFragments(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- server.Run(ctx) }()
	c := clientOf(t, server)
	createStream(t, c, "gate", 1)
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 100)
	number := u.wait(kvs.Buffering).Number
	stop()
	u.fragment(2*time.Second, 100) // its start ends the first, and the upload
	if got := u.wait(kvs.Persisted).Number; got != number {
		t.Errorf("fragment %s was persisted, want %s", got, number)
	}
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	if _, more := <-u.acks; more {
		t.Error("a stopping service took another fragment")
	}
	c = clientOf(t, serve(t, localkvs.ServerOptions{Data: dir}))
	if list := fragments(t, c, "gate"); len(list) != 1 || list[0].Number != number {
		t.Errorf("after the restart: %v, want %s alone", list, number)
	}
}

func TestLimitsOfAnAccount(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{Streams: 2, AccountCalls: 0.0001}})
	c := clientOf(t, server)
	createStream(t, c, "gate", 1)
	_, err := c.Create(deadline(t), "yard", time.Hour, "")
	if err == nil || !strings.Contains(err.Error(), "CreateStream is called more than 0.005 times a second") {
		t.Errorf("a second stream at once: %v", err)
	}
	server = serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{Streams: 2}})
	c = clientOf(t, server)
	createStream(t, c, "gate", 1)
	createStream(t, c, "yard", 1)
	for name, want := range map[string]string{"dock": "There are 2 streams", "gate": "already exists"} {
		if _, err := c.Create(deadline(t), name, time.Hour, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a third stream, %s: %v, want that %s", name, err, want)
		}
	}
}

func TestListenErrorsAreSentences(t *testing.T) {
	server := serve(t, localkvs.ServerOptions{})
	_, err := localkvs.Listen(localkvs.ServerOptions{Data: t.TempDir(), Listen: strings.TrimPrefix(server.Endpoint(), "http://")})
	if err == nil || !strings.Contains(err.Error(), "another program listens on") {
		t.Errorf("a port in use: %v", err)
	}
	_, err = localkvs.Listen(localkvs.ServerOptions{Data: "/proc/nowhere"})
	if err == nil || !strings.Contains(err.Error(), "choose another with --data") {
		t.Errorf("an impossible directory: %v", err)
	}
}

// A producer whose connection hangs half open must not hold up the readers of the one that took its place.
func TestHalfOpenProducerDoesNotHoldUpReaders(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{}))
	createStream(t, c, "gate", 1)
	begin := time.Now()
	hanging := startUpload(t, c, "gate", begin)
	hanging.fragment(0, 100)
	hanging.wait(kvs.Buffering)
	body, err := c.GetMedia(deadline(t), "gate", kvs.Start{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	r := mkv.NewReader(body, mkv.Limits{})
	first, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	next := startUpload(t, c, "gate", begin.Add(10*time.Second))
	next.fragment(0, 100)
	second, err := r.Next() // while both uploads stay open
	if err != nil {
		t.Fatal(err)
	}
	if first.Complete || second.Number <= first.Number {
		t.Errorf("fragment %s (complete: %v) is followed by %s", first.Number, first.Complete, second.Number)
	}
}

func TestHealthAndMetrics(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{})
	c := clientOf(t, server)
	createStream(t, c, "gate", 1)
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 100)
	_ = u.body.Close() // never fails
	u.wait(kvs.Persisted)
	for path, want := range map[string][]string{
		"/healthz": {`"ok"`},
		"/metrics": {"kvs_put_media_incoming_fragments_total 1", "kvs_signaling_connections 0", "kvs_turn_allocations 0", `kvs_requests_total{operation="createStream",outcome="ok"} 1`},
	} {
		res, err := http.Get(server.Endpoint() + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		for _, s := range want {
			if res.StatusCode != http.StatusOK || !strings.Contains(string(text), s) {
				t.Errorf("%s answers %d without %q", path, res.StatusCode, s)
			}
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
