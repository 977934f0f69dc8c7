package localkvs_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/mkv"
)

// take sends one whole fragment of some frames, named as a recorder names it.
func (u *upload) take(at time.Duration, name string, frames int) {
	u.piece(at, name, frames)
	_ = u.w.End() // the acknowledgements tell
}

// piece sends the beginning of such a fragment.
func (u *upload) piece(at time.Duration, name string, frames int) {
	_ = u.w.Begin(at, mkv.Tag{Name: mkv.Take, Value: name}) // the acknowledgements tell
	for i := range frames {
		u.frame(at+time.Duration(i)*10*time.Millisecond, 100)
	}
}

// finish ends the upload, waits for its end, and returns the number of the last fragment that was persisted meanwhile.
func (u *upload) finish() (persisted string) {
	u.t.Helper()
	_ = u.body.Close() // never fails
	for a := range u.acks {
		if a.Type == kvs.Persisted {
			persisted = a.Number
		}
	}
	if err := <-u.done; err != nil {
		u.t.Error(err)
	}
	return persisted
}

// reader reads a stream's fragments one after the other.
type reader struct {
	t *testing.T
	r *mkv.Reader
}

func read(t *testing.T, c *kvs.Client, stream string, from kvs.Start) *reader {
	t.Helper()
	body, err := c.GetMedia(deadline(t), stream, from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = body.Close() }) // the service may have ended it
	return &reader{t, mkv.NewReader(body, mkv.Limits{})}
}

// want reads fragments and compares their numbers.
func (r *reader) want(numbers ...string) {
	r.t.Helper()
	for i, number := range numbers {
		f, err := r.r.Next()
		if err != nil {
			r.t.Fatalf("instead of fragment %d came %v", i, err)
		}
		for err == nil {
			_, err = r.r.Packet()
		}
		if err != io.EOF || f.Number != number {
			r.t.Fatalf("fragment %d is %s, %v; want %s", i, f.Number, err, number)
		}
	}
}

func wantListed(t *testing.T, c *kvs.Client, stream string, numbers ...string) {
	t.Helper()
	var got []string
	for _, f := range fragments(t, c, stream) {
		got = append(got, f.Number)
	}
	if fmt.Sprint(got) != fmt.Sprint(numbers) {
		t.Errorf("listed are %v, want %v", got, numbers)
	}
}

func TestRepeatIsAcknowledgedAndShownOnce(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{})
	c := clientOf(t, server)
	createStream(t, c, "gate", 1)
	epoch := time.Now()
	u := startUpload(t, c, "gate", epoch)
	live := read(t, c, "gate", kvs.Start{})
	u.take(0, "a/000001", 3)
	first := u.wait(kvs.Persisted).Number
	again := startUpload(t, c, "gate", epoch)
	again.take(0, "a/000001", 3)
	if a, b := again.wait(kvs.Buffering), again.wait(kvs.Persisted); a.Number != b.Number || b.Number == first {
		t.Errorf("the repeat is acknowledged as %s and %s beside %s", a.Number, b.Number, first)
	}
	again.take(2*time.Second, "a/000002", 3)
	second := again.wait(kvs.Persisted).Number
	live.want(first, second)
	read(t, c, "gate", kvs.Start{Earliest: true}).want(first, second)
	read(t, c, "gate", kvs.Start{After: first}).want(second)
	wantListed(t, c, "gate", first, second)
	res, err := http.Get(server.Endpoint() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil || !strings.Contains(string(text), "kvs_put_media_repeats_suppressed_total 1\n") {
		t.Errorf("the repeat is not counted, %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
	again.finish()
	u.finish()
}

// The piece that an idle producer left gives way to the whole fragment, over a restart too.
func TestWholeFragmentTakesThePlaceOfAPiece(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{IdleTime: time.Second}}))
	createStream(t, c, "gate", 1)
	epoch := time.Now()
	u := startUpload(t, c, "gate", epoch)
	u.piece(0, "a/000001", 2)
	piece := u.wait(kvs.Persisted).Number
	wantListed(t, c, "gate", piece)
	again := startUpload(t, c, "gate", epoch)
	again.take(0, "a/000001", 5)
	whole := again.finish()
	wantListed(t, c, "gate", whole)
	read(t, c, "gate", kvs.Start{Earliest: true}).want(whole)
	third := startUpload(t, c, "gate", epoch)
	third.take(0, "a/000001", 2)
	third.finish()
	wantListed(t, c, "gate", whole)
}

// While one connection is live another one uploads what was recorded an hour before.
func TestBackfillIsStoredButNotShownLive(t *testing.T) {
	leak.Check(t)
	for name, kept := range map[string]int64{"from memory": 0, "from disk": 1} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{FragmentsPerSecond: 1000, LiveBytes: kept}})
			c := clientOf(t, server)
			createStream(t, c, "gate", 1)
			now := time.Now()
			u := startUpload(t, c, "gate", now)
			u.take(0, "b/000001", 3)
			numbers := []string{u.wait(kvs.Persisted).Number}
			watching := read(t, c, "gate", kvs.Start{})
			backlog := startUpload(t, c, "gate", now.Add(-time.Hour))
			var live []string
			for i := range 5 {
				at := time.Duration(i+1) * 2 * time.Second
				backlog.take(at, fmt.Sprintf("a/%06d", i), 3)
				numbers = append(numbers, backlog.wait(kvs.Persisted).Number)
				u.take(at, fmt.Sprintf("b/%06d", i+2), 3)
				live = append(live, u.wait(kvs.Persisted).Number)
				numbers = append(numbers, live[i])
			}
			watching.want(live...)
			read(t, c, "gate", kvs.Start{Earliest: true}).want(numbers...)
			read(t, c, "gate", kvs.Start{After: numbers[0]}).want(numbers[1:]...)
			wantListed(t, c, "gate", numbers...)
			old, err := c.List(deadline(t), "gate", kvs.ProducerTime, now.Add(-time.Hour), now.Add(-time.Minute))
			if err != nil || len(old) != 5 {
				t.Errorf("%d fragments of the backlog are found by its time, %v", len(old), err)
			}
			usage := server.Usage()
			if len(usage.Streams) != 1 || usage.Streams[0].Name != "gate" || usage.Fragments != 11 || usage.Bytes < 11*300 {
				t.Errorf("the usage is %+v", usage)
			}
			u.finish()
			backlog.finish()
		})
	}
}

// Whoever begins to watch while a backlog arrives begins with what is live.
func TestNowIsTheLiveEdge(t *testing.T) {
	leak.Check(t)
	c := clientOf(t, serve(t, localkvs.ServerOptions{}))
	createStream(t, c, "gate", 1)
	u := startUpload(t, c, "gate", time.Now())
	u.piece(0, "b/000001", 3)
	live := u.wait(kvs.Buffering).Number
	backlog := startUpload(t, c, "gate", time.Now().Add(-time.Hour))
	backlog.piece(0, "a/000001", 3)
	backlog.wait(kvs.Buffering)
	watching := read(t, c, "gate", kvs.Start{})
	u.take(2*time.Second, "b/000002", 3)
	watching.want(live)
	backlog.finish()
	u.finish()
}
