package xscreen

import (
	"context"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kinora/internal/leak"
)

func TestScreenShowsWhatIsDrawn(t *testing.T) {
	d := display(t)
	before, err := d.Image()
	if err != nil {
		t.Fatal(err)
	}
	window := exec.Command("ffplay", "-loglevel", "error", "-x", "200", "-y", "100", "-left", "50", "-top", "40", "-noborder",
		"-f", "lavfi", "-i", "color=red:size=200x100")
	window.Env = d.Env("SDL_AUDIODRIVER=dummy")
	if err := window.Start(); err != nil {
		t.Skip("ffplay, which draws the test's window, is missing: ", err)
	}
	t.Cleanup(func() {
		if err := window.Process.Kill(); err != nil {
			t.Error(err)
		}
		if err := window.Wait(); err == nil {
			t.Error("a killed program ended well")
		}
	})

	pixel := make([]byte, 4)
	await(t, func() bool {
		if err := d.Row(pixel, 150, 90); err != nil {
			t.Fatal(err)
		}
		return pixel[2] > 200 && pixel[1] < 60 && pixel[0] < 60 // blue, green, red
	})
	after, err := d.Image()
	if err != nil {
		t.Fatal(err)
	}
	if share := Changed(before, after); share < 0.04 || share > 0.09 { // 200x100 of 640x480 is 0.065
		t.Errorf("%.3f of the screen changed, want about 0.065", share)
	}
	if share := Changed(after, after); share != 0 {
		t.Errorf("%.3f of a picture differ from itself", share)
	}
}

func TestSaveWritesAPicture(t *testing.T) {
	d := display(t)
	path := filepath.Join(t.TempDir(), "screens", "empty.png")
	if err := d.Save(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Size() != d.Size {
		t.Errorf("the picture is %v, want %v", img.Bounds().Size(), d.Size)
	}
}

func TestRowOutsideTheScreenIsAnError(t *testing.T) {
	d := display(t)
	for _, at := range []image.Point{{-1, 0}, {0, -1}, {0, 480}, {631, 0}} {
		if err := d.Row(make([]byte, 40), at.X, at.Y); err == nil {
			t.Errorf("a row from %v was read", at)
		}
	}
}

func TestFocusOfAbsentWindowEndsWithTheContext(t *testing.T) {
	d := display(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := d.Focus(ctx, "nobody has this title"); err == nil {
		t.Error("an absent window got the focus")
	}
}

func display(t *testing.T) *Display {
	t.Helper()
	leak.Check(t)
	for _, program := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("make deps-test installs what is missing: ", err)
		}
	}
	d, err := Start(context.Background(), image.Pt(640, 480))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// await polls a condition, for at most 20 seconds.
func await(t *testing.T, condition func() bool) {
	t.Helper()
	deadline, tick := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen within 20 s")
		}
	}
}
