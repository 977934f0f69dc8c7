package mp4

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/bits"
	box "github.com/Eyevinn/mp4ff/mp4"

	"kinora/media"
)

// laid are the samples of a segment of one track.
func laid(t *testing.T, segment []byte) []box.FullSample {
	t.Helper()
	file, err := box.DecodeFileSR(bits.NewFixedSliceReader(segment))
	if err != nil {
		t.Fatal(err)
	}
	list, err := file.Segments[0].Fragments[0].GetFullSamples(nil)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func same(a, b box.FullSample) bool {
	return a.Sample == b.Sample && a.DecodeTime == b.DecodeTime && bytes.Equal(a.Data, b.Data)
}

// Parts that were cut off while a fragment arrived, frame by frame, are together what the whole fragment is, sample by sample.
func TestPartsAreTheWhole(t *testing.T) {
	const pictures = "testsrc2=size=160x90:rate=25:duration=4"
	for name, list := range map[string][]*media.Recorded{
		"camera":    recording(t, "upload-kvssink-h264-aac.mkv"),
		"H.265":     recording(t, "upload-csdk-h265.mkv"),
		"reordered": generated(t, "-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p"),
		"44.1 kHz": generated(t, "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", "sine=duration=4:sample_rate=44100",
			"-c:v", "libx264", "-g", "50", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac"),
	} {
		t.Run(name, func(t *testing.T) {
			for _, track := range list[0].Tracks {
				for i, f := range list {
					arrive(t, track, f, OrderOf(track, f.Packets), i)
				}
			}
		})
	}
}

// arrive cuts a fragment after each of its frames and compares what is cut with the whole.
func arrive(t *testing.T, track media.Track, f *media.Recorded, order Order, i int) {
	t.Helper()
	const length, at = 400 * time.Millisecond, 1795341600 * time.Second
	var parts []Part
	var got []box.FullSample
	for n := range len(f.Packets) + 1 {
		g := Growing{Track: track, Packets: f.Packets[:n], Order: order, Whole: n == len(f.Packets)}
		now, err := g.Cut(length)
		if err != nil {
			t.Fatal(err)
		}
		if len(now) < len(parts) || !slices.Equal(now[:len(parts)], parts) {
			t.Fatalf("fragment %d, %d frames: the parts are %v after %v", i, n, now, parts)
		}
		for _, p := range now[len(parts):] {
			m, err := g.Part(uint32(i), p)
			if err != nil {
				t.Fatal(err)
			}
			head, rest := m.At(at)
			got = append(got, laid(t, append(head, rest...))...)
			if least := length * leastPart / 100; p.Length > length || p.Length < least && !g.Whole {
				t.Errorf("fragment %d: a part lasts %s, want %s to %s", i, p.Length, least, length)
			}
		}
		parts = now
	}
	m, err := NewMovable(Segment{Sequence: uint32(i)}, track, f.Packets)
	if err != nil || m.Len() == 0 {
		t.Fatalf("%d bytes, %v", m.Len(), err)
	}
	head, rest := m.At(at)
	if want := laid(t, append(head, rest...)); !slices.EqualFunc(got, want, same) {
		t.Errorf("track %d of fragment %d: %d parts have %d samples that are not the %d of the whole", track.ID, i, len(parts), len(got), len(want))
	}
	if len(parts) > 0 && !parts[0].Independent {
		t.Error("the first part does not begin with a key frame")
	}
}

func TestOrder(t *testing.T) {
	list := generated(t, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=2", "-c:v", "libx264", "-x264-params", "b-pyramid=none:bframes=2:b-adapt=0",
		"-g", "50", "-pix_fmt", "yuv420p")
	if got, want := OrderOf(list[0].Tracks[0], list[0].Packets), (Order{1, 40 * time.Millisecond}); got != want {
		t.Errorf("two pictures in front of each that they refer to: order %+v, want %+v", got, want)
	}
}

// A frame that is longer than a part may be ends what can be cut.
func TestNoPartIsTooLong(t *testing.T) {
	track := media.Track{ID: 1, Kind: media.Audio, Codec: media.MuLaw, Rate: 8000, Channels: 1}
	var packets []*media.Packet
	for _, ms := range []time.Duration{0, 100, 200, 1200, 1300} {
		packets = append(packets, &media.Packet{Track: 1, PTS: ms * time.Millisecond, Data: make([]byte, 800)})
	}
	for _, whole := range []bool{false, true} {
		g := Growing{Track: track, Packets: packets, Whole: whole}
		parts, err := g.Cut(250 * time.Millisecond)
		if want := []Part{{0, 2, 200 * time.Millisecond, true}}; err != nil || !slices.Equal(parts, want) {
			t.Errorf("parts %v, %v; want %v", parts, err, want)
		}
	}
}
