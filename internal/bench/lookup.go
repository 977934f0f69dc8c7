package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"kinora/kvs"
	"kinora/media"
)

// measureLookup is what the client makes of a month: fragments found and loaded at random moments, the ones behind them, and the
// overview of all of it. The pictures are tiny, so that nothing but the way to them counts.
func measureLookup(ctx context.Context, s setting) (found []figure, err error) {
	many, err := openPast(ctx, filepath.Join(s.dir, "lookup"), pastMany, time.Now().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	defer many.service.Stop()
	a := many.account.Client.Archive(pastStream, kvs.ArchiveOptions{Clock: kvs.ProducerTime})
	defer a.Close()

	var cold, warm, next []time.Duration
	load := func(at time.Time) (f media.Fragment, took time.Duration, err error) {
		began := time.Now()
		if f, err = a.Find(ctx, at, true); err == nil {
			_, err = a.Load(ctx, f)
		}
		return f, time.Since(began), err
	}
	for range pastAsked {
		at := many.moment()
		f, took, err := load(at)
		if err != nil {
			return nil, fmt.Errorf("at %v: %w", at, err)
		}
		cold = append(cold, took)
		if _, took, err = load(at); err != nil {
			return nil, err
		}
		warm = append(warm, took)
		began := time.Now()
		if _, err = a.Next(ctx, f, true); err != nil {
			return nil, fmt.Errorf("behind %v: %w", f.Start, err)
		}
		next = append(next, time.Since(began))
	}
	for _, q := range []struct {
		name string
		took []time.Duration
	}{
		{"a fragment of a moment nobody has looked at, found and loaded", cold},
		{"the same once more", warm},
		{"the one behind it", next},
	} {
		found = append(found, measured(q.name+", median", milliseconds(percentile(q.took, 50)), "ms"),
			measured(q.name+", 95th percentile", milliseconds(percentile(q.took, 95)), "ms"))
	}

	var first, complete []time.Duration
	for range 20 {
		began, told := time.Now(), false
		err := a.Survey(ctx, many.begin, many.end, 20*time.Minute, func(media.Overview) {
			if !told {
				told = true
				first = append(first, time.Since(began))
			}
		})
		if err != nil {
			return nil, err
		}
		complete = append(complete, time.Since(began))
	}
	return append(found,
		measured("overview of a month, first data, 95th percentile", milliseconds(percentile(first, 95)), "ms").atMost(300),
		measured("overview of a month, complete, 95th percentile", milliseconds(percentile(complete, 95)), "ms").atMost(2000)), nil
}
