package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"kinora/internal/rig"
)

// four are the streams of withFour, in the order of the list.
var four = []string{"dock", "gate", "roof", "yard"}

// withFour starts Kinora with a kinorad that has four streams, to each of which a small tape is sent.
func withFour(ctx context.Context, s *stage) error {
	service, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), four...)
	if err != nil {
		return err
	}
	s.service, s.account = service, account
	s.ends = append(s.ends, func() error {
		service.Stop()
		return nil
	})
	tape, err := rig.Recipe{Width: 640, Height: 360, Kilobits: 600, Seconds: 20}.Load(ctx, rig.Dir)
	if err != nil {
		return err
	}
	sending, stop := context.WithCancel(ctx)
	sent := make(chan error, len(four))
	for _, stream := range four {
		sender := &rig.Sender{Tape: tape, Client: account.Client, Stream: stream}
		go func() { sent <- sender.Run(sending) }()
	}
	s.ends = append(s.ends, func() (err error) {
		stop()
		for range four {
			err = errors.Join(err, <-sent)
		}
		return err
	})
	return s.open(ctx, account.Env, "--endpoint", account.Endpoint)
}

// withGap is withService with a sender that pauses for a while in the middle of what it sends.
func withGap(ctx context.Context, s *stage) error {
	account, err := s.serve(ctx)
	if err != nil {
		return err
	}
	if err := s.send(ctx, account); err != nil {
		return err
	}
	if err := after(12*time.Second, stopSender)(ctx, s); err != nil {
		return err
	}
	s.marked = time.Now()
	return after(20*time.Second, func(ctx context.Context, s *stage) error {
		if err := s.send(ctx, account); err != nil {
			return err
		}
		return s.open(ctx, account.Env, "--endpoint", account.Endpoint)
	})(ctx, s)
}

// follow opens a link to streams of the service as another program does: in the window that runs. at is the moment, counted from
// the present, or live when it is zero.
func follow(at time.Duration, streams ...string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		if at == 0 {
			return s.follow(ctx, time.Time{}, streams...)
		}
		return s.follow(ctx, time.Now().Add(at), streams...)
	}
}

// followMark is follow to a while behind the moment that the stage remembers.
func followMark(after time.Duration, stream string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error { return s.follow(ctx, s.marked.Add(after), stream) }
}

func (s *stage) follow(ctx context.Context, at time.Time, streams ...string) error {
	u, err := url.Parse(s.account.Endpoint)
	if err != nil {
		return err
	}
	link := "kinora://" + url.PathEscape(u.Host) + "/" + strings.Join(streams, ",")
	if !at.IsZero() {
		link += "@" + at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	cmd := exec.CommandContext(ctx, filepath.Join("build", "kinora"), "open", "--data", filepath.Join(s.dir, "kinora"), link)
	cmd.Env = s.screen.Env("HOME=" + s.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("opening %s: %w: %s", link, err, out)
	}
	return nil
}
