package localkvs_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/kvs"
	"kinora/localkvs"
	"kinora/media"
	"kinora/mkv"
)

// clientOf is Kinora's own client of a server.
func clientOf(t *testing.T, server *localkvs.Server) *kvs.Client {
	t.Helper()
	keys, roots := server.Credentials(), x509.NewCertPool()
	roots.AppendCertsFromPEM(server.CA())
	c := kvs.New(kvs.Config{
		Endpoint: server.Endpoint(), Region: "us-east-1", CA: roots,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""),
	})
	t.Cleanup(c.Close)
	return c
}

// deadline is the context of a test.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// createStream makes a stream that keeps its fragments for some hours.
func createStream(t *testing.T, c *kvs.Client, name string, hours int) {
	t.Helper()
	if _, err := c.Create(deadline(t), name, time.Duration(hours)*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
}

// upload is a PutMedia connection that a test drives.
type upload struct {
	t    *testing.T
	body *io.PipeWriter
	w    *mkv.Writer
	acks chan kvs.Ack
	done chan error
}

var textTrack = []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text}}

func startUpload(t *testing.T, c *kvs.Client, stream string, epoch time.Time) *upload {
	t.Helper()
	r, w := io.Pipe()
	u := &upload{t: t, body: w, w: mkv.NewWriter(w, textTrack, mkv.WriterOptions{Epoch: epoch}), acks: make(chan kvs.Ack, 1000), done: make(chan error, 1)}
	ctx := deadline(t)
	go func() {
		err := c.Put(ctx, stream, r, func(a kvs.Ack) { u.acks <- a })
		_ = r.CloseWithError(errors.New("the upload has ended")) // never fails
		close(u.acks)
		u.done <- err
	}()
	t.Cleanup(func() { _ = w.Close() }) // never fails
	return u
}

// fragment sends the start of a fragment and one frame of some bytes. An upload that has ended is no failure here.
func (u *upload) fragment(at time.Duration, size int) {
	if err := u.w.Begin(at); err == nil {
		u.frame(at, size)
	}
}

func (u *upload) frame(at time.Duration, size int) {
	data := make([]byte, size)
	copy(data, strconv.FormatInt(int64(at), 10))
	_ = u.w.Write(&media.Packet{Track: 1, PTS: at, DTS: at, Key: true, Data: data}) // the acknowledgements tell
}

// wait reads acknowledgements until one of a type, and returns it.
func (u *upload) wait(kind kvs.AckType) kvs.Ack {
	u.t.Helper()
	for a := range u.acks {
		if a.Type == kind {
			return a
		}
	}
	u.t.Fatalf("the upload ended (%v) without the acknowledgement", <-u.done)
	return kvs.Ack{}
}

// wantError waits for the upload to end with an ERROR acknowledgement.
func (u *upload) wantError(id int) {
	u.t.Helper()
	var refused *kvs.AckError
	if err := <-u.done; !errors.As(err, &refused) || refused.Ack.ErrorID != id {
		u.t.Errorf("the upload ended with %v, want ERROR %d", err, id)
	}
}

// fragments lists what a stream keeps.
func fragments(t *testing.T, c *kvs.Client, stream string) []kvs.Fragment {
	t.Helper()
	list, err := c.List(deadline(t), stream, kvs.ServerTime, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return list
}
