package mp4

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// recorded reads the fragments of a Matroska file as an archive gives them.
func recorded(t testing.TB, r io.Reader) []*media.Recorded {
	t.Helper()
	var list []*media.Recorded
	reader := mkv.NewReader(r, mkv.Limits{})
	for {
		f, err := reader.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		one := &media.Recorded{Fragment: media.Fragment{Number: strconv.Itoa(len(list) + 1), Start: time.UnixMilli(0).Add(f.Start)}, Tracks: f.Tracks}
		if !f.ProducerTime.IsZero() {
			one.Fragment.Start = f.ProducerTime
		}
		for {
			p, err := reader.Packet()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			p.PTS -= f.Start
			p.DTS -= f.Start
			one.Length = max(one.Length, p.PTS)
			one.Packets = append(one.Packets, p)
		}
		one.Fragment.Producer = one.Fragment.Start
		list = append(list, one)
	}
}

// recording is a file of testdata of the room that reads Matroska.
func recording(t testing.TB, name string) []*media.Recorded {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "mkv", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return recorded(t, bytes.NewReader(b))
}

// generated is what ffmpeg makes with the given arguments: a fragment for each key frame.
func generated(t testing.TB, args ...string) []*media.Recorded {
	t.Helper()
	args = append(append([]string{"-v", "error"}, args...), "-cluster_time_limit", "20000", "-cluster_size_limit", "50000000", "-f", "matroska", "-")
	return recorded(t, bytes.NewReader(run(t, "ffmpeg", args...)))
}

func run(t testing.TB, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed", program)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("%s %q: %v\n%s", program, args, err, complaints.Bytes())
	}
	return out
}

// probed is what ffprobe says of a file.
type probed struct {
	Streams []struct {
		Index         int
		CodecName     string `json:"codec_name"`
		CodecTag      string `json:"codec_tag_string"`
		Width, Height int
		StartTime     string `json:"start_time"`
		Duration      string
		Frames        string `json:"nb_read_packets"`
	}
	Packets []struct {
		Stream int    `json:"stream_index"`
		PTS    string `json:"pts_time"`
		DTS    string `json:"dts_time"`
		Length string `json:"duration_time"`
		Flags  string
	}
	Format struct{ Duration string }
}

// probe asks ffprobe, which must not complain, and decodes everything, which ffmpeg must not complain about either.
func probe(t testing.TB, file []byte) probed {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.mp4")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return probeFile(t, path)
}

func probeFile(t testing.TB, path string) probed {
	t.Helper()
	run(t, "ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-")
	var p probed
	out := run(t, "ffprobe", "-v", "error", "-count_packets", "-show_streams", "-show_packets", "-show_format", "-of", "json", path)
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// times are the showing times of a stream's packets, in the order of the file.
func (p probed) times(t testing.TB, stream int) []float64 {
	t.Helper()
	var list []float64
	for _, packet := range p.Packets {
		if packet.Stream == stream {
			list = append(list, number(t, packet.PTS))
		}
	}
	return list
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(cmp.Or(s, "x"), 64)
	if err != nil {
		t.Fatalf("ffprobe says %q where a number belongs", s)
	}
	return f
}

func near(a, b, within float64) bool { return math.Abs(a-b) <= within }
