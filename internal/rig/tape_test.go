package rig

import (
	"context"
	"os/exec"
	"testing"
)

func TestTapeIsMadeAndKept(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("make deps-test installs what is missing: ", err)
	}
	small, dir := Recipe{640, 360, 500, 4}, t.TempDir()
	for range 2 { // made, then found
		made, err := small.Load(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if made.Track.Width != 640 || made.Track.Height != 360 {
			t.Errorf("the pictures are %dx%d, want 640x360", made.Track.Width, made.Track.Height)
		}
		for i, p := range made.Frames {
			if want := i%KeyFrames == 0; p.Key != want {
				t.Errorf("frame %d: key = %v, want %v", i, p.Key, want)
			}
		}
	}
}
