package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/kvs"
	"kinora/media"
	"kinora/recorder"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

// recorderOptions is what a recorder process is told, as JSON on its standard input.
type recorderOptions struct {
	Endpoint, Key, Secret string
	Spool, Ledger         string
	Seed                  uint64
	Life                  uint32
	Frames                uint32
	Speed                 float64
	Order                 upload.Order
	Connections           int
	Drain                 time.Duration // after the last frame
	MaxBytes              int64         // of the spool; 0: it keeps all
	Full                  bool          // the disk is
}

// recorderResult is what it says on its standard output when it ends by itself.
type recorderResult struct {
	Repeats, Rejected, Reconnects int
	Evicted                       int
}

var target = spool.Target{Account: "torture", Stream: streamName}

// runRecorder records one life and sends all that the spool holds.
func runRecorder(in io.Reader, out io.Writer) error {
	var o recorderOptions
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, cancel := context.WithTimeout(context.Background(), o.Drain+time.Duration(float64(o.Frames)*float64(frameTime)/o.Speed))
	defer cancel()
	floor := int64(-1)
	if o.Full {
		floor = math.MaxInt64
	}
	s, err := spool.Open(o.Spool, spool.Options{MaxBytes: o.MaxBytes, Floor: floor, Log: log})
	if err != nil {
		return err
	}
	client := kvs.New(kvs.Config{Endpoint: o.Endpoint, Region: "us-east-1", Log: log,
		Credentials: credentials.NewStaticCredentialsProvider(o.Key, o.Secret, "")})
	u := upload.New(upload.Options{
		Spool: s, Target: target, Put: putter{client}, Classify: classify, Stored: stored(client), Keeps: keeps(client),
		Order: o.Order, Connections: o.Connections, Log: log,
	})
	uploading, stop := context.WithCancel(ctx)
	uploaded := make(chan error, 1)
	go func() { uploaded <- u.Run(uploading) }()
	err = record(ctx, s, o, log)
	if o.Full && errors.Is(err, spool.ErrFull) {
		err = nil
	}
	if err == nil {
		err = u.Drain(ctx)
	}
	stop()
	err = errors.Join(err, <-uploaded)
	state := u.State()
	result := recorderResult{Repeats: state.Repeats, Rejected: state.Rejected, Reconnects: state.Reconnects, Evicted: s.Usage().Evicted}
	return errors.Join(err, s.Close(), json.NewEncoder(out).Encode(result))
}

const takeName = "life %d"

// record takes the camera to its end.
func record(ctx context.Context, s *spool.Spool, o recorderOptions, log *slog.Logger) error {
	in := recorder.NewIntake(recorder.IntakeOptions{
		Open:           func(context.Context) (media.Source, error) { return newCamera(o) },
		FragmentLength: time.Second,
		Log:            log,
	})
	if _, err := in.Begin(s, target, spool.About{Name: fmt.Sprintf(takeName, o.Life)}); err != nil {
		return err
	}
	if err := in.Run(ctx); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

// putter is PutMedia, as the uploader wants it.
type putter struct{ client *kvs.Client }

var ackTypes = map[kvs.AckType]upload.AckType{
	kvs.Buffering: upload.Buffering, kvs.Received: upload.Received, kvs.Persisted: upload.Persisted,
	kvs.Failed: upload.Error, kvs.Idle: upload.Waiting,
}

func (p putter) Put(ctx context.Context, mkv io.Reader, ack func(upload.Ack)) error {
	return p.client.Put(ctx, streamName, mkv, func(a kvs.Ack) {
		ack(upload.Ack{Type: ackTypes[a.Type], Timecode: a.Timecode, Number: a.Number, ErrorID: a.ErrorID, ErrorCode: a.ErrorCode})
	})
}

func classify(err error) upload.Class {
	switch class := kvs.Classify(err); {
	case kvs.IsNetwork(err):
		return upload.Network
	case class == kvs.Reauthenticate:
		return upload.Reauthenticate
	case class == kvs.GiveUp:
		return upload.Refused
	}
	return upload.Busy
}

func keeps(client *kvs.Client) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		s, err := client.Describe(ctx, streamName)
		return s.Retention > 0, err
	}
}

func stored(client *kvs.Client) func(context.Context, time.Time, time.Time) ([]upload.Stored, error) {
	return func(ctx context.Context, from, to time.Time) ([]upload.Stored, error) {
		list, err := client.List(ctx, streamName, kvs.ProducerTime, from, to)
		if err != nil {
			return nil, err
		}
		out := make([]upload.Stored, len(list))
		for i, f := range list {
			out[i] = upload.Stored{Number: f.Number, Producer: f.Producer, Length: f.Length}
		}
		return out, nil
	}
}
