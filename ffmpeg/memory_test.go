package ffmpeg

import (
	"fmt"
	"image"
	"os"
	"testing"
	"time"
)

// residentMiB is the process's memory, C's included.
func residentMiB(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("memory cannot be measured here: %v", err)
	}
	var total, resident int
	if _, err := fmt.Sscan(string(b), &total, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize() >> 20
}

// 2000 pictures through capture, decoder and drawing leave nothing behind in C's memory.
func TestMemoryStaysLevelOverManyPictures(t *testing.T) {
	src := start(t, CaptureOptions{KeyInterval: time.Second, Inputs: []Input{
		{Format: "lavfi", URL: "testsrc2=s=320x180:r=30,format=bgr0"}, {Format: "lavfi", URL: "sine=r=44100"},
	}})
	d := openDecoder(t, src.Tracks()[0])
	img := image.NewRGBA(image.Rect(0, 0, 200, 113))
	before := 0
	for n := 0; n < 2300; {
		p := read(t, src, 1)[0]
		if p.Track != 1 {
			continue
		}
		send(t, d, p)
		if _, _, ok, err := d.Receive(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := d.Draw(img); err != nil {
			t.Fatal(err)
		}
		if n++; n == 300 {
			before = residentMiB(t)
		}
	}
	if after := residentMiB(t); after > before+24 {
		t.Errorf("memory grew from %d to %d MiB over 2000 pictures of 0.1 MiB", before, after)
	} else {
		t.Logf("memory %d MiB after 300 pictures, %d MiB after 2300", before, after)
	}
}

// Opening and closing leaves nothing behind either, nor does failing to open.
func TestMemoryStaysLevelOverManyOpenings(t *testing.T) {
	c := makeClip(t, "testsrc2=s=640x360:r=30,format=yuv420p", "libx264", 1, live())
	img := image.NewRGBA(image.Rect(0, 0, 400, 225))
	round := func() {
		d, err := Codecs{}.Video(c.Track)
		if err != nil {
			t.Fatal(err)
		}
		send(t, d, c.packets[0])
		if _, _, ok, err := d.Receive(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := d.Draw(img); err != nil {
			t.Fatal(err)
		}
		d.Close()
		src, err := Capture(t.Context(), CaptureOptions{Inputs: []Input{{URL: "testdata/bframes.mp4"}}})
		if err != nil {
			t.Fatal(err)
		}
		read(t, src, 3)
		src.Close()
		if _, err := Capture(t.Context(), DemoFile("testdata/README.md")); err == nil {
			t.Fatal("a text was captured")
		}
	}
	for range 20 {
		round()
	}
	before := residentMiB(t)
	for range 60 {
		round()
	}
	if after := residentMiB(t); after > before+24 {
		t.Errorf("memory grew from %d to %d MiB over 60 openings", before, after)
	} else {
		t.Logf("memory %d MiB after 20 openings, %d MiB after 80", before, after)
	}
}
