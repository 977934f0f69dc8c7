package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// fault is something that happens to the network or to a process, and how long it lasts.
type fault struct {
	at   time.Duration // wall time since the run began
	kind string
	last time.Duration
}

// The kinds of fault.
const (
	cut          = "cut"       // connections close, new ones are refused
	reset        = "reset"     // all connections are reset, once
	delay        = "delay"     // 100 ms and as much jitter
	throttle     = "throttle"  // less than the camera gives
	freeze       = "half-open" // nothing goes through, nobody is told
	killRecorder = "kill -9 recorder"
	killService  = "kill -9 service"
)

func (f fault) String() string {
	if f.last == 0 {
		return fmt.Sprintf("%.2fs %s", f.at.Seconds(), f.kind)
	}
	return fmt.Sprintf("%.2fs %s for %.2fs", f.at.Seconds(), f.kind, f.last.Seconds())
}

// faultsOf returns the faults of a run of some length, in order: always both kills, and four to eight more.
func faultsOf(random *rand.Rand, length time.Duration) []fault {
	kinds := []string{killRecorder, killService}
	for range 4 + random.IntN(5) {
		kinds = append(kinds, []string{cut, cut, reset, delay, throttle, freeze, killRecorder, killService}[random.IntN(8)])
	}
	var list []fault
	for _, kind := range kinds {
		f := fault{kind: kind, at: time.Duration(random.Int64N(int64(length)))}
		switch kind {
		case cut, delay, throttle, freeze:
			f.last = length/20 + time.Duration(random.Int64N(int64(length/4)))
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b fault) int { return int(a.at - b.at) })
	return list
}
