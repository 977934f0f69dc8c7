package mkv

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kinora/media"
)

// run runs a program of FFmpeg and returns its output. It must not report any error.
func run(t *testing.T, input []byte, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed: this test needs it", program)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{"-hide_banner", "-v", "error"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	return stdout.Bytes()
}

// A probed packet is what ffprobe and this package say of a packet.
type probed struct {
	track int // counted from 0, as ffprobe does
	ms    int64
	size  int
}

func probe(t *testing.T, input []byte) []probed {
	t.Helper()
	out := run(t, input, "ffprobe", "-show_entries", "packet=stream_index,pts_time,size", "-of", "csv=p=0", "-i", "pipe:")
	lines := csv.NewReader(bytes.NewReader(out))
	lines.FieldsPerRecord = -1 // side data follows at times
	records, err := lines.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var packets []probed
	for _, r := range records {
		index, err1 := strconv.Atoi(r[0])
		seconds, err2 := strconv.ParseFloat(r[1], 64)
		size, err3 := strconv.Atoi(r[2])
		if err := cmp.Or(err1, err2, err3); err != nil {
			t.Fatalf("%q: %v", r, err)
		}
		packets = append(packets, probed{index, int64(math.Round(seconds * 1000)), size})
	}
	return packets
}

func read(t *testing.T, input []byte) (tracks []media.Track, packets []probed) {
	t.Helper()
	r := NewReader(bytes.NewReader(input), Limits{})
	for {
		f, err := r.Next()
		if err == io.EOF {
			return tracks, packets
		}
		if err != nil {
			t.Fatal(err)
		}
		tracks = f.Tracks
		for {
			p, err := r.Packet()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			index := slices.IndexFunc(tracks, func(t media.Track) bool { return t.ID == p.Track })
			packets = append(packets, probed{index, p.PTS.Milliseconds(), len(p.Data)})
		}
	}
}

func compare(t *testing.T, got, want []probed) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("ffprobe found no packet")
	}
	if len(got) != len(want) {
		t.Errorf("%d packets; ffprobe finds %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("packet %d: %+v; ffprobe says %+v", i, got[i], want[i])
		}
	}
}

// TestReaderAgreesWithFFprobe reads recordings with both.
func TestReaderAgreesWithFFprobe(t *testing.T) {
	for _, file := range []string{"clusters.mkv", "upload-csdk-h265.mkv", "upload-kvssink-h264-aac.mkv", "ffmpeg-default.mkv", "ffmpeg-live.mkv"} {
		t.Run(file, func(t *testing.T) {
			input := recording(t, file)
			_, got := read(t, input)
			compare(t, got, probe(t, input))
		})
	}
}

// encodings are what ffmpeg is asked for and the track that is to come of it.
var encodings = []struct {
	args    string
	want    media.Track
	private int   // its length, -1 for any
	delay   int64 // ms that ffprobe takes off for the CodecDelay; a Reader gives the times that are written
}{
	{"-f lavfi -i testsrc2=s=160x120:r=25 -c:v libx264 -preset ultrafast -g 25 -bf 2", media.Track{Kind: media.Video, Codec: media.H264, Width: 160, Height: 120}, -1, 0},
	{"-f lavfi -i testsrc2=s=160x120:r=25 -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25", media.Track{Kind: media.Video, Codec: media.H265, Width: 160, Height: 120}, -1, 0},
	{"-f lavfi -i testsrc2=s=160x120:r=25 -c:v libvpx -deadline realtime -cpu-used 8", media.Track{Kind: media.Video, Codec: media.VP8, Width: 160, Height: 120}, 0, 0},
	{"-f lavfi -i testsrc2=s=160x120:r=25 -c:v libvpx-vp9 -deadline realtime -cpu-used 8", media.Track{Kind: media.Video, Codec: media.VP9, Width: 160, Height: 120}, -1, 0},
	{"-f lavfi -i testsrc2=s=160x120:r=25 -c:v mjpeg -pix_fmt yuvj420p", media.Track{Kind: media.Video, Codec: "V_MJPEG", Width: 160, Height: 120}, 0, 0},
	{"-f lavfi -i sine=r=48000 -c:a aac -ac 2", media.Track{Kind: media.Audio, Codec: media.AAC, Rate: 48000, Channels: 2}, 5, 0},
	{"-f lavfi -i sine=r=8000 -c:a pcm_alaw", media.Track{Kind: media.Audio, Codec: media.ALaw, Rate: 8000, Channels: 1}, 0, 0},
	{"-f lavfi -i sine=r=16000 -c:a pcm_mulaw -ac 2", media.Track{Kind: media.Audio, Codec: media.MuLaw, Rate: 16000, Channels: 2}, 0, 0},
	{"-f lavfi -i sine=r=44100 -c:a pcm_s16le -ac 2", media.Track{Kind: media.Audio, Codec: media.PCM, Rate: 44100, Channels: 2}, 0, 0},
	{"-f lavfi -i sine=r=44100 -c:a pcm_s24le", media.Track{Kind: media.Audio, Codec: "A_PCM/INT/LIT", Rate: 44100, Channels: 1}, 0, 0},
	{"-f lavfi -i sine=r=48000 -c:a libopus", media.Track{Kind: media.Audio, Codec: media.Opus, Rate: 48000, Channels: 1}, 19, 7},
	{"-f srt -i pipe: -c:s subrip", media.Track{Kind: media.Data, Codec: media.Text}, 0, 0},
}

const subtitles = "1\n00:00:00,000 --> 00:00:00,500\nHällo\n\n2\n00:00:01,000 --> 00:00:01,200\nworld\n\n"

// TestFFmpegOutput reads what ffmpeg's matroska muxer writes to a pipe, and has ffprobe read what Writer makes of it.
func TestFFmpegOutput(t *testing.T) {
	for _, e := range encodings {
		modes := []string{""}
		if e.want.Codec == media.H264 || e.want.Codec == media.Text { // SimpleBlocks and BlockGroups
			modes = append(modes, "-live 1", "-cluster_time_limit 500")
		}
		for _, mode := range modes {
			t.Run(strings.TrimSpace(string(e.want.Codec)+" "+mode), func(t *testing.T) {
				args := strings.Fields(e.args + " -t 2 -f matroska " + mode + " pipe:")
				input := run(t, []byte(subtitles), "ffmpeg", args...)
				if err := walk(t, input, bytes.NewReader(input), ParserOptions{}, nil); err != io.EOF {
					t.Fatal(err)
				}
				tracks, got := read(t, input)
				want := probe(t, input)
				for i := range want {
					want[i].ms += e.delay
				}
				compare(t, got, want)
				if len(tracks) != 1 {
					t.Fatalf("%+v", tracks)
				}
				track := tracks[0]
				if n := len(track.Private); e.private >= 0 && n != e.private || track.Private == nil && e.private < 0 && e.want.Codec == media.H264 {
					t.Errorf("private data of %d bytes; want %d", n, e.private)
				}
				private := track.Private
				e.want.ID, track.Private = 1, nil
				if fmt.Sprint(track) != fmt.Sprint(e.want) {
					t.Errorf("%+v\nwant %+v", track, e.want)
				}
				if e.want.Codec == "A_PCM/INT/LIT" {
					return // without a bit depth it cannot be written again
				}
				track.Private = private
				again := rewrite(t, input, []media.Track{track})
				compare(t, probe(t, again), got)
				run(t, again, "ffmpeg", "-i", "pipe:", "-map", "0", "-c:s", "copy", "-f", "null", "-")
			})
		}
	}
}

// rewrite reads fragments and writes them with a Writer.
func rewrite(t *testing.T, input []byte, tracks []media.Track) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out, tracks, WriterOptions{})
	r := NewReader(bytes.NewReader(input), Limits{})
	for {
		f, err := r.Next()
		if err == io.EOF {
			return out.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(f.Start); err != nil {
			t.Fatal(err)
		}
		for {
			p, err := r.Packet()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
	}
}
