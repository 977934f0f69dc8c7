package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"kinora/app"
	"kinora/kvs"
	"kinora/recorder/upload"
)

// account is a KVS client, as the app wants it.
type account struct {
	client                 *kvs.Client
	hub                    *kvs.Hub                // everybody who watches a stream shares one read of it
	sessions               map[app.Access]*kvs.Hub // likewise by HLS or DASH
	id, name, kind, region string
	log                    *slog.Logger
	stun                   []string // URLs
	near                   bool     // calls may stay on this computer

	archives archives
}

func newAccount(id, name, kind, region string, c kvs.Config) *account {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	a := &account{client: kvs.New(c), id: id, name: name, kind: kind, region: region, log: c.Log}
	a.hub = kvs.NewHub(a.client.Live)
	a.sessions = a.newSessions()
	return a
}

func (a *account) ID() string     { return a.id }
func (a *account) Name() string   { return a.name }
func (a *account) Kind() string   { return a.kind }
func (a *account) Region() string { return a.region }

func (a *account) Streams(ctx context.Context) ([]app.Stream, error) {
	streams, err := a.client.Streams(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]app.Stream, 0, len(streams))
	for _, s := range streams {
		list = append(list, app.Stream{Name: s.Name, ARN: s.ARN, MediaType: s.MediaType, Retention: s.Retention, Created: s.Created})
	}
	return list, nil
}

// Create says that the stream will hold H.264, which is what the recorder makes.
func (a *account) Create(ctx context.Context, name string, retention time.Duration) error {
	_, err := a.client.Create(ctx, name, retention, "video/h264")
	return err
}

func (a *account) Delete(ctx context.Context, name string) error { return a.client.Delete(ctx, name) }

func (a *account) LastFragment(ctx context.Context, stream string, since time.Time) (time.Time, bool, error) {
	f, ok, err := a.client.LastFragment(ctx, stream, since)
	return f.Recorded(), ok, err // a backlog that arrives now is not live
}

func (a *account) Owner(ctx context.Context, stream string) (string, error) {
	return a.client.Owner(ctx, stream)
}

func (a *account) Keeps(ctx context.Context, stream string) (bool, error) {
	s, err := a.client.Describe(ctx, stream)
	return s.Retention > 0, err
}

func (a *account) Stored(ctx context.Context, stream string, from, to time.Time) ([]upload.Stored, error) {
	fragments, err := a.client.List(ctx, stream, kvs.ProducerTime, from, to)
	if err != nil {
		return nil, err
	}
	list := make([]upload.Stored, len(fragments))
	for i, f := range fragments {
		list[i] = upload.Stored{Number: f.Number, Producer: f.Producer, Length: f.Length}
	}
	return list, nil
}

func (a *account) Putter(stream string) upload.Putter { return putter{a.client, stream} }

// Uploads is one for AWS, which refuses the newest when there are more.
func (a *account) Uploads() int {
	if a.kind == awsKind {
		return 1
	}
	return 2
}

func (a *account) Classify(err error) upload.Class {
	switch kvs.Classify(err) {
	case kvs.GiveUp:
		return upload.Refused
	case kvs.Reauthenticate:
		return upload.Reauthenticate
	}
	if kvs.IsNetwork(err) {
		return upload.Network
	}
	return upload.Busy
}

func (a *account) Skew(ctx context.Context) (time.Duration, error) { return a.client.Skew(ctx) }

func (a *account) Probe(ctx context.Context, stream string, limit time.Duration, report func(float64)) (float64, error) {
	return a.client.Probe(ctx, stream, limit, report)
}

// putter is PutMedia into one stream.
type putter struct {
	client *kvs.Client
	stream string
}

var ackTypes = map[kvs.AckType]upload.AckType{
	kvs.Buffering: upload.Buffering, kvs.Received: upload.Received, kvs.Persisted: upload.Persisted,
	kvs.Failed: upload.Error, kvs.Idle: upload.Waiting,
}

func (p putter) Put(ctx context.Context, mkv io.Reader, ack func(upload.Ack)) error {
	return p.client.Put(ctx, p.stream, mkv, func(a kvs.Ack) {
		ack(upload.Ack{
			Type: ackTypes[a.Type], Timecode: a.Timecode, Number: a.Number, ErrorID: a.ErrorID, ErrorCode: a.ErrorCode,
		})
	})
}
