package localkvs_test

import (
	"encoding/json"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

// probe has FFmpeg read all of a session and returns what it says of the streams.
func (s *stage) probe(url string) (streams []probed) {
	s.Helper()
	path, err := exec.LookPath("ffprobe")
	if err != nil {
		s.Skip("ffprobe is not installed (Debian: apt-get install ffmpeg)")
	}
	cmd := exec.CommandContext(deadline(s.T), path, "-v", "error", "-count_packets", "-show_entries",
		"stream=codec_name,width,height,nb_read_packets,start_time", "-of", "json", url)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || complaint.Len() > 0 {
		s.Errorf("ffprobe %s: %v\n%s", url, err, complaint.String())
	}
	var answer struct{ Streams []probed }
	if err := json.Unmarshal(out, &answer); err != nil {
		s.Fatal(err)
	}
	return answer.Streams
}

type probed struct {
	Codec   string `json:"codec_name"`
	Width   int
	Packets string `json:"nb_read_packets"`
	Start   string `json:"start_time"`
}

func TestFFmpegReadsSessions(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for _, c := range []struct {
		clip      string
		fragments int
		want      []probed
	}{
		{"h264-aac", 6, []probed{{Codec: "h264", Width: 320, Packets: "180"}, {Codec: "aac", Packets: "188"}}},
		{"bframes", 3, []probed{{Codec: "h264", Width: 320, Packets: "90"}}},
		{"h265", 3, []probed{{Codec: "hevc", Width: 320, Packets: "90"}}},
	} {
		p := s.produce(c.clip, epoch)
		p.fragments(c.fragments)
		p.stop()
		for _, container := range types.ContainerFormat("").Values() {
			for _, breaks := range types.HLSDiscontinuityMode("").Values() {
				url := s.hls(kinesisvideoarchivedmedia.GetHLSStreamingSessionURLInput{
					PlaybackMode: types.HLSPlaybackModeOnDemand, ContainerFormat: container, DiscontinuityMode: breaks,
					HLSFragmentSelector: between(epoch, epoch.Add(time.Minute)),
				})
				got := s.probe(url)
				slices.SortFunc(got, func(a, b probed) int { return -strings.Compare(a.Codec, b.Codec) }) // FFmpeg numbers them as they come
				if len(got) != len(c.want) {
					t.Fatalf("%s as %s, %s: %+v, want %+v", c.clip, container, breaks, got, c.want)
				}
				for i, want := range c.want {
					if got[i].Codec != want.Codec || got[i].Width != want.Width || got[i].Packets != want.Packets {
						t.Errorf("%s as %s, %s: %+v, want %+v", c.clip, container, breaks, got[i], want)
					}
				}
				if container == types.ContainerFormatFragmentedMp4 {
					start, err := strconv.ParseFloat(got[0].Start, 64)
					if err != nil || math.Abs(start-float64(epoch.UnixMilli())/1000) > 0.0005 {
						t.Errorf("%s, %s: the picture starts at %s, want %d ms", c.clip, breaks, got[0].Start, epoch.UnixMilli())
					}
				}
			}
		}
		epoch = epoch.Add(10 * time.Minute)
	}
}

func TestFFmpegReadsManifests(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for _, c := range []struct {
		clip string
		want []probed
	}{
		{"h264-aac", []probed{{Codec: "h264", Packets: "90"}, {Codec: "aac", Packets: "94"}}},
		{"h264-g711", []probed{{Codec: "h264", Packets: "90"}, {Codec: "pcm_mulaw", Packets: "47"}}},
		{"h265", []probed{{Codec: "hevc", Packets: "90"}}},
	} {
		p := s.produce(c.clip, epoch)
		p.fragments(3)
		p.stop()
		got := s.probe(s.dash(kinesisvideoarchivedmedia.GetDASHStreamingSessionURLInput{
			PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(time.Minute)),
		}))
		if len(got) != len(c.want) {
			t.Fatalf("%s: %+v, want %+v", c.clip, got, c.want)
		}
		for i, want := range c.want {
			if got[i].Codec != want.Codec || got[i].Packets != want.Packets {
				t.Errorf("%s: %+v, want %+v", c.clip, got[i], want)
			}
			if start, err := strconv.ParseFloat(got[i].Start, 64); err != nil || start > 0.2 {
				t.Errorf("%s: track %d starts at %s", c.clip, i, got[i].Start)
			}
		}
		epoch = epoch.Add(10 * time.Minute)
	}
}

// A frame that is not in the form of its codec costs itself alone, in either container.
func TestBrokenFrameCostsItself(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	c := p.begin()
	c.pictures(3)
	for i, packet := range c.rest {
		if packet.Track == 1 && !packet.Key {
			broken := *packet
			broken.Data = []byte{0, 0, 0, 9, 1}
			c.rest[i] = &broken
			break
		}
	}
	c.end()
	p.stop()
	for _, container := range []types.ContainerFormat{types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs} {
		streams := s.probe(s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, ContainerFormat: container, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute))}))
		if !slices.ContainsFunc(streams, func(p probed) bool { return p.Codec == "h264" && p.Packets == "29" }) {
			t.Errorf("%s: %+v, want 29 of 30 pictures", container, streams)
		}
	}
}
