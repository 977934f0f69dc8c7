package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"kinora/internal/rig"
)

// The benchmarks whose operation is one frame on its way to the screen. Another may allocate.
var perFrame = []struct{ pkg, pattern string }{
	{"./player", "."},
	{"./ui", "Frame"},
}

// measureAllocs runs the benchmarks of what happens for each frame.
func measureAllocs(ctx context.Context, _ setting) ([]figure, error) {
	var found []figure
	var failed error
	for _, b := range perFrame {
		cmd := exec.CommandContext(ctx, "go", "test", "-tags", "migrated_fynedo", "-run", "^$", "-bench", b.pattern, "-benchmem", "-benchtime", "1s", b.pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		results := parseBenchmarks(string(out))
		for _, r := range results {
			found = append(found, measured(b.pkg+" "+r.name, r.allocs, "allocs").atMost(0))
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("go test %s: %w: %s", b.pkg, err, rig.LastLine(out)))
		} else if len(results) == 0 {
			failed = errors.Join(failed, fmt.Errorf("%s has no benchmark %q", b.pkg, b.pattern))
		}
	}
	return found, failed
}

type benchmark struct {
	name   string
	allocs float64 // each operation
}

// parseBenchmarks reads the lines that go test -benchmem prints.
func parseBenchmarks(output string) []benchmark {
	var all []benchmark
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "Benchmark") || fields[len(fields)-1] != "allocs/op" {
			continue
		}
		if allocs, err := strconv.ParseFloat(fields[len(fields)-2], 64); err == nil {
			name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
			all = append(all, benchmark{name, allocs})
		}
	}
	return all
}
