package main

import (
	"slices"
	"testing"
	"time"
)

func TestParseBenchmarks(t *testing.T) {
	got := parseBenchmarks(`goos: linux
BenchmarkMailbox-2   	 1000000	       104.5 ns/op	       0 B/op	       0 allocs/op
BenchmarkPipeline/two_tiles-2 	      10	     33300 ns/op	  12.0 late	      64 B/op	       3 allocs/op
PASS
`)
	if want := []benchmark{{"Mailbox", 0}, {"Pipeline/two_tiles", 3}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMetricsOf(t *testing.T) {
	const output = `BenchmarkSkew/GetMedia-2 	       1	34042145097 ns/op	         1.976 median-ms	       25.0 p95-ms
BenchmarkSkew/call 	       1	34042145097 ns/op	         2 median-ms
`
	if got := metricsOf(output, "Skew/GetMedia"); got["median-ms"] != 1.976 || got["p95-ms"] != 25 {
		t.Errorf("got %v", got)
	}
	if got := metricsOf(output, "Skew/call"); got["median-ms"] != 2 {
		t.Errorf("got %v of a machine with one core", got)
	}
	if got := metricsOf(output, "Skew"); got != nil {
		t.Errorf("got %v of another", got)
	}
}

func TestMemorySummary(t *testing.T) {
	var samples []int64
	for i := range 100 {
		samples = append(samples, 100_000_000+int64(i/10)*1_000_000) // 1 MB each tenth
	}
	samples[50] = 300_000_000
	highest, growth := summary(samples)
	if highest != 300 || growth != 8 {
		t.Errorf("highest %v, growth %v; want 300 and 8", highest, growth)
	}
}

func TestOthersAreWhatTheMachineDidBesides(t *testing.T) {
	busy, err := parseBusy("cpu  100 0 50 9999 7 0 10 0 0 0\ncpu0 1 2 3\n")
	if err != nil || busy != 1600*time.Millisecond {
		t.Errorf("busy %v, %v; want 1.6s", busy, err)
	}
	if _, err := parseBusy("intr 5\n"); err == nil {
		t.Error("another file was read")
	}
	start := time.Unix(0, 0)
	from := load{start, time.Second, 10 * time.Second}
	to := load{start.Add(10 * time.Second), 4 * time.Second, 18 * time.Second}
	if got := others(from, to); got != 0.5 {
		t.Errorf("others used %v cores, want 0.5", got)
	}
}
