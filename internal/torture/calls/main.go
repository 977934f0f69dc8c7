// Calls tortures a call: over a way that loses and delays packets and is cut for a while, by each kind of TURN alone, and again and again. Master, viewer
// and service are processes of their own, with a UDP relay that impairs packets between the viewer and everybody else.
//
//	make build && go run ./internal/torture/calls
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"kinora/internal/caller"
	"kinora/internal/rig"
)

func main() {
	caller.Main()
	span := flag.Duration("for", time.Minute, "how long the way is rough")
	cut := flag.Duration("cut", 10*time.Second, "how long nothing passes")
	cuts := flag.Int("cuts", 3, "how many times")
	calls := flag.Int("calls", 500, "how many are made and ended, one after the other")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := torture(ctx, os.Stdout, *span, *cut, *cuts, *calls)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "calls:", err)
		os.Exit(1)
	}
}

func torture(ctx context.Context, out io.Writer, span, cut time.Duration, cuts, calls int) (err error) {
	dir, err := os.MkdirTemp("", "kinora-calls-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "service")
	kinorad, account, err := rig.Serve(ctx, data)
	if err != nil {
		return err
	}
	defer kinorad.Stop()
	if _, err := account.Client.CreateChannel(ctx, "door", 0); err != nil {
		return err
	}
	job := caller.To(account.Env, "door")
	job.Bits = 2_000_000
	results, err := rough(ctx, job, span, cut, cuts)
	if err != nil {
		return fmt.Errorf("over a rough way: %w", err)
	}
	relayed, err := byTURN(ctx, job)
	if err != nil {
		return err
	}
	left, err := cycles(ctx, job, calls)
	if err != nil {
		return fmt.Errorf("again and again: %w", err)
	}
	return print(out, slices.Concat(results, relayed, left))
}

// result is what was found, with its bar.
type result struct {
	name  string
	value float64
	unit  string
	bar   float64 // at most; 0: there is none
}

// took is a result in milliseconds.
func took(name string, value, bar time.Duration) result {
	return result{name, float64(value.Milliseconds()), "ms", float64(bar.Milliseconds())}
}

func print(out io.Writer, results []result) error {
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "figure\tvalue\tbar\tholds")
	var broken []error
	for _, r := range results {
		bar, holds := "", ""
		if r.bar > 0 {
			bar, holds = fmt.Sprintf("<= %g", r.bar), "yes"
			if r.value > r.bar {
				holds = "NO"
				broken = append(broken, fmt.Errorf("%s: %g %s, which is more than %g", r.name, r.value, r.unit, r.bar))
			}
		}
		fmt.Fprintf(table, "%s\t%.4g %s\t%s\t%s\n", r.name, r.value, r.unit, bar, holds)
	}
	return errors.Join(errors.Join(broken...), table.Flush())
}
