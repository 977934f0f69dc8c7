package mkv

import (
	"bytes"
	"errors"
	"io"
	"strings"
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

// writes records each Write.
type writes struct {
	pieces [][]byte
	err    error
}

func (w *writes) Write(b []byte) (int, error) {
	w.pieces = append(w.pieces, bytes.Clone(b))
	return len(b), w.err
}

// TestWriterWritesEachElementAtOnce: a frame leaves in one piece the moment it is written.
func TestWriterWritesEachElementAtOnce(t *testing.T) {
	var out writes
	w := NewWriter(&out, []media.Track{{ID: 3, Kind: media.Video, Codec: media.VP8}}, WriterOptions{Epoch: time.UnixMilli(1_000_000)})
	for i, step := range []func() error{
		func() error { return w.Begin(500*time.Microsecond, Tag{"a", "b"}) },
		func() error {
			return w.Write(&media.Packet{Track: 3, PTS: 2500 * time.Microsecond, Key: true, Data: []byte("xy")})
		},
		func() error { return w.Write(&media.Packet{Track: 3, PTS: -time.Microsecond, Data: nil}) },
		func() error { return w.End() },
		func() error { return w.Begin(time.Second) },
	} {
		if err := step(); err != nil || len(out.pieces) != i+1 {
			t.Fatalf("step %d: %v, %d writes", i, err, len(out.pieces))
		}
	}
	timecode := func(ms ...byte) []byte { return el(idTimecode, append(make([]byte, 8-len(ms)), ms...)) }
	for i, want := range [][]byte{
		1: cat([]byte{idSimpleBlock, 1, 0, 0, 0, 0, 0, 0, 6, 0x83, 0, 2, 0x80}, []byte("xy")),
		2: {idSimpleBlock, 1, 0, 0, 0, 0, 0, 0, 4, 0x83, 0xFF, 0xFF, 0},
		3: AppendTags(nil, Tag{Name: EndOfFragment}),
		4: open(idCluster, timecode(0x0F, 0x46, 0x28)),
	} {
		if i > 0 && !bytes.Equal(out.pieces[i], want) {
			t.Errorf("write %d: %x\nwant %x", i, out.pieces[i], want)
		}
	}
	if first, tail := out.pieces[0], cat(AppendTags(nil, Tag{"a", "b"}), open(idCluster, timecode(0x0F, 0x42, 0x40))); !bytes.HasSuffix(first, tail) {
		t.Errorf("%x\nwant at its end %x", first, tail)
	}
}

func TestWriterErrors(t *testing.T) {
	video := []media.Track{{ID: 1, Kind: media.Video, Codec: media.VP8}}
	packet := func(track int, pts time.Duration) *media.Packet { return &media.Packet{Track: track, PTS: pts} }
	for name, c := range map[string]struct {
		tracks []media.Track
		step   func(w *Writer) error
		want   string
	}{
		"no tracks":        {nil, func(w *Writer) error { return w.Begin(0) }, "mkv: a stream needs a track"},
		"track 128":        {[]media.Track{{ID: 128}}, func(w *Writer) error { return w.Begin(0) }, "mkv: track 128: track numbers lie in 1 to 127"},
		"a track twice":    {[]media.Track{{ID: 2}, {ID: 2}}, func(w *Writer) error { return w.Begin(0) }, "mkv: track 2 is there twice"},
		"before Begin":     {video, func(w *Writer) error { return w.Write(packet(1, time.Second)) }, "mkv: frame at 1s: no fragment is open"},
		"End before Begin": {video, func(w *Writer) error { return w.End() }, "mkv: no fragment is open to end"},
		"a negative time":  {video, func(w *Writer) error { return w.Begin(-time.Second) }, "its timecode would be negative"},
		"an unknown track": {video, func(w *Writer) error {
			return errors.Join(w.Begin(0), w.Write(packet(2, 0)))
		}, "mkv: frame at 0s: there is no track 2"},
		"too late": {video, func(w *Writer) error {
			return errors.Join(w.Begin(0), w.Write(packet(1, 32767*time.Millisecond)), w.Write(packet(1, 32768*time.Millisecond)))
		}, "mkv: frame at 32.768s lies 32768 ms from the beginning of its fragment; at most 32767 can be written"},
		"after End": {video, func(w *Writer) error {
			return errors.Join(w.Begin(0), w.End(), w.Write(packet(1, 0)))
		}, "no fragment is open"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.step(NewWriter(io.Discard, c.tracks, WriterOptions{})); err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
	broken := errors.New("connection reset")
	out := writes{err: broken}
	w := NewWriter(&out, video, WriterOptions{})
	for range 2 {
		if err := w.Begin(0); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	if err := errors.Join(w.Write(packet(1, 0)), w.End()); !errors.Is(err, broken) || len(out.pieces) != 1 {
		t.Errorf("%v after %d writes", err, len(out.pieces))
	}
}

func TestAppendTags(t *testing.T) {
	// The first bytes of the tags of KVS in a recorded GetMedia response, with its sizes of 4 bytes.
	recorded := recording(t, "getmedia-1.mkv")[5486:5729]
	tags, targeted, err := parseTags(recorded, 0)
	if err != nil || targeted || len(tags) != 3 {
		t.Fatal(tags, targeted, err)
	}
	if got := AppendTags([]byte("dst"), tags...); !bytes.Equal(got[3:], recorded) || string(got[:3]) != "dst" {
		t.Errorf("%x\nwant %x", got, recorded)
	}
}
