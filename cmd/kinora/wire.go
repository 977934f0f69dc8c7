package main

import (
	"context"
	"io"
	"time"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/kvs"
	"kinora/media"
	"kinora/player"
	"kinora/recorder"
)

// decoders are FFmpeg's, as the player wants them.
type decoders struct{}

func (decoders) Video(t media.Track) (player.VideoDecoder, error) {
	d, err := ffmpeg.Codecs{}.Video(t)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// account is a KVS client, as the app wants it.
type account struct {
	client             *kvs.Client
	name, kind, region string
}

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
	return f.Server, ok, err
}

func (a *account) Live(stream string) media.Opener { return a.client.Live(stream) }

func (a *account) Putter(stream string) recorder.Putter { return putter{a.client, stream} }

func (a *account) GiveUp(err error) bool { return kvs.Classify(err) == kvs.GiveUp }

func (a *account) SignedOut(err error) bool { return kvs.Classify(err) == kvs.Reauthenticate }

// putter is PutMedia into one stream.
type putter struct {
	client *kvs.Client
	stream string
}

var ackTypes = map[kvs.AckType]recorder.AckType{
	kvs.Buffering: recorder.Buffering, kvs.Received: recorder.Received, kvs.Persisted: recorder.Persisted,
	kvs.Failed: recorder.Error, kvs.Idle: recorder.Waiting,
}

func (p putter) Put(ctx context.Context, mkv io.Reader, ack func(recorder.Ack)) error {
	return p.client.Put(ctx, p.stream, mkv, func(a kvs.Ack) {
		ack(recorder.Ack{
			Type: ackTypes[a.Type], Timecode: a.Timecode, Number: a.Number, ErrorID: a.ErrorID, ErrorCode: a.ErrorCode,
		})
	})
}
