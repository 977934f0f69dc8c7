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
	cut      = "cut"       // connections close, new ones are refused
	reset    = "reset"     // all connections are reset, once
	delay    = "delay"     // 100 ms and as much jitter
	throttle = "throttle"  // less than the camera gives
	freeze   = "half-open" // nothing goes through, nobody is told

	killRecorder      = "kill -9 recorder"
	killRecorderTwice = "kill -9 recorder, again while it recovers" // after last
	killService       = "kill -9 service"
	killServiceTwice  = "kill -9 service, again when it serves"
	killBoth          = "kill -9 both"
	fillDisk          = "kill -9 recorder, its disk is full" // for all of the next life
)

func (f fault) String() string {
	if f.last == 0 {
		return fmt.Sprintf("%.2fs %s", f.at.Seconds(), f.kind)
	}
	return fmt.Sprintf("%.2fs %s for %.2fs", f.at.Seconds(), f.kind, f.last.Seconds())
}

// faultsOf returns the faults of a run of some length, in order: two to five of the network, one at a time, and meanwhile always
// both kills and up to three more of the processes, half of them while the network fails.
func faultsOf(random *rand.Rand, length time.Duration) (network, processes []fault) {
	within := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
	for range 2 + random.IntN(4) {
		f := fault{at: within(length), kind: []string{cut, cut, reset, delay, throttle, freeze, freeze}[random.IntN(7)]}
		if f.kind != reset {
			f.last = length/20 + within(length/4)
		}
		network = append(network, f)
	}
	kinds := []string{killRecorder, killService}
	for range random.IntN(4) {
		kinds = append(kinds, []string{killRecorder, killRecorderTwice, killService, killServiceTwice, killBoth, fillDisk}[random.IntN(6)])
	}
	for _, kind := range kinds {
		f := fault{at: within(length), kind: kind}
		if during := network[random.IntN(len(network))]; random.IntN(2) == 0 && during.last > 0 {
			f.at = during.at + within(during.last)
		}
		if kind == killRecorderTwice {
			f.last = within(200 * time.Millisecond)
		}
		processes = append(processes, f)
	}
	for _, list := range [][]fault{network, processes} {
		slices.SortFunc(list, func(a, b fault) int { return int(a.at - b.at) })
	}
	return network, processes
}
