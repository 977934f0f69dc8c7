package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kinora/internal/caller"
)

func main() {
	caller.Main()
	only := flag.String("only", "", "comma-separated `parts` to measure; all when empty: "+strings.Join(names(), ", "))
	out := flag.String("out", filepath.Join("build", "bench.json"), "write the report to this `file`; nowhere when empty")
	minutes := flag.Float64("minutes", envMinutes(), "how long memory is watched; BENCH_MINUTES is the default of this")
	outage := flag.Duration("outage", time.Minute, "how long the network is away")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *only, *out, setting{memory: time.Duration(*minutes * float64(time.Minute)), outage: *outage})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func envMinutes() float64 {
	if minutes, err := strconv.ParseFloat(os.Getenv("BENCH_MINUTES"), 64); err == nil {
		return minutes
	}
	return 3
}

func names() []string {
	var all []string
	for _, p := range parts {
		all = append(all, p.name)
	}
	return all
}

// run measures the chosen parts one after the other, so that none disturbs another, and no other benchmark does.
func run(ctx context.Context, only, out string, s setting) error {
	chosen := names()
	if only != "" {
		chosen = strings.Split(only, ",")
	}
	for _, name := range chosen {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no part %q; the parts are %s", name, strings.Join(names(), ", "))
		}
	}
	if err := os.MkdirAll("build", 0o755); err != nil {
		return err
	}
	release, err := alone(filepath.Join("build", "bench.lock"))
	if err != nil {
		return err
	}
	err = measureAll(ctx, chosen, out, s)
	return errors.Join(err, release())
}

// measureAll measures parts, prints what was found and writes it to out.
func measureAll(ctx context.Context, chosen []string, out string, s setting) error {
	r := newReport()
	for _, p := range parts {
		if !slices.Contains(chosen, p.name) || ctx.Err() != nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", p.name, p.what)
		before, err1 := loadNow()
		found, err := measure(ctx, p, s)
		after, err2 := loadNow()
		if err = errors.Join(err, err1, err2); err == nil {
			r.Others[p.name] = others(before, after)
		}
		for _, f := range found {
			f.Part = p.name
			r.Figures = append(r.Figures, f)
		}
		if err != nil {
			r.Failures = append(r.Failures, fmt.Sprintf("%s: %v", p.name, err))
		}
	}
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	if out != "" {
		if err := r.save(out); err != nil {
			return err
		}
	}
	if len(r.Failures) > 0 {
		return fmt.Errorf("%d of %d parts could not be measured", len(r.Failures), len(chosen))
	}
	return ctx.Err()
}

// measure runs one part with a directory of its own, which is removed afterwards.
func measure(ctx context.Context, p part, s setting) ([]figure, error) {
	dir, err := os.MkdirTemp("", "kinora-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute+s.memory+10*s.outage)
	defer cancel()
	s.dir = dir
	return p.measure(ctx, s)
}
