package localkvs

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

// A fragment of more frames than any real one has costs no memory by their number.
func TestFragmentOfTooManyFrames(t *testing.T) {
	for frames, refused := range map[int]bool{maxFrames: false, maxFrames + 1: true} {
		var b bytes.Buffer
		w := mkv.NewWriter(&b, []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text}}, mkv.WriterOptions{Epoch: time.Now()})
		err := w.Begin(0)
		for range frames {
			err = errors.Join(err, w.Write(&media.Packet{Track: 1, Key: true, Data: []byte("x")}))
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := parse(&archive.Fragment{Cluster: b.Bytes(), Frames: frames})
		var api *apiError
		switch {
		case refused && !errors.As(err, &api):
			t.Errorf("%d frames are answered with %v", frames, err)
		case !refused && (err != nil || len(p.packets) != frames):
			t.Errorf("%d frames are not read: %v", frames, err)
		}
	}
}
