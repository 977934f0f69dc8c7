package localkvs

import (
	"bytes"
	"image"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// A picture may be larger than anything that a producer sends.
func TestLargePicturesAreRead(t *testing.T) {
	const width, height = 4096, 3300 // 54 MB
	var b bytes.Buffer
	w := mkv.NewWriter(&b, []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1}, Width: width, Height: height}}, mkv.WriterOptions{})
	if err := w.Begin(lead); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&media.Packet{Track: 1, PTS: lead + time.Second, Key: true, Data: make([]byte, 4*width*height)}); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := readPictures(&b, []time.Duration{time.Second}, func(at time.Duration, picture image.Image) error {
		if n++; at != time.Second || picture.Bounds().Size() != image.Pt(width, height) {
			t.Errorf("at %v there is a picture of %v", at, picture.Bounds())
		}
		return nil
	})
	if err != nil || n != 1 {
		t.Errorf("%d pictures, %v", n, err)
	}
}
