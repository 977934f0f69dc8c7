package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv(asRecorder) != "" {
		exit(runRecorder(os.Stdin, os.Stdout))
		return
	}
	os.Exit(m.Run())
}

// TestShort is the short form of what the program does in 200 runs.
func TestShort(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	dir := t.TempDir()
	program, err := build(dir)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(4) {
		r := run(ctx, options{program: program, media: 20 * time.Second, speed: 10, drain: time.Minute, dir: dir}, 1000+seed)
		t.Logf("seed %d: %d frames in, %d on disk, %d stored, %d repeats suppressed, %d lives, %v", r.seed, r.handed, r.onDisk, r.stored, r.repeats, r.lives, r.faults)
		if r.err != nil {
			t.Errorf("seed %d: %v", r.seed, r.err)
		}
	}
}

// The judge must be able to condemn.
func TestFramesAreKnown(t *testing.T) {
	n := name{Seed: 7, Life: 2, Track: videoTrack, Index: 31}
	b := n.frame()
	if got, err := nameOf(b); got != n || err != nil {
		t.Fatalf("%v, %v, want %v", got, err, n)
	}
	b[len(b)-1] ^= 1
	if _, err := nameOf(b); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("a flipped bit: %v", err)
	}
	if _, err := nameOf(b[:5]); err == nil {
		t.Error("a piece of a frame was taken for one")
	}
}
