package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"kinora/internal/rig"
	"kinora/kvs"
	"kinora/mkv"
)

// measureForward takes the time from a producer's write of a frame to a reader's read of it. Both live in this process,
// so that one clock measures; between them are two connections and the service.
func measureForward(ctx context.Context, s setting) ([]figure, error) {
	const stream, span = "gate", 20 * time.Second
	t, err := rig.Tape1080.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	kinorad, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), stream)
	if err != nil {
		return nil, err
	}
	defer kinorad.Stop()

	sending, stop := context.WithTimeout(ctx, span)
	defer stop()
	sender := &rig.Sender{Tape: t, Client: account.Client, Stream: stream}
	sent := make(chan error, 1)
	go func() { sent <- sender.Run(sending) }()
	arrived, err := arrivals(sending, account.Client, stream)
	stop()
	if err := errors.Join(err, <-sent); err != nil {
		return nil, err
	}
	took, err := forwarding(sender.Sent(), arrived)
	if err != nil {
		return nil, err
	}
	return []figure{
		measured("frame to a GetMedia reader, median", milliseconds(percentile(took, 50)), "ms").atMost(5),
		measured("frame to a GetMedia reader, 95th percentile", milliseconds(percentile(took, 95)), "ms"),
	}, nil
}

// An arrival is when a frame with a media time came to a reader.
type arrival struct {
	pts time.Duration
	at  time.Time
}

// arrivals follows a stream until ctx ends.
func arrivals(ctx context.Context, client *kvs.Client, stream string) ([]arrival, error) {
	var all []arrival
	body, err := client.GetMedia(ctx, stream, kvs.Start{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	for r := mkv.NewReader(body, mkv.Limits{}); ; {
		_, err := r.Next()
		for err == nil {
			p, e := r.Packet()
			if e == nil {
				all = append(all, arrival{p.PTS, time.Now()})
			} else if err = e; errors.Is(e, io.EOF) {
				break
			}
		}
		if ctx.Err() != nil {
			return all, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return all, err
		}
	}
}

// forwarding matches frames by their media time: frame i has that of frame 0 and i frame times. What was sent before
// the reader got anything had to wait for it, and does not count.
func forwarding(sent []time.Time, arrived []arrival) ([]time.Duration, error) {
	if len(arrived) < rig.FrameRate {
		return nil, fmt.Errorf("only %d frames came to the reader", len(arrived))
	}
	var took []time.Duration
	start := time.Duration(sent[0].UnixMilli()) * time.Millisecond
	for _, a := range arrived {
		i := int((a.pts - start + rig.FrameTime/2) / rig.FrameTime)
		if i < 0 || i >= len(sent) {
			return nil, fmt.Errorf("a frame with the time %v came, which was not sent", a.pts)
		}
		if sent[i].After(arrived[0].at) {
			took = append(took, a.at.Sub(sent[i]))
		}
	}
	return took, nil
}
