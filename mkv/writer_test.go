package mkv

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"kinora/media"
)

// written is what a generated Writer was asked to write.
type written struct {
	start         time.Duration
	lead, trailer []Tag
	packets       []*media.Packet
	end           bool // by End, with its trailer
}

func genTags(t *rapid.T, label string) []Tag {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Tag {
		return Tag{
			Name:  rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_]{0,20}`).Draw(t, "name"),
			Value: rapid.StringMatching(`[ -~äß€]{0,300}`).Draw(t, "value"),
		}
	}), 0, 4).Draw(t, label)
}

func genTracks(t *rapid.T) []media.Track {
	forms := []media.Track{
		{Kind: media.Video, Codec: media.H264, Private: []byte{1, 2, 3}, Width: 640, Height: 360},
		{Kind: media.Video, Codec: media.H265, Private: []byte{1}, Width: 3840, Height: 2160},
		{Kind: media.Video, Codec: media.VP8, Width: 1, Height: 1},
		{Kind: media.Video, Codec: media.VP9, Width: 320, Height: 240},
		{Kind: media.Audio, Codec: media.AAC, Private: []byte{0x11, 0x90}, Rate: 48000, Channels: 2},
		{Kind: media.Audio, Codec: media.ALaw, Rate: 8000, Channels: 1},
		{Kind: media.Audio, Codec: media.MuLaw, Rate: 16000, Channels: 2},
		{Kind: media.Audio, Codec: media.PCM, Rate: 44100, Channels: 2},
		{Kind: media.Audio, Codec: media.Opus, Private: []byte("OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00"), Rate: 48000, Channels: 2},
		{Kind: media.Data, Codec: media.Text},
		{Kind: media.Data, Codec: "X_LIDAR/POINTS", Private: []byte("abc")},
	}
	ids := rapid.SliceOfNDistinct(rapid.IntRange(1, 127), 1, 5, rapid.ID).Draw(t, "ids")
	tracks := make([]media.Track, len(ids))
	for i, id := range ids {
		tracks[i] = rapid.SampledFrom(forms).Draw(t, "form")
		tracks[i].ID = id
		tracks[i].Name = rapid.StringMatching(`[a-z ]{0,12}`).Draw(t, "trackname")
	}
	return tracks
}

// TestRoundTrip writes arbitrary fragments and reads them back, also through a Parser that takes one document.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tracks := genTracks(t)
		epoch := time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "epoch")).UTC()
		var buf bytes.Buffer
		w := NewWriter(&buf, tracks, WriterOptions{Epoch: epoch, App: "test"})

		var want []written
		pts := time.Duration(0)
		for range rapid.IntRange(0, 5).Draw(t, "fragments") {
			f := written{start: pts, lead: genTags(t, "lead")}
			if err := w.Begin(pts, f.lead...); err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 6).Draw(t, "packets") {
				p := &media.Packet{
					Track: rapid.SampledFrom(tracks).Draw(t, "track").ID,
					PTS:   pts + time.Duration(rapid.IntRange(-100, 32767).Draw(t, "relative"))*time.Millisecond,
					Key:   rapid.Bool().Draw(t, "key"),
					Data:  rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data"),
				}
				p.DTS = p.PTS
				if err := w.Write(p); err != nil {
					t.Fatal(err)
				}
				f.packets = append(f.packets, p)
			}
			if f.end = rapid.Bool().Draw(t, "end"); f.end {
				f.trailer = genTags(t, "trailer")
				if err := w.End(f.trailer...); err != nil {
					t.Fatal(err)
				}
				f.trailer = append(f.trailer, Tag{Name: EndOfFragment})
			}
			want = append(want, f)
			pts += time.Duration(rapid.IntRange(1, 20000).Draw(t, "length")) * time.Millisecond
		}

		r := NewReader(&buf, Limits{})
		for _, f := range want {
			got, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if at := time.Unix(0, int64(got.Start)).UTC(); !at.Equal(epoch.Add(f.start)) {
				t.Fatalf("a fragment begins at %v, written was %v", at, epoch.Add(f.start))
			}
			if d := cmp.Diff(tracks, got.Tracks, cmpopts.EquateEmpty()); d != "" {
				t.Fatal(d)
			}
			if d := cmp.Diff(f.lead, got.Tags, cmpopts.EquateEmpty()); d != "" {
				t.Fatal(d)
			}
			for _, p := range f.packets {
				q, err := r.Packet()
				if err != nil {
					t.Fatal(err)
				}
				q.PTS -= time.Duration(epoch.UnixNano())
				q.DTS -= time.Duration(epoch.UnixNano())
				if d := cmp.Diff(p, q, cmpopts.EquateEmpty()); d != "" {
					t.Fatal(d)
				}
			}
			if p, err := r.Packet(); err != io.EOF {
				t.Fatalf("after the last packet: %v, %v", p, err)
			}
			if d := cmp.Diff(f.trailer, got.Trailer, cmpopts.EquateEmpty()); d != "" {
				t.Fatal(d)
			}
			if !got.Complete {
				t.Fatal("a fragment that was written whole is not complete")
			}
		}
		if f, err := r.Next(); err != io.EOF {
			t.Fatalf("after the last fragment: %v, %v", f, err)
		}
	})
}
