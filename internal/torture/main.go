package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"
)

// asRecorder in the environment makes the program the recorder of a run.
const asRecorder = "KINORA_TORTURE_RECORDER"

func main() {
	if os.Getenv(asRecorder) != "" {
		exit(runRecorder(os.Stdin, os.Stdout))
		return
	}
	runs := flag.Int("runs", 200, "how many `runs`")
	first := flag.Uint64("seed", 1, "seed of the first run; the others follow")
	length := flag.Duration("media", 30*time.Second, "media time that is recorded in each run")
	speed := flag.Float64("speed", 10, "how much faster than the wall clock media time passes")
	abreast := flag.Int("abreast", 4, "runs at the same time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(torture(ctx, os.Stdout, *runs, *first, *abreast, options{media: *length, speed: *speed, drain: 2 * time.Minute}))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

// torture makes the runs and prints a line for each, and the sums.
func torture(ctx context.Context, out io.Writer, runs int, first uint64, abreast int, o options) error {
	var err error
	o.dir, err = filepath.Abs(filepath.Join("build", "torture"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	if o.program, err = build(o.dir); err != nil {
		return err
	}
	results := make(chan result)
	go func() {
		defer close(results)
		var group errgroup.Group
		group.SetLimit(abreast)
		for i := range runs {
			group.Go(func() error {
				if ctx.Err() == nil {
					results <- run(ctx, o, first+uint64(i))
				}
				return nil
			})
		}
		_ = group.Wait() // results have the errors
	}()
	return report(out, results, runs)
}

// report prints results as they come.
func report(out io.Writer, results <-chan result, runs int) error {
	table := tabwriter.NewWriter(out, 9, 8, 1, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "seed\tframes in\ton disk\tstored\tevicted\trepeats\tlives\tseconds\t ")
	var sum result
	failed, done := 0, 0
	for r := range results {
		verdict := "ok"
		if r.err != nil {
			verdict = fmt.Sprintf("FAILED: %v; faults %v", r.err, r.faults)
			failed++
		}
		fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\t %s\n", r.seed, r.handed, r.onDisk, r.stored, r.excused, r.repeats, r.lives, r.duration.Seconds(), verdict)
		if err := table.Flush(); err != nil {
			return err
		}
		done++
		sum.handed, sum.onDisk, sum.stored = sum.handed+r.handed, sum.onDisk+r.onDisk, sum.stored+r.stored
		sum.excused += r.excused
		sum.repeats, sum.lives = sum.repeats+r.repeats, sum.lives+r.lives
	}
	fmt.Fprintf(out, "%d runs: %d frames in, %d of them on disk, %d stored and %d evicted, none of those missing or doubled in the runs that are ok; %d repeats suppressed; %d lives\n",
		done, sum.handed, sum.onDisk, sum.stored, sum.excused, sum.repeats, sum.lives)
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d runs failed", failed, done)
	case done < runs:
		return fmt.Errorf("%d of %d runs were made", done, runs)
	}
	return nil
}
