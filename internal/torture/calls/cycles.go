package main

import (
	"context"
	"errors"
	"fmt"

	"kinora/internal/caller"
)

const (
	abreast  = 2 // viewers that call at the same time
	settling = 4 // words of the master's on its health, of which the least counts
)

// cycles makes calls that end with their first picture, and says what they have left behind in the master. What the first calls made for
// all later ones is not counted.
func cycles(ctx context.Context, job caller.Job, calls int) (results []result, err error) {
	job.Health = true
	master, err := caller.Start(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, master.Stop()) }()
	if err := callAgain(ctx, job, max(2, calls/10)); err != nil {
		return nil, err
	}
	before, err := health(ctx, master)
	if err != nil {
		return nil, err
	}
	if err := callAgain(ctx, job, calls); err != nil {
		return nil, err
	}
	after, err := health(ctx, master)
	if err != nil {
		return nil, err
	}
	grown := float64(int64(after.Heap)-int64(before.Heap)) / (1 << 20)
	return []result{
		{fmt.Sprintf("goroutines more after %d calls", calls), float64(after.Goroutines - before.Goroutines), "", 2},
		{fmt.Sprintf("memory more after %d calls", calls), grown, "MB", 2},
	}, nil
}

// callAgain makes calls and waits for their pictures.
func callAgain(ctx context.Context, job caller.Job, calls int) (err error) {
	job.Viewers, job.Calls = abreast, calls/abreast
	viewers, err := caller.Start(ctx, job)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, viewers.Stop()) }()
	n := 0
	w := &watch{from: viewers}
	_, err = w.until(ctx, func(caller.Picture) bool { n++; return n == job.Viewers*job.Calls })
	return err
}

// health is the least of some words of a process.
func health(ctx context.Context, c *caller.Caller) (least caller.Health, err error) {
	for i := range settling {
		select {
		case h := <-c.Health():
			if i == 0 {
				least = h
			}
			least.Goroutines, least.Heap = min(least.Goroutines, h.Goroutines), min(least.Heap, h.Heap)
		case <-ctx.Done():
			return least, ctx.Err()
		}
	}
	return least, nil
}
