package localkvs_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/internal/browser"
)

// program is one that plays, and says of each picture how wide it is.
type program struct {
	name string
	args []string // in front of the address
	last []string // behind it
	says *regexp.Regexp
}

var (
	saysFilter = regexp.MustCompile(`n: *\d+ pts:.* s:(\d+)x`)
	saysMpv    = regexp.MustCompile(`at (\d+) `)
	ffplay     = program{"ffplay", []string{"-hide_banner", "-v", "info", "-autoexit", "-noframedrop", "-an", "-vf", "showinfo"}, nil, saysFilter}
	ffmpeg     = program{"ffmpeg", []string{"-hide_banner", "-v", "info", "-nostdin", "-i"}, []string{"-map", "0:v", "-vf", "showinfo", "-f", "null", "-"}, saysFilter}
	mpv        = program{"mpv", []string{"--no-config", "--vo=null", "--no-audio", "--term-status-msg=at ${width} ${=time-pos}"}, nil, saysMpv}
)

// with adds options.
func (p program) with(args ...string) program {
	p.args = append(append([]string(nil), p.args...), args...)
	return p
}

// viewing is a program that plays.
type viewing struct {
	*testing.T
	program
	pictures chan string // how wide each is; closed when the program has ended
	ended    error
	heard    []string // what it said last
}

// view starts a program. It skips the test where that is missing.
func view(t *testing.T, p program, address string) *viewing {
	t.Helper()
	path, err := exec.LookPath(p.name)
	if err != nil {
		t.Skipf("%s is not installed", p.name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*browser.Time) // by SIGKILL: FFmpeg's demuxers do not always heed others
	cmd := exec.CommandContext(ctx, path, append(append(append([]string(nil), p.args...), address), p.last...)...)
	cmd.Env = append(os.Environ(), "SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	v := &viewing{T: t, program: p, pictures: make(chan string, 100_000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(v.pictures)
		lines := bufio.NewScanner(out)
		lines.Split(wordsOf)
		for lines.Scan() {
			if said := p.says.FindStringSubmatch(lines.Text()); said != nil {
				v.pictures <- said[1]
			} else {
				v.heard = append(v.heard[max(0, len(v.heard)-30):], lines.Text())
			}
		}
		v.ended = cmd.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return v
}

// wordsOf splits what programs say at line feeds and at carriage returns.
func wordsOf(b []byte, end bool) (advance int, token []byte, err error) {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			return i + 1, b[:i], nil
		}
	}
	if end && len(b) > 0 {
		return len(b), b, nil
	}
	return 0, nil, nil
}

// shows waits for some more pictures of a width.
func (v *viewing) shows(width string, n int) {
	v.Helper()
	limit := time.NewTimer(browser.Time)
	defer limit.Stop()
	for seen := 0; seen < n; {
		select {
		case got, more := <-v.pictures:
			if !more {
				v.Fatalf("%s ended (%v) after %d of %d pictures that are %s wide:\n%s", v.name, v.ended, seen, n, width, strings.Join(v.heard, "\n"))
			}
			if got == width {
				seen++
			}
		case <-limit.C:
			v.Fatalf("%s shows %d of %d pictures that are %s wide in %s", v.name, seen, n, width, browser.Time)
		}
	}
}

// counts waits for the program's end and returns how many pictures it shows of each width.
func (v *viewing) counts() map[string]int {
	v.Helper()
	n := make(map[string]int)
	for width := range v.pictures {
		n[width]++
	}
	if v.ended != nil {
		v.Fatalf("%s: %v\n%s", v.name, v.ended, strings.Join(v.heard, "\n"))
	}
	return n
}

// What is live plays in programs as it comes; and where they can, on behind a pause of the producer, with pictures of another size. FFmpeg 5.1 cannot in
// fragmented MP4, of which its HLS demuxer reads one init fragment and its DASH demuxer one Period.
func TestProgramsPlayersFollow(t *testing.T) {
	inRealTime(t)
	s := newStage(t)
	epoch := time.Now().Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(5)
	const mp4, ts = types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs
	hls := func(container types.ContainerFormat) string { return s.hls(hlsInput{ContainerFormat: container}) }
	dash := func() string { return s.dash(dashInput{MaxManifestFragmentResults: aws.Int64(10)}) }
	scenes := map[string]struct {
		program program
		address string
		on      bool // behind the pause too
	}{
		"ffplay HLS of MP4": {ffplay, hls(mp4), false},
		"ffplay HLS of TS":  {ffplay, hls(ts), true},
		"mpv HLS of MP4":    {mpv, hls(mp4), false},
		"mpv HLS of TS":     {mpv, hls(ts), true},
		"ffmpeg DASH":       {ffmpeg, dash(), false},
		"ffplay DASH":       {ffplay, dash(), false},
		"mpv DASH":          {mpv, dash(), false},
	}
	viewings := make(map[string]*viewing)
	for name, scene := range scenes {
		viewings[name] = view(t, scene.program, scene.address)
	}
	stop := p.goLive()
	for _, v := range viewings {
		v.shows("320", 60)
	}
	stop()
	select { // the producer is away; by its clock for a minute
	case <-time.After(5 * time.Second):
	case <-t.Context().Done():
	}
	p = s.produce("smaller", epoch.Add(p.at+time.Minute))
	defer p.goLive()()
	for name, scene := range scenes {
		if scene.on {
			viewings[name].shows("256", 40)
		}
	}
}

// What is replayed, and a recording, play to their end, from the beginning and from elsewhere.
func TestProgramsPlayersToTheEnd(t *testing.T) {
	inRealTime(t)
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch) // 30 pictures a fragment
	p.fragments(5)
	p.stop()
	const mp4, ts = types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs
	const replayed, recorded = types.HLSPlaybackModeLiveReplay, types.HLSPlaybackModeOnDemand
	hls := func(mode types.HLSPlaybackMode, container types.ContainerFormat) string {
		return s.hls(hlsInput{PlaybackMode: mode, ContainerFormat: container, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute))})
	}
	dash := func(mode types.DASHPlaybackMode) string {
		return s.dash(dashInput{PlaybackMode: mode, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(time.Minute))})
	}
	for name, program := range map[string]program{"ffplay": ffplay, "ffmpeg": ffmpeg, "mpv": mpv} {
		t.Run(name+" replay of DASH", func(t *testing.T) {
			t.Parallel()
			view(t, program, dash(types.DASHPlaybackModeLiveReplay)).shows("320", 60) // FFmpeg's demuxer begins where it likes, and asks on behind the end
		})
	}
	for name, scene := range map[string]struct {
		program program
		address string
		least   int // pictures
		most    int
	}{
		"ffplay recording of MP4":           {ffplay, hls(recorded, mp4), 140, 150},
		"ffplay recording of TS":            {ffplay, hls(recorded, ts), 140, 150},
		"ffplay recording of TS from 5 s":   {ffplay.with("-ss", "5"), hls(recorded, ts), 30, 110},
		"ffplay recording of DASH":          {ffplay, dash(types.DASHPlaybackModeOnDemand), 140, 150},
		"ffplay recording of DASH from 5 s": {ffplay.with("-ss", "5"), dash(types.DASHPlaybackModeOnDemand), 30, 110},
		"ffplay replay of MP4":              {ffplay.with("-live_start_index", "0"), hls(replayed, mp4), 140, 150},
		"ffplay replay of TS":               {ffplay.with("-live_start_index", "0"), hls(replayed, ts), 140, 150},
		"mpv replay of MP4":                 {mpv, hls(replayed, mp4), 30, 1000}, // it says more often than it shows
		"mpv replay of TS":                  {mpv, hls(replayed, ts), 30, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n := view(t, scene.program, scene.address).counts(); n["320"] < scene.least || n["320"] > scene.most || len(n) != 1 {
				t.Errorf("%s shows %v, want %d to %d pictures that are 320 wide", scene.program.name, n, scene.least, scene.most)
			}
		})
	}
}
