package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"kinora/internal/hostile"
	"kinora/internal/rig"
	"kinora/kvs"
)

const (
	outageLine   = 2_000_000 // bytes a second of the network
	outageBefore = 10 * time.Second
)

// measureOutage records 4 Mb/s over a line of 16 Mb/s that goes away, and watches memory meanwhile. When it is back, what counts is when a
// viewer sees the present again, and how fast the past fills in.
func measureOutage(ctx context.Context, s setting) (found []figure, err error) {
	tape, err := rig.Tape1080.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	service, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), recordStream)
	if err != nil {
		return nil, err
	}
	defer service.Stop()
	direct, err := url.Parse(account.Endpoint)
	if err != nil {
		return nil, err
	}
	network, err := hostile.Listen(direct.Host)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, network.Close()) }()
	network.Throttle(outageLine)
	kinora, err := record(ctx, s.dir, "http://"+network.Addr(), account, "--source", "loop:"+tape.Path, "--quality", "copy")
	if err != nil {
		return nil, err
	}
	defer kinora.Stop()
	if err := rest(ctx, outageBefore); err != nil {
		return nil, err
	}
	before, err := kinora.Memory()
	if err != nil {
		return nil, err
	}
	network.Cut()
	cut := time.Now()
	highest, err := watchMemory(ctx, kinora, s.outage)
	if err != nil {
		return nil, err
	}
	if err := network.Rejoin(); err != nil {
		return nil, err
	}
	back := time.Now()
	live, err := present(ctx, account.Client, back)
	if err != nil {
		return nil, err
	}
	bytes, err := filled(ctx, account.Client, cut, back)
	if err != nil {
		return nil, errors.Join(err, kinora.Running())
	}
	after, err := kinora.Memory()
	if err != nil {
		return nil, err
	}
	speed := float64(bytes) / time.Since(back).Seconds()
	const megabyte = 1e6
	return []figure{
		measured("memory of the recorder before an outage of "+s.outage.String(), float64(before)/megabyte, "MB"),
		measured("growth until its end", float64(highest-before)/megabyte, "MB"),
		measured("growth after the backlog was sent", float64(after-before)/megabyte, "MB"),
		measured("live edge seen after the network's return", live.Seconds(), "s").atMost(2),
		measured("upload of backlog and live edge", 8*speed/1e6, "Mb/s").against("the line", 8*outageLine/1e6).atLeast(0.8),
	}, nil
}

// watchMemory returns a process' highest resident memory over a time.
func watchMemory(ctx context.Context, p *rig.Process, d time.Duration) (highest int64, err error) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := rest(ctx, min(time.Second, time.Until(end))); err != nil {
			return 0, err
		}
		bytes, err := p.Memory()
		if err != nil {
			return 0, err
		}
		highest = max(highest, bytes)
	}
	return highest, nil
}

// present waits for the first frame that a viewer gets within half a second of its capture, and returns how long after back that was.
func present(ctx context.Context, client *kvs.Client, back time.Time) (time.Duration, error) {
	for ctx.Err() == nil {
		watching, stop := context.WithTimeout(ctx, time.Since(back)+time.Second)
		arrived, err := arrivals(watching, client, recordStream)
		stop()
		if err != nil {
			return 0, err
		}
		for _, a := range arrived {
			if a.at.Sub(time.Unix(0, int64(a.pts))) < 500*time.Millisecond && a.at.After(back) {
				return a.at.Sub(back), nil
			}
		}
		if time.Since(back) > time.Minute {
			return 0, errors.New("a minute after the network's return no viewer sees the present")
		}
	}
	return 0, context.Cause(ctx)
}

// filled waits until the stream has no gap between two times, and returns how many bytes arrived since the second.
func filled(ctx context.Context, client *kvs.Client, from, to time.Time) (bytes int64, err error) {
	for {
		list, err := client.List(ctx, recordStream, kvs.ProducerTime, from.Add(-5*time.Second), time.Now())
		if err != nil {
			return 0, err
		}
		var gap time.Duration
		bytes = 0
		end := from.Add(-5 * time.Second)
		for _, f := range list {
			if f.Producer.Before(to) {
				gap = max(gap, f.Producer.Sub(end))
			}
			end = f.Producer.Add(f.Length)
			if f.Server.After(to) {
				bytes += f.Size
			}
		}
		if len(list) > 0 && gap < 3*time.Second && end.After(to) {
			return bytes, nil
		}
		if time.Since(to) > 5*time.Minute+10*to.Sub(from) {
			return 0, fmt.Errorf("the stream still has a gap of %v", gap)
		}
		if err := rest(ctx, 250*time.Millisecond); err != nil {
			return 0, err
		}
	}
}
