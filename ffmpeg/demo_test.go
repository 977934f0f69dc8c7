package ffmpeg

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// frames decodes the first pictures of a lavfi graph, each as the bytes of its planes.
func frames(t *testing.T, graph string, n int) [][]byte {
	t.Helper()
	in := &input{Input: Input{Format: "lavfi", URL: graph}, interrupt: newInterrupt(), epoch: time.Now()}
	defer in.interrupt.free()
	if err := in.open(t.Context(), [2]bool{true, false}); err != nil {
		t.Fatal(err)
	}
	defer in.close()
	k := &frameKeeper{left: n}
	in.streams[0].out = k
	if err := in.run(t.Context()); err != nil && k.left > 0 {
		t.Fatal(err)
	}
	return k.frames
}

type frameKeeper struct {
	frames [][]byte
	left   int
}

func (k *frameKeeper) encode(f *astiav.Frame, _ time.Duration) error {
	if k.left == 0 || f == nil {
		return errEnough
	}
	k.left--
	b, err := f.Data().Bytes(1)
	k.frames = append(k.frames, b)
	return err
}

func (k *frameKeeper) track() media.Track { return media.Track{} }
func (k *frameKeeper) discontinue()       {}
func (k *frameKeeper) free()              {}

// Each picture shows its own time, cut to the millisecond: it looks exactly like one with that text in plain letters.
func TestDemoClockShowsThePicturesTime(t *testing.T) {
	font := demoFont()
	if font == "" {
		t.Skip("there is no font: the clock cannot be tested")
	}
	// Only the clock of the demo's picture, small, to be quick.
	picture := func(clock string, options string) string {
		graph := demoPicture("", 0, clock, font)
		from, to := strings.Index(graph, ",drawtext"), strings.LastIndex(graph, ",drawtext")
		return "color=s=800x160:r=30,format=yuv420p" + graph[from:to] + options
	}
	for _, start := range []time.Time{
		time.Date(2026, 3, 1, 8, 59, 59, 0, time.Local),
		time.Date(2026, 7, 9, 23, 59, 59, int(999*time.Millisecond), time.Local),
		time.Date(2031, 12, 31, 0, 0, 0, int(7*time.Millisecond), time.Local),
		time.Date(2026, 11, 23, 12, 34, 56, int(667*time.Millisecond), time.Local),
	} {
		const n = 32 // more than a second
		got := frames(t, picture(demoClock(start), ""), n)
		for i := 0; i < n; i++ {
			at := start.Add(time.Duration(i) * time.Second / 30)
			text := at.Format("15:04:05.000")
			want := frames(t, picture(strings.ReplaceAll(text, ":", `\:`), ":expansion=none"), 1)
			if !bytes.Equal(got[i], want[0]) {
				t.Errorf("picture %d of a camera that began at %v does not show %s", i, start, text)
			}
		}
	}
}

func TestDemoCamerasDiffer(t *testing.T) {
	var pictures [][]byte
	for _, name := range []string{"Front door", "Garden", `It's 50%: [a], b;c \d {e} "f"`, "", strings.Repeat("long ", 50)} {
		src := start(t, DemoCamera(name))
		tracks := src.Tracks()
		if len(tracks) != 2 || tracks[0].Width != 1280 || tracks[0].Height != 720 {
			t.Fatalf("%q: tracks %+v", name, tracks)
		}
		d := openDecoder(t, tracks[0])
		sound := false
		for shown := false; !shown || !sound; {
			p := read(t, src, 1)[0]
			if p.Track == 2 {
				sound = true
				continue
			}
			send(t, d, p)
			if _, _, ok, err := d.Receive(); err != nil || !ok {
				t.Fatal(ok, err)
			}
			if !shown {
				pictures = append(pictures, bytes.Clone(drawGuarded(t, d, 64, 36).Pix))
				shown = true
			}
		}
		src.Close()
	}
	for i := range pictures {
		for j := range i {
			if bytes.Equal(pictures[i], pictures[j]) {
				t.Errorf("cameras %d and %d look the same", i, j)
			}
		}
	}
}

func TestDemoWithoutAFont(t *testing.T) {
	if got := frames(t, demoPicture("x", 10, demoClock(time.Now()), ""), 2); len(got) != 2 {
		t.Errorf("%d pictures", len(got))
	}
	if err := tryGraph("color=s=64x64,nosuchfilter,nullsink"); err == nil {
		t.Error("a filter that is not there was accepted")
	}
}

func BenchmarkDemoPicture(b *testing.B) {
	graph := demoPicture("Front door", 90, demoClock(time.Now()), demoFont())
	in := &input{Input: Input{Format: "lavfi", URL: graph}, interrupt: newInterrupt(), epoch: time.Now()}
	defer in.interrupt.free()
	if err := in.open(b.Context(), [2]bool{true, false}); err != nil {
		b.Fatal(err)
	}
	defer in.close()
	e, err := newVideoEncoder(1, in.streams[0].decoder, 30, CaptureOptions{KeyInterval: 2 * time.Second}, in.epoch, func(*media.Packet) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	defer e.free()
	in.streams[0].out = e
	b.ReportAllocs()
	for b.Loop() {
		if err := in.format.ReadFrame(in.packet); err != nil {
			b.Fatal(err)
		}
		if err := in.decode(b.Context(), in.streams[0], in.packet); err != nil {
			b.Fatal(err)
		}
		in.packet.Unref()
	}
}
