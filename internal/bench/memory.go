package main

import (
	"context"
	"errors"
	"time"

	"kinora/internal/rig"
)

// measureMemory watches the resident memory of app and embedded service while a tile plays.
func measureMemory(ctx context.Context, s setting) (found []figure, err error) {
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	run, err := rig.Live(ctx, s.dir, rig.SessionOptions{Tape: t, Size: smallWindow, Embedded: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	if _, err := rig.Picture(ctx, run.Screen, run.Kinora); err != nil {
		return nil, err
	}
	var samples []int64
	end := time.Now().Add(s.memory)
	for time.Now().Before(end) {
		if err := rest(ctx, time.Second); err != nil {
			return nil, err
		}
		bytes, err := run.Kinora.Memory()
		if err != nil {
			return nil, err
		}
		samples = append(samples, bytes)
	}
	if len(samples) < 20 {
		return nil, errors.New("memory must be watched for 20 s at least")
	}
	highest, growth := summary(samples)
	return []figure{
		measured("app and service, highest", highest, "MB").atMost(350),
		measured("growth from the second tenth to the last, over "+s.memory.String(), growth, "MB"),
	}, nil
}

// summary returns the highest of the samples and how much the mean of the last tenth lies above that of the second, in
// MB. The first tenth is the start, when everything grows.
func summary(samples []int64) (highest, growth float64) {
	const megabyte = 1e6
	tenth := len(samples) / 10
	early, late := samples[tenth:2*tenth], samples[len(samples)-tenth:]
	for _, s := range samples {
		highest = max(highest, float64(s)/megabyte)
	}
	return highest, (mean(late) - mean(early)) / megabyte
}

func mean(samples []int64) float64 {
	var sum int64
	for _, s := range samples {
		sum += s
	}
	return float64(sum) / float64(len(samples))
}
