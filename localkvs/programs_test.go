package localkvs_test

import (
	"context"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/internal/browser"
)

// runs lets a program play to the end of what it plays, and returns what it says. It skips the test where the program is missing.
func runs(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt-get install %s)", name, name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), browser.Time) // by SIGKILL: FFmpeg's demuxers do not always heed others
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%.4000s", name, err, out)
	}
	return string(out)
}

// decoded is how many pictures FFmpeg makes of a session, 210 at most.
func decoded(t *testing.T, address string, options ...string) int {
	t.Helper()
	args := append([]string{"-v", "error", "-nostdin"}, options...)
	out := runs(t, "ffmpeg", append(args, "-i", address, "-map", "0:v", "-frames:v", "210", "-f", "framehash", "-")...)
	return strings.Count("\n"+out, "\n0,")
}

// shown is which widths mpv shows, and how often it says so.
func shown(t *testing.T, address string, options ...string) map[string]int {
	t.Helper()
	args := append([]string{"--no-config", "--vo=null", "--no-audio", "--untimed", "--term-status-msg=at ${width} ."}, options...)
	widths := make(map[string]int)
	for _, said := range strings.Split(runs(t, "mpv", append(args, address)...), "at ")[1:] {
		width, _, _ := strings.Cut(said, " ")
		widths[width]++
	}
	return widths
}

// A recording with a gap and, behind it, pictures of another size plays in FFmpeg and in what is made of it, as far as FFmpeg 5.1 goes: its HLS
// demuxer does not take another init fragment from a fragmented MP4, nor seek in one (not even in those that it has written), and its DASH
// demuxer plays one Period. MPEG-TS has no such limits.
func TestProgramsPlayRecordings(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch) // 30 pictures a fragment
	p.fragments(4)
	p.stop()
	p = s.produce("smaller", epoch.Add(68*time.Second)) // 20
	p.fragments(4)
	p.stop()
	hls := func(container types.ContainerFormat, until time.Duration) string {
		return s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, ContainerFormat: container,
			DiscontinuityMode: types.HLSDiscontinuityModeOnDiscontinuity, HLSFragmentSelector: between(epoch, epoch.Add(until))})
	}
	const mp4, ts, first, both = types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs, time.Minute, 2 * time.Minute
	manifest := s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(first))})
	for name, c := range map[string]struct {
		address string
		frames  int
		seeks   bool
		widths  string
	}{
		"HLS of MP4":                  {hls(mp4, first), 4 * 30, false, "320"},
		"HLS of TS":                   {hls(ts, first), 4 * 30, true, "320"},
		"HLS of TS with another size": {hls(ts, both), 4*30 + 4*20, true, "256 320"},
		"DASH":                        {manifest, 4 * 30, true, "320"},
	} {
		t.Run(name, func(t *testing.T) {
			if n := decoded(t, c.address); n != c.frames {
				t.Errorf("ffmpeg decodes %d pictures, want %d", n, c.frames)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(shown(t, c.address))), " "); got != c.widths {
				t.Errorf("mpv shows pictures %s wide, want %s", got, c.widths)
			}
			if !c.seeks {
				return
			}
			if n := decoded(t, c.address, "-ss", "5"); n == 0 || n >= c.frames-30 {
				t.Errorf("from 5 s on ffmpeg decodes %d pictures of %d", n, c.frames)
			}
			if len(shown(t, c.address, "--start=5")) == 0 {
				t.Error("from 5 s on mpv shows nothing")
			}
		})
	}
}

// What is replayed plays to its end, at its pace; what is live plays on when the producer was away and comes back with pictures of another size.
func TestProgramsPlayersLive(t *testing.T) {
	inRealTime(t)
	s := newStage(t)
	past := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", past)
	p.fragments(5)
	p.stop()
	for _, container := range []types.ContainerFormat{types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs} {
		replay := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeLiveReplay, ContainerFormat: container, HLSFragmentSelector: between(past, past.Add(time.Minute))})
		if n := decoded(t, replay); n != 5*30 {
			t.Errorf("of a replay in %s ffmpeg decodes %d pictures, want %d", container, n, 5*30)
		}
	}
	epoch := time.Now().Truncate(time.Millisecond)
	p = s.produce("h264-aac", epoch)
	p.fragments(5)
	address := s.hls(hlsInput{ContainerFormat: types.ContainerFormatMpegTs})
	p.stop()
	p = s.produce("smaller", epoch.Add(p.at+time.Minute))
	defer p.goLive()()
	if n := decoded(t, address, "-live_start_index", "0"); n < 5*30+3*20 {
		t.Errorf("of a live stream ffmpeg decodes %d pictures, with none of the other size", n)
	}
}
