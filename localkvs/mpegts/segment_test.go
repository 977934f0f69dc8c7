package mpegts

import (
	"bytes"
	"os"
	"testing"

	"kinora/media"
	"kinora/mkv"
)

// A frame has one delimiter, in front of all else, whether its producer sent one or not.
func TestFrameHasOneDelimiter(t *testing.T) {
	sent := 0
	for _, name := range []string{"upload-kvssink-h264-aac.mkv", "getmedia-1.mkv", "upload-csdk-h265.mkv"} {
		b, err := os.ReadFile("../../mkv/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		r := mkv.NewReader(bytes.NewReader(b), mkv.Limits{})
		f, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		track, _ := media.VideoTrack(f.Tracks)
		s, err := newStream(track, firstPID)
		if err != nil {
			t.Fatal(err)
		}
		delimiter := map[media.Codec][]byte{media.H264: avcDelimiter, media.H265: hevcDelimiter}[track.Codec]
		frames := 0
		for packet, err := r.Packet(); err == nil; packet, err = r.Packet() {
			if packet.Track != track.ID {
				continue
			}
			frames++
			if packet.Data[4] == delimiter[4] {
				sent++
			}
			unit, err := s.unit(packet)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(unit, delimiter[:5]); n != 1 || !bytes.HasPrefix(unit, delimiter) || len(unit) < len(packet.Data)/2 {
				t.Errorf("%s: frame %d has %d delimiters and begins %x", name, frames, n, unit[:10])
			}
		}
		if frames == 0 {
			t.Errorf("%s has no frames", name)
		}
	}
	if sent == 0 {
		t.Error("no producer sent a delimiter")
	}
}
