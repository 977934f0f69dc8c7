package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"kinora/internal/rig"
)

// skewMost is how far a sound may be from its picture, in milliseconds, before people notice.
const skewMost = 40

// measureSkew runs the benchmark of a camera that flashes and clicks: how far the click, at the device, is from the flash, when that is due on the
// screen, behind a service, decoders and the player.
func measureSkew(ctx context.Context, _ setting) ([]figure, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-tags", "migrated_fynedo", "-run", "^$", "-bench", "^BenchmarkSkew$", "-benchtime", "1x", "./cmd/kinora")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go test ./cmd/kinora: %w: %s", err, rig.LastLine(out))
	}
	stream, call := metricsOf(string(out), "Skew/GetMedia"), metricsOf(string(out), "Skew/call")
	if stream == nil || call == nil {
		return nil, errors.New("./cmd/kinora has no benchmark Skew of GetMedia and of a call")
	}
	return []figure{
		measured("a call: from a flash to its click, median", call["median-ms"], "ms").against("GetMedia", stream["median-ms"]),
		measured("a call: from a flash to its click, 95th percentile", call["p95-ms"], "ms").atMost(skewMost),
		measured("GetMedia: from a flash to its click, 95th percentile", stream["p95-ms"], "ms").atMost(skewMost),
	}, nil
}

// metricsOf reads what a benchmark reports, by unit, from what go test prints; nil when it is not there.
func metricsOf(output, name string) map[string]float64 {
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0]+"-", "Benchmark"+name+"-") {
			continue
		}
		found := make(map[string]float64)
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				found[fields[i+1]] = value
			}
		}
		return found
	}
	return nil
}
