package mp4

import (
	"errors"
	"testing"
	"time"

	"kinora/media"
)

// fragmented is an init segment and a segment for each fragment, with times as the producer gave them.
func fragmented(t *testing.T, list []*media.Recorded, tracks ...media.Track) []byte {
	t.Helper()
	file, err := Init(tracks...)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range list {
		s := Segment{Sequence: uint32(i + 1), Base: f.Start.Sub(list[0].Start)}
		if i+1 < len(list) {
			s.Next = list[i+1].Start.Sub(f.Start)
		}
		if file, err = AppendSegment(file, s, tracks, f.Packets); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestSegmentsOfRecordings(t *testing.T) {
	for _, c := range []struct {
		file   string
		codecs string
		frames []string
	}{
		{"upload-csdk-h265.mkv", "hvc1.1.6.L150.0", []string{"113"}},
		{"upload-kvssink-h264-aac.mkv", "avc1.F4001E,mp4a.40.2", []string{"13", "25"}},
		{"vogels.mkv", "avc1.42C028,mp4a.40.2", []string{"65", "101"}},
		{"clusters.mkv", "avc1.640028", []string{"59"}},
		{"getmedia-1.mkv", "avc1.64001F", []string{"30"}},
		{"ffmpeg-default.mkv", "avc1.42C00A,mp4a.40.2", []string{"20", "17"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			list := recording(t, c.file)
			codecs, err := Codecs(list[0].Tracks...)
			if err != nil || codecs != c.codecs {
				t.Errorf("codecs %q, %v; want %q", codecs, err, c.codecs)
			}
			p := probe(t, fragmented(t, list, list[0].Tracks...))
			if len(p.Streams) != len(c.frames) {
				t.Fatalf("%d streams, want %d", len(p.Streams), len(c.frames))
			}
			for i, s := range p.Streams {
				if s.Frames != c.frames[i] {
					t.Errorf("stream %d has %s frames, want %s", i, s.Frames, c.frames[i])
				}
			}
		})
	}
}

// Pictures that are shown in another order than they are decoded in keep their times.
func TestReorderedPictures(t *testing.T) {
	list := generated(t, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4", "-c:v", "libx264", "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p")
	p := probe(t, fragmented(t, list, list[0].Tracks...))
	var want []float64
	for _, f := range list {
		for _, packet := range f.Packets {
			want = append(want, (f.Start.Sub(list[0].Start) + packet.PTS).Seconds())
		}
	}
	got := p.times(t, 0)
	if len(got) != 100 || len(want) != 100 {
		t.Fatalf("%d of %d frames, want 100", len(got), len(want))
	}
	reordered := false
	for i := range got {
		if !near(got[i], want[i], 0.0006) {
			t.Fatalf("frame %d is shown at %v, want %v", i, got[i], want[i])
		}
		reordered = reordered || i > 0 && got[i] < got[i-1]
	}
	if !reordered {
		t.Error("no frame of the sample is reordered: the test says nothing")
	}
	before := -1.0
	for i, packet := range p.Packets {
		if dts := number(t, packet.DTS); dts <= before {
			t.Fatalf("frame %d is decoded at %v, not after %v", i, dts, before)
		} else {
			before = dts
		}
	}
}

func TestSoundOfEachCodec(t *testing.T) {
	for _, c := range []struct{ encoder, rate, name, codec string }{
		{"aac", "48000", "aac", "mp4a.40.2"},
		{"aac", "44100", "aac", "mp4a.40.2"},
		{"pcm_mulaw", "8000", "pcm_mulaw", "ulaw"},
		{"pcm_alaw", "8000", "pcm_alaw", "alaw"},
		{"libopus", "48000", "opus", "opus"},
	} {
		t.Run(c.encoder+c.rate, func(t *testing.T) {
			list := generated(t, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4", "-f", "lavfi", "-i", "sine=duration=4:sample_rate="+c.rate,
				"-c:v", "libx264", "-g", "50", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", c.encoder)
			track, ok := media.AudioTrack(list[0].Tracks)
			if !ok {
				t.Fatal("the sample has no sound")
			}
			if codec, err := Codec(track); err != nil || codec != c.codec {
				t.Errorf("codec %q, %v; want %q", codec, err, c.codec)
			}
			p := probe(t, fragmented(t, list, list[0].Tracks...))
			if len(p.Streams) != 2 || p.Streams[1].CodecName != c.name {
				t.Fatalf("streams %+v, want sound of %s", p.Streams, c.name)
			}
			last := p.times(t, 1)
			if end := last[len(last)-1]; !near(end, 4, 0.15) {
				t.Errorf("the last sound is at %v s, want about 4", end)
			}
		})
	}
}

// One track of a fragment, and a piece of it, are what HLS asks for.
func TestPartsOfAFragment(t *testing.T) {
	f := recording(t, "upload-kvssink-h264-aac.mkv")[0]
	video, _ := media.VideoTrack(f.Tracks)
	file, err := Init(video)
	if err != nil {
		t.Fatal(err)
	}
	half := len(f.Packets) / 2
	for i, piece := range [][]*media.Packet{f.Packets[:half], f.Packets[half:]} {
		if file, err = AppendSegment(file, Segment{Sequence: uint32(i), Base: time.Hour}, []media.Track{video}, piece); err != nil {
			t.Fatal(err)
		}
	}
	p := probe(t, file)
	if len(p.Streams) != 1 || p.Streams[0].Frames != "13" {
		t.Fatalf("streams %+v, want one of 13 frames", p.Streams)
	}
	if at := p.times(t, 0); !near(at[0], 3600, 0.2) {
		t.Errorf("the first frame is at %v, want about 3600", at[0])
	}
	same, err := AppendSegment(file, Segment{}, []media.Track{{ID: 9, Kind: media.Audio, Codec: media.MuLaw}}, f.Packets)
	if err != nil || len(same) != len(file) {
		t.Errorf("a track without packets made %d bytes, %v; want none", len(same)-len(file), err)
	}
}

func TestDurationOfAFragment(t *testing.T) {
	video := []media.Track{{ID: 1, Kind: media.Video, Codec: media.VP8}, {ID: 2, Kind: media.Audio, Codec: media.MuLaw, Rate: 8000, Channels: 1}}
	frames := func(ms ...int) (list []*media.Packet) {
		for _, at := range ms {
			list = append(list, &media.Packet{Track: 1, PTS: time.Duration(at) * time.Millisecond, Data: []byte{1}})
		}
		return list
	}
	for _, c := range []struct {
		tracks  []media.Track
		packets []*media.Packet
		next    int
		want    int
	}{
		{video, frames(0, 40, 80), 0, 120},
		{video, frames(0, 40, 80), 95, 95},
		{video, frames(0, 120, 40, 80), 0, 160},
		{video, frames(0), 0, 33},
		{video, nil, 70, 70},
		{nil, nil, 0, 0},
		{video[1:], []*media.Packet{{Track: 2, Data: make([]byte, 160)}, {Track: 2, PTS: 20 * time.Millisecond, Data: make([]byte, 160)}}, 0, 40},
	} {
		got := Duration(c.tracks, c.packets, time.Duration(c.next)*time.Millisecond)
		if want := time.Duration(c.want) * time.Millisecond; got.Round(time.Millisecond) != want {
			t.Errorf("%d packets and next %d last %v, want %v", len(c.packets), c.next, got, want)
		}
	}
}

func TestTracksThatHaveNoPlace(t *testing.T) {
	for i, c := range []struct {
		track media.Track
		want  error
	}{
		{media.Track{ID: 1, Kind: media.Video, Codec: media.VP8}, ErrCodec},
		{media.Track{ID: 1, Kind: media.Video, Codec: media.H264}, ErrNoPrivate},
		{media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 2, 3}}, ErrInvalidPrivate},
		{media.Track{ID: 1, Kind: media.Video, Codec: media.H265, Private: []byte{1, 2, 3}}, ErrInvalidPrivate},
		{media.Track{ID: 2, Kind: media.Audio, Codec: media.AAC}, ErrNoPrivate},
		{media.Track{ID: 2, Kind: media.Audio, Codec: media.AAC, Private: []byte{0}}, ErrInvalidPrivate},
	} {
		err := Check(c.track)
		var where *TrackError
		if !errors.Is(err, c.want) || !errors.As(err, &where) || where.Track != c.track.ID {
			t.Errorf("%d: %v, want %v with its track", i, err, c.want)
		}
		if _, err := Init(c.track); !errors.Is(err, c.want) {
			t.Errorf("%d: Init: %v, want %v", i, err, c.want)
		}
	}
}

func FuzzCodec(f *testing.F) {
	f.Add([]byte{1, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0xC0, 0x1E, 1, 0, 1, 0x68})
	f.Fuzz(func(t *testing.T, private []byte) {
		for _, codec := range []media.Codec{media.H264, media.H265, media.AAC} {
			track := media.Track{ID: 1, Kind: media.Video, Codec: codec, Private: private}
			name, err := Codec(track)
			if (err == nil) != (name != "") {
				t.Errorf("codec %q with error %v", name, err)
			}
		}
	})
}
