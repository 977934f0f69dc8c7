package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// alone waits until no other benchmark runs in this module, for two would measure each other. The returned function
// lets the next one begin.
func alone(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		fmt.Fprintln(os.Stderr, "waiting for another benchmark to end")
		for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
	}
	return f.Close, nil
}

// A load is processor time used so far: by this process and those that it has waited for, and by the whole machine.
type load struct {
	at            time.Time
	ours, machine time.Duration
}

func loadNow() (load, error) {
	l := load{at: time.Now()}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var used syscall.Rusage
		if err := syscall.Getrusage(who, &used); err != nil {
			return load{}, err
		}
		l.ours += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return load{}, err
	}
	l.machine, err = parseBusy(string(stat))
	return l, err
}

// parseBusy returns the time that all processors together were not idle (proc_stat(5)).
func parseBusy(stat string) (time.Duration, error) {
	const user, nice, system, irq, softirq, tick = 1, 2, 3, 6, 7, 10 * time.Millisecond
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) <= softirq || fields[0] != "cpu" {
		return 0, fmt.Errorf("%q is no account of processor time", line)
	}
	var sum time.Duration
	for _, i := range []int{user, nice, system, irq, softirq} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// others returns how many cores other programs used between two loads. All programs of a part have been waited for.
func others(from, to load) float64 {
	return max(0, ((to.machine-from.machine)-(to.ours-from.ours)).Seconds()/to.at.Sub(from.at).Seconds())
}
