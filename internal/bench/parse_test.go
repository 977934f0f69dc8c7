package main

import (
	"slices"
	"testing"
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
