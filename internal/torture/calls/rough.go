package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kinora/internal/caller"
	"kinora/internal/hostile"
)

// The way between the peers that a call has to bear.
var weather = hostile.Weather{Loss: 0.05, Delay: 50 * time.Millisecond, Jitter: 20 * time.Millisecond}

const patience = time.Minute // for anything that has to happen

// rough watches a call over a rough way for a span, and then cuts the viewer's network some times, its signaling too.
func rough(ctx context.Context, job caller.Job, span, cut time.Duration, cuts int) (results []result, err error) {
	service := strings.TrimPrefix(job.Endpoint, "http://")
	way, err := hostile.ListenPackets(service, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, way.Close()) }()
	signaling, err := hostile.Listen(service)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, signaling.Close()) }()
	way.Set(weather)
	master, err := caller.Start(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, master.Stop()) }()
	job.Viewers, job.Relay, job.Protocol, job.TURN, job.Endpoint = 1, true, "udp", way.Addr(), "http://"+signaling.Addr()
	viewer, err := caller.Start(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, viewer.Stop()) }()
	w := &watch{from: viewer}
	if _, err := w.until(ctx, func(caller.Picture) bool { return true }); err != nil {
		return nil, err
	}
	end := time.Now().Add(span)
	all, err := w.until(ctx, func(p caller.Picture) bool { return p.Got.After(end) })
	if err != nil {
		return nil, err
	}
	late, still := latency(all, 95), longest(all)
	results = append(results, took("rough way: latency, 95th percentile", late, 400*time.Millisecond), took("rough way: longest without a picture", still, time.Second),
		took("rough way: latency, median", latency(all, 50), 0))
	for i := range cuts {
		before := all[len(all)-1]
		way.Set(hostile.Weather{Cut: true})
		signaling.HalfOpen()
		select {
		case <-time.After(cut):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if err := signaling.Restore(); err != nil {
			return nil, err
		}
		way.Set(weather)
		back := time.Now()
		if all, err = w.until(ctx, func(p caller.Picture) bool { return p.Captured.After(back) }); err != nil {
			return nil, err
		}
		now := all[len(all)-1]
		if now.Restarts <= before.Restarts && cut > 5*time.Second {
			return nil, fmt.Errorf("cut %d: the way came back without being looked for", i+1)
		}
		results = append(results, took(fmt.Sprintf("back after cut %d of %v", i+1, cut), now.Got.Sub(back), 3*time.Second))
	}
	return results, nil
}

// byTURN makes calls by each kind of TURN alone.
func byTURN(ctx context.Context, job caller.Job) (results []result, err error) {
	master, err := caller.Start(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, master.Stop()) }()
	job.Viewers, job.Relay = 1, true
	for i, protocol := range []string{"udp", "tcp", "tls"} {
		job.Protocol, job.FirstViewer = protocol, i
		viewer, err := caller.Start(ctx, job)
		if err != nil {
			return nil, err
		}
		w := &watch{from: viewer}
		all, err := w.until(ctx, func(p caller.Picture) bool { return p.Relayed })
		if err := errors.Join(err, viewer.Stop()); err != nil {
			return nil, fmt.Errorf("by TURN over %s: %w", protocol, err)
		}
		results = append(results, took("first picture by TURN over "+protocol, all[0].Setup.Pictured, 0))
	}
	return results, nil
}

// watch takes the pictures of a viewer.
type watch struct{ from *caller.Caller }

// until takes pictures up to one, and returns them.
func (w *watch) until(ctx context.Context, done func(caller.Picture) bool) (all []caller.Picture, err error) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case p, ok := <-w.from.Pictures():
			if !ok {
				return all, errors.Join(errors.New("the viewer has ended"), w.from.Stop())
			}
			limit.Reset(patience)
			if all = append(all, p); done(p) {
				return all, nil
			}
		case <-limit.C:
			return all, fmt.Errorf("no picture came for %v", patience)
		case <-ctx.Done():
			return all, ctx.Err()
		}
	}
}

// latency is a percentile of the time from a picture's capture until it was there.
func latency(all []caller.Picture, percent int) time.Duration {
	took := make([]time.Duration, len(all))
	for i, p := range all {
		took[i] = p.Got.Sub(p.Captured)
	}
	slices.Sort(took)
	return took[min(len(took)*percent/100, len(took)-1)]
}

// longest is the longest time between two pictures.
func longest(all []caller.Picture) (d time.Duration) {
	for i := range all[1:] {
		d = max(d, all[i+1].Got.Sub(all[i].Got))
	}
	return d
}
