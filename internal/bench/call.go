package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"kinora/internal/caller"
	"kinora/internal/rig"
)

// channel is where the calls of a part are made.
const channel = "door"

// exchange is a service with a channel and a master that shows 720p of so many bits a second.
func exchange(ctx context.Context, dir string, bits int) (job caller.Job, master *caller.Caller, stop func() error, err error) {
	kinorad, account, err := rig.Serve(ctx, filepath.Join(dir, "service"))
	if err != nil {
		return job, nil, nil, err
	}
	job = caller.To(account.Env, channel)
	job.Bits, job.Health = bits, true
	if _, err = account.Client.CreateChannel(ctx, channel, 0); err == nil {
		master, err = caller.Start(ctx, job)
	}
	if err != nil {
		kinorad.Stop()
		return job, nil, nil, err
	}
	return job, master, func() error { defer kinorad.Stop(); return master.Stop() }, nil
}

// measureCall takes the time from the beginning of a call, when nothing is known but the channel's name, until its first picture, and
// until each stage in between.
func measureCall(ctx context.Context, s setting) (found []figure, err error) {
	const calls = 30
	job, _, stop, err := exchange(ctx, s.dir, 2_000_000)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	job.Viewers, job.Calls = 1, calls
	all, err := pictures(ctx, job, func(n int, _ caller.Picture) bool { return n == calls })
	if err != nil {
		return nil, err
	}
	stage := func(of func(caller.Setup) time.Duration) float64 {
		took := make([]time.Duration, len(all))
		for i, p := range all {
			took[i] = of(p.Setup)
		}
		return milliseconds(percentile(took, 50))
	}
	return []figure{
		measured("until the offer is sent, median", stage(func(s caller.Setup) time.Duration { return s.Signaled }), "ms"),
		measured("until the answer, median", stage(func(s caller.Setup) time.Duration { return s.Answered }), "ms"),
		measured("until a way is found, median", stage(func(s caller.Setup) time.Duration { return s.Connected }), "ms"),
		measured("until keys are agreed, median", stage(func(s caller.Setup) time.Duration { return s.Secured }), "ms"),
		measured("until the first picture, median", stage(func(s caller.Setup) time.Duration { return s.Pictured }), "ms").atMost(500),
	}, nil
}

// pictures runs viewers until they have had enough.
func pictures(ctx context.Context, job caller.Job, enough func(n int, p caller.Picture) bool) (all []caller.Picture, err error) {
	viewers, err := caller.Start(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, viewers.Stop()) }()
	for {
		select {
		case p, ok := <-viewers.Pictures():
			if !ok {
				return all, errors.New("the viewers have ended")
			}
			if all = append(all, p); enough(len(all), p) {
				return all, nil
			}
		case <-ctx.Done():
			return all, ctx.Err()
		}
	}
}

// measureViewers takes what ten viewers cost their master, and how late their pictures are, beside readers of the same bits by GetMedia.
func measureViewers(ctx context.Context, s setting) (found []figure, err error) {
	const viewers, span, bits = 10, 20 * time.Second, 2_500_000
	job, master, stop, err := exchange(ctx, s.dir, bits)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	job.Viewers = viewers
	var begin, end caller.Health
	seen := make(map[int]bool)
	var took []time.Duration
	_, err = pictures(ctx, job, func(_ int, p caller.Picture) bool {
		seen[p.Viewer] = true
		if len(seen) < viewers {
			return false
		}
		if !begin.At.IsZero() {
			took = append(took, p.Got.Sub(p.Captured))
		}
		select {
		case h := <-master.Health():
			if begin.At.IsZero() {
				begin = h
			}
			end = h
		default:
		}
		return end.At.Sub(begin.At) >= span
	})
	if err != nil {
		return nil, err
	}
	cores := (end.CPU - begin.CPU).Seconds() / end.At.Sub(begin.At).Seconds()
	read, err := readAlike(ctx, filepath.Join(s.dir, "peer"), viewers, span)
	if err != nil {
		return nil, err
	}
	pace := float64(len(took)) / end.At.Sub(begin.At).Seconds() / viewers
	return []figure{
		measured("a master's process, with ten viewers", cores, "cores").atMost(1),
		measured("pictures a second that a viewer has", pace, "1/s"),
		measured("from capture to a viewer, median", milliseconds(percentile(took, 50)), "ms").against("GetMedia", milliseconds(percentile(read, 50))),
		measured("from capture to a viewer, 95th percentile", milliseconds(percentile(took, 95)), "ms").against("GetMedia", milliseconds(percentile(read, 95))),
	}, nil
}

// readAlike takes how late frames are that as many readers get by GetMedia.
func readAlike(ctx context.Context, dir string, readers int, span time.Duration) (took []time.Duration, err error) {
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	kinorad, account, err := rig.Serve(ctx, dir, "gate")
	if err != nil {
		return nil, err
	}
	defer kinorad.Stop()
	sending, stop := context.WithTimeout(ctx, span)
	defer stop()
	sender := &rig.Sender{Tape: t, Client: account.Client, Stream: "gate"}
	sent := make(chan error, 1)
	go func() { sent <- sender.Run(sending) }()
	type read struct {
		all []arrival
		err error
	}
	came := make(chan read)
	for range readers {
		go func() {
			all, err := arrivals(sending, account.Client, "gate")
			came <- read{all, err}
		}()
	}
	var all [][]arrival
	for range readers {
		r := <-came
		err = errors.Join(err, r.err)
		all = append(all, r.all)
	}
	if err := errors.Join(err, <-sent); err != nil {
		return nil, err
	}
	for _, one := range all {
		late, err := forwarding(sender.Sent(), one)
		if err != nil {
			return nil, err
		}
		took = append(took, late...)
	}
	return took, nil
}
