package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
)

// A Sender uploads a tape in real time, over and over with times that go on, and remembers when each frame went.
type Sender struct {
	Tape   *Tape
	Client *kvs.Client
	Stream string

	mu   sync.Mutex
	sent []time.Time // by frame, counted from the start: the instant it was handed to the network
}

// Run sends until ctx ends, finishes the fragment and waits for the service's answer. The end of ctx is no error.
func (s *Sender) Run(ctx context.Context) error {
	r, w := io.Pipe()
	put := make(chan error, 1)
	go func() {
		err := s.Client.Put(context.WithoutCancel(ctx), s.Stream, r, func(kvs.Ack) {})
		r.CloseWithError(errors.Join(errors.New("the upload ended"), err))
		put <- err
	}()
	err := s.feed(ctx, w)
	w.Close()
	if answer := <-put; answer != nil {
		return fmt.Errorf("sending to %s: %w", s.Stream, answer)
	}
	return err
}

func (s *Sender) feed(ctx context.Context, w io.Writer) error {
	start := time.Now()
	track := s.Tape.Track
	track.ID = 1
	out := mkv.NewWriter(w, []media.Track{track}, mkv.WriterOptions{Epoch: start, App: "Kinora bench"})
	due := time.NewTimer(0)
	defer due.Stop()
	for i := 0; ; i++ {
		select {
		case <-due.C:
		case <-ctx.Done():
			return out.End()
		}
		p := *s.Tape.Frames[i%len(s.Tape.Frames)]
		p.Track, p.PTS = 1, time.Duration(i)*FrameTime
		p.DTS = p.PTS
		if p.Key {
			if err := s.cut(out, i, p.PTS); err != nil {
				return err
			}
		}
		s.mu.Lock()
		s.sent = append(s.sent, time.Now())
		s.mu.Unlock()
		if err := out.Write(&p); err != nil {
			return err
		}
		due.Reset(time.Until(start.Add(time.Duration(i+1) * FrameTime)))
	}
}

// cut ends the fragment before frame i, if there is one, and begins the next.
func (s *Sender) cut(out *mkv.Writer, i int, pts time.Duration) error {
	if i > 0 {
		if err := out.End(); err != nil {
			return err
		}
	}
	return out.Begin(pts)
}

// Sent returns the instants at which the frames so far were handed to the network, from any goroutine.
func (s *Sender) Sent() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.sent...)
}
