package mp4

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kinora/media"
)

// whole is a movie of fragments as it is sent: a plan, then the head, then the data of a second reading.
func whole(t *testing.T, list []*media.Recorded) (*Movie, []byte) {
	t.Helper()
	var plan, data Movie
	for _, f := range list {
		if _, err := plan.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	file, err := plan.Head()
	if err != nil {
		t.Fatal(err)
	}
	at := int64(len(file))
	for _, f := range list {
		pieces, err := data.Add(f)
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, bytes.Join(pieces, nil)...)
	}
	if got := int64(len(file)) - at; got != plan.Size() {
		t.Fatalf("the data has %d bytes, the head says %d", got, plan.Size())
	}
	return &plan, file
}

// starts checks that a file begins with a key frame at once, and with sound within 40 ms.
func starts(t *testing.T, p probed) {
	t.Helper()
	for i, s := range p.Streams {
		if at := number(t, s.StartTime); at < 0 || at > 0.04 {
			t.Errorf("stream %d starts at %v s", i, at)
		}
	}
	if first := slices.IndexFunc(p.Packets, func(k struct {
		Stream int    `json:"stream_index"`
		PTS    string `json:"pts_time"`
		DTS    string `json:"dts_time"`
		Length string `json:"duration_time"`
		Flags  string
	}) bool {
		return k.Stream == 0
	}); first < 0 || p.Packets[first].Flags[0] != 'K' {
		t.Error("the file does not begin with a key frame")
	}
}

func TestMoviesOfRecordings(t *testing.T) {
	for _, c := range []struct {
		file   string
		frames []string
		length float64
	}{
		{"upload-csdk-h265.mkv", []string{"113"}, 4.5},
		{"upload-kvssink-h264-aac.mkv", []string{"13", "25"}, 0.5},
		{"vogels.mkv", []string{"65", "101"}, 2.2},
		{"clusters.mkv", []string{"59"}, 2},
		{"ffmpeg-default.mkv", []string{"20", "17"}, 2.1},
	} {
		t.Run(c.file, func(t *testing.T) {
			list := recording(t, c.file)
			m, file := whole(t, list)
			if m.Broken() != 0 || m.Dropped() != 0 {
				t.Errorf("%d frames were broken, %d dropped", m.Broken(), m.Dropped())
			}
			p := probe(t, file)
			starts(t, p)
			for i, s := range p.Streams {
				if s.Frames != c.frames[i] {
					t.Errorf("stream %d has %s frames, want %s", i, s.Frames, c.frames[i])
				}
			}
			if length := number(t, p.Format.Duration); !near(length, c.length, 0.5) || !near(length, m.Duration().Seconds(), 0.1) {
				t.Errorf("it lasts %v s, want about %v; the plan says %v", length, c.length, m.Duration())
			}
		})
	}
}

// The same pictures at the same times, and sound at its place, whatever the codecs are.
func TestMoviesKeepTimes(t *testing.T) {
	for _, c := range []struct{ name, video, audio string }{
		{"reordered", "libx264 -bf 3", "aac"},
		{"h265", "libx265 -x265-params log-level=none", "aac"},
		{"mulaw", "libx264 -bf 0", "pcm_mulaw"},
		{"alaw", "libx264 -bf 0", "pcm_alaw"},
		{"opus", "libx264 -bf 0", "libopus"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4", "-f", "lavfi", "-i", "sine=duration=4:sample_rate=8000", "-pix_fmt", "yuv420p", "-g", "50", "-c:a", c.audio, "-c:v"}
			for _, arg := range bytes.Fields([]byte(c.video)) {
				args = append(args, string(arg))
			}
			list := generated(t, args...)
			m, file := whole(t, list)
			p := probe(t, file)
			want := make(map[int][]float64) // by track
			for _, f := range list {
				for _, packet := range f.Packets {
					want[packet.Track] = append(want[packet.Track], (f.Start.Sub(list[0].Start) + packet.PTS).Seconds())
				}
			}
			pictures, sounds := want[list[0].Tracks[0].ID], want[list[0].Tracks[1].ID]
			got := p.times(t, 0)
			if len(got) != 100 || len(pictures) != 100 {
				t.Fatalf("%d of %d pictures, want 100", len(got), len(pictures))
			}
			for i := range got {
				if !near(got[i], pictures[i]-pictures[0], 0.002) {
					t.Fatalf("picture %d is shown at %v, want %v", i, got[i], pictures[i]-pictures[0])
				}
			}
			heard := p.times(t, 1)
			if last := heard[len(heard)-1]; !near(last, sounds[len(sounds)-1]-pictures[0], 0.04) {
				t.Errorf("the last sound is heard at %v, want %v", last, sounds[len(sounds)-1]-pictures[0])
			}
			starts(t, p)
			if length := number(t, p.Streams[1].Duration); !near(length, 4, 0.15) || m.Dropped() > 0 {
				t.Errorf("there are %v s of sound, want about 4; %d frames were dropped", length, m.Dropped())
			}
		})
	}
}

// What does not follow in the producer's time is joined; a short pause is not.
func TestJoints(t *testing.T) {
	list := recording(t, "upload-csdk-h265.mkv")
	f := list[0]
	length := Duration(f.Tracks, f.Packets, 0)
	for _, c := range []struct {
		name  string
		after time.Duration // from the end of the first to the start of the second
		want  time.Duration // where the second is placed after the end of the first
	}{
		{"at once", 0, 0},
		{"a little late", 30 * time.Millisecond, 30 * time.Millisecond},
		{"a little early", -30 * time.Millisecond, -30 * time.Millisecond},
		{"a pause", 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"nothing for an hour", time.Hour, 0},
		{"the clock was set back", -time.Hour, 0},
		{"an overlap", -200 * time.Millisecond, 0},
	} {
		again := *f
		again.Producer = f.Start.Add(length + c.after)
		var m Movie
		if _, err := m.Add(f); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Add(&again); err != nil {
			t.Fatal(err)
		}
		if got := m.Place() - length; got != c.want {
			t.Errorf("%s: the second fragment begins %v after the first, want %v", c.name, got, c.want)
		}
	}
	again := *f
	again.Producer = f.Start.Add(time.Hour)
	_, file := whole(t, []*media.Recorded{f, &again})
	p := probe(t, file)
	if got := number(t, p.Format.Duration); !near(got, 2*length.Seconds(), 0.05) {
		t.Errorf("two joined fragments last %v s, want %v", got, 2*length)
	}
}

// Another resolution and other parameter sets are other descriptions of the same track.
func TestResolutionChanges(t *testing.T) {
	small := generated(t, "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p")
	large := generated(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p")
	at := small[0].Start
	var list []*media.Recorded
	for _, part := range [][]*media.Recorded{small, large, small} {
		f := *part[0]
		f.Producer = at
		at = at.Add(time.Second)
		list = append(list, &f)
	}
	m, file := whole(t, list)
	p := probe(t, file)
	if len(m.video.descriptions) != 2 || p.Streams[0].Frames != "75" {
		t.Errorf("%d descriptions and %s frames, want 2 and 75", len(m.video.descriptions), p.Streams[0].Frames)
	}
}

func TestWhatOneFileCannotHold(t *testing.T) {
	avc, hevc := recording(t, "clusters.mkv")[0], recording(t, "upload-csdk-h265.mkv")[0]
	var m Movie
	if _, err := m.Add(avc); err != nil {
		t.Fatal(err)
	}
	size, length := m.Size(), m.Duration()
	if _, err := m.Add(hevc); !errors.Is(err, ErrChange) {
		t.Errorf("H.265 behind H.264: %v, want ErrChange", err)
	}
	bare := &media.Recorded{Tracks: []media.Track{{ID: 1, Kind: media.Data}}}
	if _, err := m.Add(bare); !errors.Is(err, ErrEmpty) {
		t.Errorf("a fragment of data: %v, want ErrEmpty", err)
	}
	missing := *avc
	missing.Tracks = []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264}}
	if _, err := m.Add(&missing); !errors.Is(err, ErrNoPrivate) {
		t.Errorf("no private data: %v, want ErrNoPrivate", err)
	}
	if m.Size() != size || m.Duration() != length {
		t.Error("a refused fragment changed the movie")
	}
	if _, err := new(Movie).Head(); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty movie: %v, want ErrEmpty", err)
	}
}

func TestBrokenFrames(t *testing.T) {
	f := *recording(t, "clusters.mkv")[0]
	f.Packets = slices.Clone(f.Packets)
	bad := *f.Packets[5]
	bad.Data = append([]byte{0, 0, 0, 1}, bad.Data...) // Annex B in front of what claims to have lengths
	f.Packets[5] = &bad
	late := *f.Packets[0]
	late.Key, late.Data = false, f.Packets[1].Data // which needs what came before
	f.Packets[0] = &late
	var m Movie
	if _, err := m.Add(&f); err != nil {
		t.Fatal(err)
	}
	if m.Broken() != 1 || m.Dropped() != 58 || m.Size() != 0 {
		t.Errorf("%d broken, %d dropped, %d bytes; without a key frame all of 59 are left out", m.Broken(), m.Dropped(), m.Size())
	}
}

// The index stands in front when there is room, behind when there is not; a file that was left off is taken up.
func TestWriter(t *testing.T) {
	list := recording(t, "upload-csdk-h265.mkv")
	_, want := whole(t, list)
	frames := probe(t, want).times(t, 0)
	for name, room := range map[string]int{"in front": RoomFor(200), "behind": 0} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "clip.mp4")
			file, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			w, err := NewWriter(file, room)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.Add(list[0]), w.Flush()); err != nil {
				t.Fatal(err)
			}
			if info, err := file.Stat(); err != nil || info.Size() != w.Written() {
				t.Errorf("the file has %d bytes, the writer says %d", info.Size(), w.Written())
			}
			if w, err = NewWriter(file, room); err != nil { // as after a crash
				t.Fatal(err)
			}
			if err := errors.Join(w.Skip(list[0]), w.Add(list[1]), w.Add(list[2]), w.Close()); err != nil {
				t.Fatal(err)
			}
			if got := probeFile(t, path).times(t, 0); !slices.Equal(got, frames) {
				t.Errorf("frames at %v, want %v", got, frames)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if front := bytes.Index(b, []byte("moov")) < bytes.Index(b, []byte("mdat")); front != (room > 0) {
				t.Errorf("the index in front: %v", front)
			}
		})
	}
}
