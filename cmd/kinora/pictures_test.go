package main

import (
	"errors"
	"image"
	"io"
	"os"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// The embedded service's decoder gives the pictures of the times that were asked for, in the size that was asked for.
func TestPictures(t *testing.T) {
	file, err := os.Open("../../mkv/testdata/upload-csdk-h265.mkv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := mkv.NewReader(file, mkv.Limits{})
	f, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	var packets []*media.Packet
	for {
		p, err := r.Packet()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, p)
	}
	at := []time.Duration{packets[0].PTS, packets[7].PTS, packets[len(packets)-1].PTS}
	for _, c := range []struct{ asked, want image.Point }{
		{image.Point{}, image.Pt(640, 360)}, {image.Pt(0, 90), image.Pt(160, 90)}, {image.Pt(50, 50), image.Pt(50, 50)},
	} {
		var got []time.Duration
		err := pictures{}.Pictures(t.Context(), f.Tracks[0], packets, at, c.asked, func(at time.Duration, picture image.Image) error {
			if size := picture.Bounds().Size(); size != c.want {
				t.Errorf("a picture of %v, want %v", size, c.want)
			}
			got = append(got, at)
			return nil
		})
		if err != nil || len(got) != 3 || got[0] != at[0] || got[1] != at[1] || got[2] != at[2] {
			t.Errorf("pictures of %v, %v; want those of %v", got, err, at)
		}
	}
}
