package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/ffmpeg"
	"kinora/internal/leak"
	"kinora/internal/xscreen"
	"kinora/kvs"
	"kinora/mkv"
)

// program is kinora, built once for all tests as make builds it, with the desktop program beside it.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kinora")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "kinora")
	for _, build := range []*exec.Cmd{
		exec.Command("go", "build", "-tags", "migrated_fynedo", "-o", program+"-desktop", "."),
		without(exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")),
	} {
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "kinora cannot be built: %v\n%s", err, out)
			os.Exit(1)
		}
	}
	ffmpeg.Log(slog.New(slog.DiscardHandler))
	code := m.Run()
	_ = os.RemoveAll(dir) // what stays is a temporary file
	os.Exit(code)
}

// without has a command build without a C compiler.
func without(c *exec.Cmd) *exec.Cmd {
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	return c
}

// screen starts a virtual display, or skips where there is no Xvfb.
func screen(t *testing.T, ctx context.Context, size image.Point) *xscreen.Display {
	t.Helper()
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("Xvfb is not installed (Debian: apt-get install xvfb libgl1-mesa-dri)")
	}
	d, err := xscreen.Start(ctx, size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// kinora runs the program on a display until the test ends it.
type kinora struct {
	t   *testing.T
	cmd *exec.Cmd
	log strings.Builder
}

func startKinora(t *testing.T, d *xscreen.Display, args ...string) *kinora {
	t.Helper()
	k := &kinora{t: t, cmd: exec.Command(program, args...)}
	home := t.TempDir()
	k.cmd.Env = d.Env("HOME="+home, "XDG_CONFIG_HOME="+home, "AWS_CONFIG_FILE="+filepath.Join(home, "none"), "LANG=C.UTF-8")
	k.cmd.Stderr = &k.log
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.cmd.Process.Kill() }) // has ended already when the test went well
	return k
}

// stop interrupts the program as a session manager does, and demands a clean end.
func (k *kinora) stop() {
	k.t.Helper()
	if err := k.cmd.Process.Signal(os.Interrupt); err != nil {
		k.t.Fatal(err)
	}
	if err := k.cmd.Wait(); err != nil {
		k.t.Errorf("kinora ended with %v\n%s", err, k.log.String())
	}
}

// await looks at the screen until what is there passes, and returns it.
func await(t *testing.T, ctx context.Context, d *xscreen.Display, k *kinora, what string, passes func(*image.RGBA) bool) *image.RGBA {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		picture, err := d.Image()
		if err != nil {
			t.Fatal(err)
		}
		if passes(picture) {
			return picture
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s was not seen on the screen\n%s", what, k.log.String())
		}
	}
}

// moving passes when the picture has changed in a tenth of a percent of its pixels often enough to be a film.
func moving(changes int) func(*image.RGBA) bool {
	var last *image.RGBA
	return func(now *image.RGBA) bool {
		if last != nil && xscreen.Changed(last, now) > 0.001 {
			changes--
		}
		last = now
		return changes <= 0
	}
}

// TestDemo takes the whole way: FFmpeg's picture, fragments, PutMedia, the archive, GetMedia, the decoder, the screen.
func TestDemo(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d := screen(t, ctx, image.Pt(1280, 800))
	data := t.TempDir()
	k := startKinora(t, d, "--demo", "--data", data)
	await(t, ctx, d, k, "a moving picture", moving(30))
	k.stop()
	for stream, n := range stored(t, ctx, filepath.Join(data, "service")) {
		if n == 0 {
			t.Errorf("nothing of %s was kept", stream)
		}
		t.Logf("%s kept %d fragments", stream, n)
	}
}

// TestRecordingBeginsAgainAfterAKill is about the program alone, without a person: what was recorded goes on, and nothing of
// what was on the disk is missing or there twice.
func TestRecordingBeginsAgainAfterAKill(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d := screen(t, ctx, image.Pt(960, 540))
	data := t.TempDir()
	k := startKinora(t, d, "--demo", "--data", data)
	await(t, ctx, d, k, "a moving picture", moving(30))
	if err := k.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = k.cmd.Wait() // it was killed
	k = startKinora(t, d, "--open", "demo-1", "--data", data)
	await(t, ctx, d, k, "a moving picture after the kill", moving(30))
	k.stop()
	if left, err := filepath.Glob(filepath.Join(data, "spool", "*", "*", "*", "*.mkv*")); err != nil || len(left) > 0 {
		t.Errorf("after a good end the spool still has %q (%v)", left, err)
	}
	for stream, n := range stored(t, ctx, filepath.Join(data, "service")) {
		if n < 2 {
			t.Errorf("%s kept %d fragments of two lives", stream, n)
		}
	}
}

// stored counts the fragments of the streams in a data directory, and fails where a frame is there twice.
func stored(t *testing.T, ctx context.Context, dir string) map[string]int {
	t.Helper()
	s := serve(t, ctx, dir, "")
	defer s.stop()
	streams, err := s.client.Streams(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(streams) != 2 {
		t.Errorf("there are %d streams, want the two of the demo", len(streams))
	}
	counts := make(map[string]int)
	for _, st := range streams {
		counts[st.Name] = len(s.list(ctx, st.Name))
		s.once(ctx, st.Name, counts[st.Name])
	}
	return counts
}

// once reads the first n fragments of a stream and wants every frame of each track once. The times of fragments would not
// tell: sound does not wait long for a picture that is late, and a fragment may hold sound of the first pictures of the next.
func (s *serving) once(ctx context.Context, stream string, n int) {
	s.t.Helper()
	if n == 0 {
		return
	}
	body, err := s.client.GetMedia(ctx, stream, kvs.Start{Earliest: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer body.Close()
	type frame struct {
		track int
		at    time.Duration // since 1970
	}
	there := make(map[frame]string)
	r := mkv.NewReader(body, mkv.Limits{})
	for range n {
		f, err := r.Next()
		if err != nil {
			s.t.Fatalf("%s cannot be read: %v", stream, err)
		}
		p, err := r.Packet()
		for ; err == nil; p, err = r.Packet() {
			key := frame{p.Track, p.PTS}
			if before, twice := there[key]; twice {
				s.t.Errorf("%s has the frame of track %d at %v twice: in %s and %s", stream, p.Track, p.PTS, before, f.Number)
			}
			there[key] = f.Number
		}
		if !errors.Is(err, io.EOF) {
			s.t.Fatalf("%s cannot be read: %v", stream, err)
		}
	}
	if len(there) < n {
		s.t.Errorf("%s has %d frames in %d fragments", stream, len(there), n)
	}
}

// TestKiosk wants the picture, and nothing but the picture, from edge to edge of a screen without a window manager.
func TestKiosk(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d := screen(t, ctx, image.Pt(960, 540)) // the shape of the demo's picture
	k := startKinora(t, d, "--demo", "--open", "demo-1", "--fullscreen", "--data", t.TempDir())
	edges := []image.Point{{1, 400}, {958, 400}, {480, 538}, {300, 1}}
	await(t, ctx, d, k, "a picture from edge to edge", func(now *image.RGBA) bool {
		for _, p := range edges {
			if c := now.RGBAAt(p.X, p.Y); int(c.R)+int(c.G)+int(c.B) < 90 { // black, or the window's own colour
				return false
			}
		}
		return true
	})
	await(t, ctx, d, k, "a moving picture", moving(20))
	k.stop()
}

func TestWrongWordsAreAnsweredWithASentence(t *testing.T) {
	for want, args := range map[string][]string{
		"is not an address":           {"--endpoint", "gate"},
		"not of the form 1280x800":    {"--size", "big"},
		"there is no account":         {"--account", "nobody", "--data", t.TempDir()},
		"choose another with --data":  {"--data", "/proc/nowhere"},
		"needs AWS_ACCESS_KEY_ID and": {"--endpoint", "http://127.0.0.1:1"},
	} {
		cmd := exec.Command(program, args...)
		cmd.Env = []string{"DISPLAY=:nowhere", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) || strings.Count(strings.TrimSpace(string(out)), "\n") > 0 {
			t.Errorf("kinora %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	cmd := exec.Command(program)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "there is no display") {
		t.Errorf("without a display: %v\n%s", err, out)
	}
}
