// Calls tortures a call: over a way that loses and delays packets and is cut for a while, and by each kind of TURN alone. Master, viewer
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
	"strings"
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
	times := flag.Int("cuts", 3, "how many times")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := torture(ctx, os.Stdout, *span, *cut, *times)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "calls:", err)
		os.Exit(1)
	}
}

func torture(ctx context.Context, out io.Writer, span, cut time.Duration, cuts int) (err error) {
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
	job := caller.Job{Endpoint: account.Endpoint, Channel: "door", Bits: 2_000_000}
	for _, value := range account.Env {
		name, value, _ := strings.Cut(value, "=")
		switch name {
		case "AWS_ACCESS_KEY_ID":
			job.Key = value
		case "AWS_SECRET_ACCESS_KEY":
			job.Secret = value
		case "AWS_CA_BUNDLE":
			job.CA = value
		}
	}
	results, err := rough(ctx, job, span, cut, cuts)
	if err != nil {
		return err
	}
	relayed, err := byTURN(ctx, job)
	if err != nil {
		return err
	}
	return print(out, append(results, relayed...))
}

// result is what was found, with its bar.
type result struct {
	name  string
	value time.Duration
	bar   time.Duration // at most; 0: there is none
}

func print(out io.Writer, results []result) error {
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "figure\tvalue\tbar\tholds")
	var broken []error
	for _, r := range results {
		bar, holds := "", ""
		if r.bar > 0 {
			bar, holds = "<= "+r.bar.String(), "yes"
			if r.value > r.bar {
				holds = "NO"
				broken = append(broken, fmt.Errorf("%s: %v, which is more than %v", r.name, r.value.Round(time.Millisecond), r.bar))
			}
		}
		fmt.Fprintf(table, "%s\t%v\t%s\t%s\n", r.name, r.value.Round(time.Millisecond), bar, holds)
	}
	return errors.Join(errors.Join(broken...), table.Flush())
}
