package ffmpeg

import (
	"bytes"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kinora/media"
)

// made runs the ffmpeg command to make a file of another file's streams, uncoded anew.
func made(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("the ffmpeg command is not installed: files of other forms cannot be made")
	}
	file := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command(path, append(append([]string{"-v", "error", "-y"}, args...), file)...).CombinedOutput(); err != nil {
		t.Skipf("ffmpeg cannot make %s: %v %s", name, err, out)
	}
	return file
}

func TestAnArchiveKeepsItsTime(t *testing.T) {
	const created = "2021-03-04T05:06:07Z"
	want, err := time.Parse(time.RFC3339, created)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"take.mp4", "take.mkv"} {
		file := made(t, name, "-i", "testdata/bframes.mp4", "-c", "copy", "-metadata", "creation_time="+created)
		src := start(t, File(file, false))
		if e := src.Epoch(); !e.Equal(want) {
			t.Errorf("%s: Epoch %v, want %v", name, e, want)
		}
		packets := of(1, read(t, src, -1))
		if len(packets) != 50 {
			t.Errorf("%s: %d pictures of 50", name, len(packets))
		}
		if first := packets[0].PTS; first < 0 || first > 200*time.Millisecond {
			t.Errorf("%s: the first picture is at %v", name, first)
		}
	}
	// A file without a time of its own ended when it was last written.
	file := filepath.Join(t.TempDir(), "old.mp4")
	b, err := os.ReadFile("testdata/bframes.mp4")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, want, want); err != nil {
		t.Fatal(err)
	}
	if e := start(t, File(file, false)).Epoch(); e.Sub(want.Add(-2*time.Second)).Abs() > 100*time.Millisecond {
		t.Errorf("Epoch %v of a file of 2 s that was written at %v", e, want)
	}
}

// The same coded pictures and sound come out of each container, in the same form and order, at the same times.
func TestCopyOfEachContainer(t *testing.T) {
	reference := start(t, File("testdata/bframes.mp4", false))
	want := read(t, reference, -1)
	video, _ := media.VideoTrack(reference.Tracks())
	if video.Width != 320 || video.Height != 180 {
		t.Errorf("the track is %dx%d", video.Width, video.Height)
	}
	decodes(t, video, of(1, want), 50, image.Pt(320, 180))
	reordered := false
	for _, p := range of(1, want) {
		reordered = reordered || p.PTS > p.DTS
	}
	if !reordered {
		t.Error("PTS and DTS are the same: the order of B-frames is lost")
	}
	for _, name := range []string{"copy.ts", "copy.mkv", "copy.flv", "copy.mov"} {
		t.Run(name, func(t *testing.T) {
			file := made(t, name, "-i", "testdata/bframes.mp4", "-c", "copy")
			src := start(t, File(file, false))
			got := read(t, src, -1)
			track, _ := media.VideoTrack(src.Tracks())
			sound, _ := media.AudioTrack(src.Tracks())
			if track.Codec != media.H264 || sound.Codec != media.AAC || sound.Rate != 44100 && sound.Rate != 48000 {
				t.Errorf("tracks %+v", src.Tracks())
			}
			a, b := of(1, want), of(1, got)
			if len(a) != len(b) {
				t.Fatalf("%d pictures of %d", len(b), len(a))
			}
			for i := range a {
				x, y := bytes.Join(withoutSets(unitsOf(t, a[i].Data)), nil), bytes.Join(withoutSets(unitsOf(t, b[i].Data)), nil)
				if !bytes.Equal(x, y) || a[i].Key != b[i].Key {
					t.Fatalf("picture %d differs: %d bytes, %d before", i, len(y), len(x))
				}
				if off := (a[i].PTS - a[0].PTS) - (b[i].PTS - b[0].PTS); off.Abs() > time.Millisecond {
					t.Errorf("picture %d is %v off its time", i, off)
				}
			}
			decodes(t, track, b, 50, image.Pt(320, 180))
			x, y := of(2, want), of(2, got)
			for i := range min(len(x), len(y)) {
				if !bytes.Equal(x[i].Data, y[i].Data) {
					t.Fatalf("sound %d differs", i)
				}
			}
			if len(y) < len(x)-1 {
				t.Errorf("%d pieces of sound of %d", len(y), len(x))
			}
		})
	}
}

// decodes fails when packets do not give n pictures of a size.
func decodes(t *testing.T, track media.Track, packets []*media.Packet, n int, size image.Point) {
	t.Helper()
	d := openDecoder(t, track)
	got := 0
	count := func() {
		for {
			_, s, ok, err := d.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return
			}
			if got++; s != size {
				t.Errorf("a picture of %v", s)
			}
		}
	}
	for _, p := range packets {
		send(t, d, p)
		count()
	}
	send(t, d, nil)
	count()
	if got != n || d.Damaged() > 0 {
		t.Errorf("%d pictures of %d, %d damaged", got, n, d.Damaged())
	}
}

func TestCopyOfH265(t *testing.T) {
	for _, name := range []string{"h265.ts", "h265.mp4"} {
		t.Run(name, func(t *testing.T) {
			file := made(t, name, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1", "-c:v", "libx265", "-x265-params", "log-level=none:keyint=10", "-pix_fmt", "yuv420p")
			src := start(t, File(file, false))
			track := src.Tracks()[0]
			if track.Codec != media.H265 || track.Width != 320 || track.Height != 180 {
				t.Errorf("track %+v", track)
			}
			packets := read(t, src, -1)
			if !packets[0].Key {
				t.Error("the first picture is no key frame")
			}
			decodes(t, track, packets, 25, image.Pt(320, 180))
		})
	}
}

// What Copy cannot pass on is encoded.
func TestAnArchiveInAnotherCodecIsEncoded(t *testing.T) {
	src := start(t, File("testdata/odd.webm", false))
	packets := read(t, src, -1)
	decodes(t, src.Tracks()[0], packets, 25, image.Pt(174, 98))
}

// Somebody changes the size in the camera's settings: the next key frame brings another track.
func TestParameterSetsThatChange(t *testing.T) {
	var joined []byte
	for i, size := range []string{"320x180", "160x90"} {
		file := made(t, "part.ts", "-f", "lavfi", "-i", "testsrc2=s="+size+":r=25:d=2", "-c:v", "libx264", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p",
			"-output_ts_offset", itoa(2*i), "-f", "mpegts")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		joined = append(joined, b...)
	}
	file := filepath.Join(t.TempDir(), "joined.ts")
	if err := os.WriteFile(file, joined, 0o600); err != nil {
		t.Fatal(err)
	}
	src := start(t, File(file, false))
	size := image.Pt(320, 180)
	var parts [2][]*media.Packet
	var tracks [2]media.Track
	part := 0
	tracks[0] = src.Tracks()[0]
	for n := range 100 {
		p := read(t, src, 1)[0]
		if p.Discontinuity {
			if part++; part > 1 || !p.Key || n != 50 {
				t.Fatalf("a discontinuity at picture %d, key %v", n, p.Key)
			}
			tracks[1] = src.Tracks()[0]
		}
		parts[part] = append(parts[part], p)
	}
	decodes(t, tracks[0], parts[0], 50, size)
	if tracks[1].Width != 160 || tracks[1].Height != 90 {
		t.Errorf("the track after the change is %+v", tracks[1])
	}
	decodes(t, tracks[1], parts[1], 50, image.Pt(160, 90))
}

func TestLoopedCopyGoesOn(t *testing.T) {
	o := File("testdata/bframes.mp4", true)
	o.Copy, o.Realtime = true, false
	packets := read(t, start(t, o), 500)
	last := map[int]time.Duration{}
	for i, p := range packets {
		if before, ok := last[p.Track]; ok && (p.DTS <= before || p.DTS-before > 120*time.Millisecond) {
			t.Errorf("packet %d of track %d is at %v, after %v", i, p.Track, p.DTS, before)
		}
		last[p.Track] = p.DTS
	}
}
