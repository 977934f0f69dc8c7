package localkvs_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/mkv"
)

// dial opens a connection for what no client library would send.
func dial(t *testing.T, server *localkvs.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.Endpoint(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // may be closed already
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Nobody who has not proved who he is may hold a connection by leaving a body unfinished.
func TestUnfinishedBodyIsGivenUp(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{BodyTime: 50 * time.Millisecond}})
	for _, head := range []string{"Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"} {
		conn := dial(t, server)
		if _, err := io.WriteString(conn, "POST /listStreams HTTP/1.1\r\nHost: x\r\n"+head); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
			t.Errorf("an unfinished body is answered with %q, %v", answer, err)
		}
	}
}

// What follows a fragment by more than the stall time is not a reader's fault: the answer still ends as it should.
func TestAnswerEndsCleanlyAfterAPause(t *testing.T) {
	leak.Check(t)
	const stall = 200 * time.Millisecond
	c := clientOf(t, serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{WriteStall: stall}}))
	createStream(t, c, "gate", 1)
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 100)
	_ = u.body.Close() // never fails
	u.wait(kvs.Persisted)
	body, err := c.GetMedia(deadline(t), "gate", kvs.Start{Earliest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	r := mkv.NewReader(body, mkv.Limits{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	deleted := make(chan error, 1)
	time.AfterFunc(2*stall, func() { deleted <- c.Delete(deadline(t), "gate") })
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("the answer ended with %v, want %v", err, io.EOF)
	}
	if err := <-deleted; err != nil {
		t.Error(err)
	}
}

// Whoever asks and asks and reads no answer is cut off.
func TestUnreadAnswersAreGivenUp(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{WriteStall: 100 * time.Millisecond}})
	for _, ask := range []string{"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		conn := dial(t, server)
		var err error
		for err == nil {
			_, err = io.WriteString(conn, ask)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the service waits for a client that does not read the answers to %q", ask)
		}
	}
}
