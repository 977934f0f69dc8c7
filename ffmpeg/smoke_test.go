package ffmpeg

import (
	"context"
	"image"
	"testing"
	"time"
)

func TestSmoke(t *testing.T) {
	src, err := Capture(context.Background(), CaptureOptions{Realtime: true, Inputs: []Input{{Format: "lavfi", URL: "testsrc2=s=640x360:r=30,format=yuv420p"}, {Format: "lavfi", URL: "sine=r=48000"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	t.Log(src.Tracks(), src.Epoch())
	d, err := Codecs{}.Video(src.Tracks()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	img := image.NewRGBA(image.Rect(0, 0, 320, 181))
	for range 60 {
		p, err := src.Read()
		if err != nil {
			t.Fatal(err)
		}
		late := time.Since(src.Epoch().Add(p.PTS))
		t.Log(p.Track, p.PTS, p.Key, len(p.Data), "late", late)
		if p.Track == 1 {
			if err := d.Send(p); err != nil {
				t.Fatal(err)
			}
			pts, size, ok, err := d.Receive()
			if pts != p.PTS || !ok || err != nil {
				t.Fatal(pts, size, ok, err)
			}
			if err := d.Draw(img); err != nil {
				t.Fatal(err)
			}
		}
	}
}
