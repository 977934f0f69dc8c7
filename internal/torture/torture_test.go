package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/recorder/spool"
)

func TestMain(m *testing.M) {
	if os.Getenv(asRecorder) != "" {
		exit(runRecorder(os.Stdin, os.Stdout))
		return
	}
	os.Exit(m.Run())
}

// TestShort is the short form of what the program does in 200 runs: both orders with both numbers of connections.
func TestShort(t *testing.T) {
	dir := t.TempDir()
	program, err := build(dir)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			r := run(ctx, options{program: program, media: 15 * time.Second, speed: 10, drain: 2 * time.Minute, dir: dir}, seed)
			t.Logf("%d frames in, %d on disk, %d stored, %d evicted, %d repeats suppressed, %d lives, %v",
				r.handed, r.onDisk, r.stored, r.excused, r.repeats, r.lives, r.faults)
			if r.err != nil {
				t.Error(r.err)
			}
		})
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

// What is missing is excused only where and when the spool says so.
func TestExcuses(t *testing.T) {
	e := excuses{2: {{From: time.Second, To: 2 * time.Second, Stage: spool.Evicted}}}
	for at, want := range map[time.Duration]bool{500 * time.Millisecond: false, time.Second: true, 1900 * time.Millisecond: true, 3 * time.Second: false} {
		if e.covers(2, at) != want || e.covers(1, at) {
			t.Errorf("at %v: %v", at, !want)
		}
	}
}

// A clock that is set takes the frames behind it along, and the recording only forward.
func TestClocks(t *testing.T) {
	c := clock{epoch: dawn, jump: 30, by: -time.Hour}
	if got := c.at(30); !got.Equal(dawn.Add(30*frameTime - time.Hour)) {
		t.Errorf("set back: %v", got)
	}
	if got := c.media(30); got != 30*frameTime {
		t.Errorf("set back, the recording is at %v", got)
	}
	c.by = time.Hour
	if got := c.media(30); got != 30*frameTime+time.Hour || c.at(29) != dawn.Add(29*frameTime) {
		t.Errorf("set forward: %v", got)
	}
}

// A recorder may be killed before it has written anything.
func TestNothingOnDisk(t *testing.T) {
	c := counts{}
	if err := onDisk(filepath.Join(t.TempDir(), "spool"), c); err != nil || c.total() != 0 {
		t.Errorf("%v, %v", c, err)
	}
}
