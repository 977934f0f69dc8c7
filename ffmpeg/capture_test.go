package ffmpeg

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/media/nal"
)

// start captures for the test's length, at most 20 seconds.
func start(t *testing.T, o CaptureOptions) media.Source {
	t.Helper()
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	src, err := Capture(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// read takes n packets, or all with n < 0.
func read(t *testing.T, src media.Source, n int) (packets []*media.Packet) {
	t.Helper()
	for len(packets) != n {
		p, err := src.Read()
		if err == io.EOF && n < 0 {
			break
		}
		if err != nil {
			t.Fatalf("after %d packets: %v", len(packets), err)
		}
		packets = append(packets, p)
	}
	return packets
}

func of(track int, packets []*media.Packet) (own []*media.Packet) {
	for _, p := range packets {
		if p.Track == track {
			own = append(own, p)
		}
	}
	return own
}

// checkOrder fails when times do not increase on each track, and in all when that was promised.
func checkOrder(t *testing.T, packets []*media.Packet, interleaved bool) {
	t.Helper()
	last, all := map[int]time.Duration{}, time.Duration(-1)
	for i, p := range packets {
		if before, ok := last[p.Track]; ok && p.DTS <= before {
			t.Errorf("packet %d of track %d is at %v, after one at %v", i, p.Track, p.DTS, before)
		}
		if p.PTS != p.DTS {
			t.Errorf("packet %d: PTS %v, DTS %v: pictures are reordered", i, p.PTS, p.DTS)
		}
		if interleaved && p.DTS < all {
			t.Errorf("packet %d of track %d at %v follows one at %v", i, p.Track, p.DTS, all)
		}
		last[p.Track], all = p.DTS, max(all, p.DTS)
	}
}

// checkUnits fails when data is not a chain of length-prefixed NAL units, or the key flag lies.
func checkUnits(t *testing.T, p *media.Packet) {
	t.Helper()
	idr := false
	for b := p.Data; len(b) > 0; {
		if len(b) < 5 {
			t.Fatalf("%v: %d bytes left over", p.PTS, len(b))
		}
		n := int(binary.BigEndian.Uint32(b))
		if n < 1 || n > len(b)-4 {
			t.Fatalf("%v: a NAL unit of %d bytes in %d", p.PTS, n, len(b)-4)
		}
		idr = idr || b[4]&31 == 5
		b = b[4+n:]
	}
	if idr != p.Key {
		t.Errorf("%v: Key is %v, an IDR picture is %v", p.PTS, p.Key, idr)
	}
}

func TestCaptureGenerated(t *testing.T) {
	before := time.Now()
	src := start(t, CaptureOptions{
		Realtime: true, KeyInterval: 500 * time.Millisecond,
		Inputs: []Input{{Format: "lavfi", URL: "testsrc2=s=640x360:r=30,format=yuv420p"}, {Format: "lavfi", URL: "sine=r=44100"}},
	})
	if e := src.Epoch(); e.Before(before.Add(-time.Millisecond)) || e.After(time.Now()) {
		t.Errorf("Epoch is %v, the capture began at %v", e, before)
	}
	video, _ := media.VideoTrack(src.Tracks())
	audio, _ := media.AudioTrack(src.Tracks())
	if video.ID != 1 || video.Codec != media.H264 || video.Width != 640 || video.Height != 360 {
		t.Errorf("video track %+v", video)
	}
	if w, h, err := nal.AVCSize(video.Private); err != nil || w != 640 || h != 360 {
		t.Errorf("avcC says %dx%d, %v", w, h, err)
	}
	if audio.ID != 2 || audio.Codec != media.AAC || audio.Rate != 48000 || audio.Channels != 1 || len(audio.Private) < 2 {
		t.Errorf("audio track %+v", audio)
	}
	// AudioSpecificConfig (ISO 14496-3, 1.6.2.1): object type 2 (LC), frequency index 3 (48 kHz), 1 channel.
	if asc := binary.BigEndian.Uint16(audio.Private); asc>>11 != 2 || asc>>7&15 != 3 || asc>>3&15 != 1 {
		t.Errorf("AudioSpecificConfig %x", audio.Private)
	}
	var packets []*media.Packet
	for len(of(1, packets)) < 50 {
		p := read(t, src, 1)[0]
		if early := time.Until(src.Epoch().Add(p.PTS)); p.Track == 1 && early > 0 {
			t.Errorf("the picture of %v came %v early", p.PTS, early)
		}
		packets = append(packets, p)
	}
	checkOrder(t, packets, false)
	d := openDecoder(t, video)
	sinceKey := 15
	for i, p := range of(1, packets) {
		checkUnits(t, p)
		if wantKey := sinceKey == 15 || p.Discontinuity; p.Key != wantKey {
			t.Errorf("picture %d: key %v, %d after the last", i, p.Key, sinceKey)
		}
		if p.Key {
			sinceKey = 0
		}
		sinceKey++
		send(t, d, p)
		if got := receiveAll(t, d); len(got) != 1 || got[0] != p.PTS {
			t.Errorf("the packet of %v gave the pictures %v", p.PTS, got)
		}
	}
	for i, p := range of(2, packets) {
		if !p.Key || len(p.Data) == 0 || len(p.Data) > 1 && binary.BigEndian.Uint16(p.Data)>>4 == 0xfff {
			t.Errorf("sound packet %d: key %v, data %x", i, p.Key, p.Data[:min(8, len(p.Data))])
		}
	}
}

func TestCaptureFiles(t *testing.T) {
	for name, want := range map[string]struct {
		size          image.Point
		pictures      int
		sound         bool
		channels      int
		limit, scaled image.Point
	}{
		"bframes.mp4": {size: image.Pt(320, 180), pictures: 50, sound: true, channels: 2, limit: image.Pt(200, 1000), scaled: image.Pt(200, 112)},
		"odd.webm":    {size: image.Pt(174, 98), pictures: 25, limit: image.Pt(1000, 49), scaled: image.Pt(86, 48)},
		"tenbit.mkv":  {size: image.Pt(160, 120), pictures: 25, limit: image.Pt(160, 120), scaled: image.Pt(160, 120)},
		"sound.wav":   {sound: true, channels: 1},
		"photo.jpg":   {size: image.Pt(160, 120), pictures: 1, limit: image.Pt(1, 1), scaled: image.Pt(16, 16)},
	} {
		for _, limit := range []image.Point{{}, want.limit} {
			size := want.size
			if limit != (image.Point{}) {
				size = want.scaled
			}
			t.Run(name+limit.String(), func(t *testing.T) {
				src := start(t, CaptureOptions{Inputs: []Input{{URL: filepath.Join("testdata", name)}}, MaxSize: limit})
				packets := read(t, src, -1)
				checkOrder(t, packets, true)
				video, ok := media.VideoTrack(src.Tracks())
				if ok != (want.pictures > 0) || video.Width != size.X || video.Height != size.Y {
					t.Errorf("video %v, %dx%d; want %v", ok, video.Width, video.Height, size)
				}
				if got := len(of(1, packets)); got != want.pictures {
					t.Errorf("%d pictures, want %d", got, want.pictures)
				}
				for i, p := range of(1, packets) {
					checkUnits(t, p)
					if step := p.PTS - of(1, packets)[0].PTS - time.Duration(i)*40*time.Millisecond; step.Abs() > time.Millisecond {
						t.Errorf("picture %d is %v off its time", i, step)
					}
				}
				audio, ok := media.AudioTrack(src.Tracks())
				if ok != want.sound || audio.Channels != want.channels {
					t.Errorf("sound %v, %d channels", ok, audio.Channels)
				}
				if sound := of(2, packets); want.sound && len(sound) < 20 {
					t.Errorf("%d sound packets", len(sound))
				}
			})
		}
	}
}

// What was captured looks like what was shown, in pixels.
func TestCaptureKeepsThePicture(t *testing.T) {
	for name, graph := range map[string]string{
		"yuv":    "color=c=0x3070c0:s=320x180:r=30,format=yuv420p",
		"rgb":    "color=c=0x3070c0:s=320x180:r=30,format=bgr0",
		"hd rgb": "color=c=0x3070c0:s=1280x720:r=30,format=bgr0",
		"full":   "color=c=0x3070c0:s=320x180:r=30,format=yuvj420p",
		"422":    "color=c=0x3070c0:s=320x180:r=30,format=yuv422p",
	} {
		t.Run(name, func(t *testing.T) {
			src := start(t, CaptureOptions{Inputs: []Input{{Format: "lavfi", URL: graph}}})
			d := openDecoder(t, src.Tracks()[0])
			send(t, d, read(t, src, 1)[0])
			if _, _, ok, err := d.Receive(); !ok || err != nil {
				t.Fatal(ok, err)
			}
			img := drawGuarded(t, d, d.frame.Width(), d.frame.Height())
			got := img.RGBAAt(img.Rect.Dx()/2, img.Rect.Dy()/2)
			if want := rgbOf(0x3070c0); distance(got, want) > 5 {
				t.Errorf("shown %v, captured %v", want, got)
			}
		})
	}
}

func TestLoopGoesOnWithoutAStep(t *testing.T) {
	src := start(t, CaptureOptions{Loop: true, Inputs: []Input{{URL: "testdata/bframes.mp4"}}})
	packets := read(t, src, 500) // about 6 s, three rounds
	checkOrder(t, packets, true)
	pictures := of(1, packets)
	if len(pictures) < 110 {
		t.Fatalf("%d pictures: not even the third round", len(pictures))
	}
	for i := 1; i < len(pictures); i++ {
		if step := pictures[i].PTS - pictures[i-1].PTS; step > 90*time.Millisecond {
			t.Errorf("a step of %v at picture %d", step, i)
		}
	}
	for i, sound := 1, of(2, packets); i < len(sound); i++ {
		if step := sound[i].PTS - sound[i-1].PTS; step > 60*time.Millisecond {
			t.Errorf("a step of %v at sound packet %d", step, i)
		}
	}
}

// An input that fell behind goes on at the present, instead of hurrying through what it missed.
func TestLateInputTakesANewBase(t *testing.T) {
	picture := "testsrc2=s=320x180:r=30,format=yuv420p"
	for name, in := range map[string]Input{
		"generated": {Format: "lavfi", URL: picture},
		"with time": {Format: "lavfi", Graph: func(time.Time) string { return picture }},
		"file":      {URL: "testdata/bframes.mp4"},
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			o := CaptureOptions{Realtime: true, Inputs: []Input{in}, KeyInterval: time.Hour, AudioBitrate: 64000}
			c := newCapture(t.Context(), o)
			defer c.Close()
			if err := c.open(o); err != nil {
				t.Fatal(err)
			}
			const late = 5 * time.Second
			for _, in := range c.inputs {
				in.clock = c.clock - clock(late)
			}
			c.run()
			packets := read(t, c, 20)
			for i, p := range packets {
				if p.Discontinuity != (i == 0) {
					t.Errorf("packet %d of track %d: discontinuity %v", i, p.Track, p.Discontinuity)
				}
			}
			for i, p := range of(1, packets) {
				if p.PTS < late || p.Key != (i == 0) {
					t.Errorf("picture %d: %v, key %v", i, p.PTS, p.Key)
				}
			}
			least := int(0.9 * late.Seconds() * c.inputs[0].streams[0].rate)
			if all, lately := c.Missed(); all < least || lately != all {
				t.Errorf("%d pictures are missed, %d lately; want at least %d", all, lately, least)
			}
		})
	}
}

// A computer that is too slow for each single picture of a generated camera shows what it can.
func TestAPictureThatIsAlwaysLateIsShown(t *testing.T) {
	slow := Input{Format: "lavfi", Graph: func(time.Time) string { return "testsrc2=s=320x180:r=30,realtime=speed=0.02,format=yuv420p" }}
	src := start(t, CaptureOptions{Realtime: true, Inputs: []Input{slow}})
	last := time.Duration(-1)
	for range 4 {
		p, err := src.Read()
		if err != nil {
			t.Fatal(err)
		}
		if p.PTS <= last {
			t.Errorf("a picture at %v after one at %v", p.PTS, last)
		}
		last = p.PTS
	}
}

func TestTimesNeverGoBack(t *testing.T) {
	src := start(t, CaptureOptions{Inputs: []Input{{Format: "lavfi", URL: `testsrc2=s=320x180:r=30:d=4,format=yuv420p,setpts=if(lt(N\,60)\,N\,N-60)/30/TB`}}})
	packets := read(t, src, -1)
	checkOrder(t, packets, true)
	if len(packets) != 120 {
		t.Errorf("%d pictures of 120", len(packets))
	}
	for i, p := range packets {
		if p.Discontinuity != (i == 60) {
			t.Errorf("picture %d: discontinuity %v", i, p.Discontinuity)
		}
	}
}

// A recording that was joined together, or whose clock was set, is played on without a pause.
func TestPlayedFileWhoseTimesJump(t *testing.T) {
	for _, parts := range [][]string{{"early", "late"}, {"late", "early"}} {
		t.Run(parts[1], func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "joined.ts")
			var joined []byte
			for _, part := range parts {
				b, err := os.ReadFile("testdata/" + part + ".ts")
				if err != nil {
					t.Fatal(err)
				}
				joined = append(joined, b...)
			}
			if err := os.WriteFile(path, joined, 0o600); err != nil {
				t.Fatal(err)
			}
			packets := read(t, start(t, CaptureOptions{Realtime: true, Inputs: []Input{{URL: path}}}), -1)
			var marks []time.Duration
			for i, p := range packets {
				if p.Discontinuity {
					marks = append(marks, p.PTS)
				}
				if i > 0 && (p.PTS-packets[i-1].PTS).Abs() > 5*time.Second {
					t.Errorf("a step from %v to %v on track %d", packets[i-1].PTS, p.PTS, p.Track)
				}
			}
			checkOrder(t, packets, false)
			if len(marks) == 0 || len(marks) > 1 && marks[1]-marks[0] < lagLimit {
				t.Errorf("discontinuities at %v, want one", marks)
			}
			if n := len(of(1, packets)); n < 45 {
				t.Errorf("%d pictures of 50", n)
			}
		})
	}
}

func TestCaptureOfTheScreen(t *testing.T) {
	display := startXvfb(t)
	before := time.Now()
	src := start(t, CaptureOptions{Inputs: []Input{{Format: "x11grab", URL: display, Options: map[string]string{"framerate": "20"}}}})
	packets := read(t, src, 10)
	checkOrder(t, packets, true)
	for _, p := range packets {
		checkUnits(t, p)
		if at := src.Epoch().Add(p.PTS); at.Before(before) || at.After(time.Now()) {
			t.Errorf("a picture from between %v and now says %v", before, at)
		}
	}
	if v := src.Tracks()[0]; v.Width != 320 || v.Height != 200 {
		t.Errorf("the screen is %dx%d", v.Width, v.Height)
	}
}

// startXvfb starts a display of 320x200 and returns its name.
func startXvfb(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skip("Xvfb is not installed: the screen cannot be tested")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "320x200x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Skipf("Xvfb does not start: %v", err)
	}
	w.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	r.SetReadDeadline(time.Now().Add(15 * time.Second))
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Skipf("Xvfb gives no display: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}

func TestErrorsSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "a:b.dat")
	if err := os.WriteFile(text, []byte(strings.Repeat("This is no film. ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := openError(Input{Format: "v4l2", URL: "/dev/video0"}, errBusy)
	denied := openError(Input{Format: "v4l2", URL: "/dev/video0"}, errAccess)
	for name, c := range map[string]struct {
		o    CaptureOptions
		err  error
		want error
		say  string
	}{
		"no input":        {say: "no input was chosen"},
		"missing camera":  {o: CaptureOptions{Inputs: []Input{{Format: "v4l2", URL: "/dev/video77"}}}, want: ErrNoDevice, say: "camera /dev/video77: the device is not there; plug it in or choose another"},
		"missing display": {o: CaptureOptions{Inputs: []Input{{Format: "x11grab", URL: ":977"}}}, want: ErrNoDevice, say: "DISPLAY"},
		"missing file":    {o: DemoFile(filepath.Join(dir, "no.mp4")), want: fs.ErrNotExist, say: "no.mp4"},
		"text file":       {o: DemoFile(text), want: ErrNotMedia, say: "choose a video or audio file"},
		"directory":       {o: DemoFile(dir), want: ErrNotMedia, say: dir},
		"unknown kind":    {o: CaptureOptions{Inputs: []Input{{Format: "telepathy", URL: "x"}}}, say: `no input of the kind "telepathy"`},
		"unknown option":  {o: CaptureOptions{Inputs: []Input{{URL: "testdata/sound.wav", Options: map[string]string{"colour": "red"}}}}, say: `no option "colour"`},
		"bad graph":       {o: CaptureOptions{Inputs: []Input{{Format: "lavfi", URL: "nosuchfilter"}}}, say: "generated picture: cannot be opened"},
		"nobody there":    {o: CaptureOptions{Inputs: []Input{{URL: "rtsp://eve:hush@127.0.0.1:1/x?token=hush"}}}, say: "address rtsp://***@127.0.0.1:1/x?token=***"},
		"busy":            {err: busy, want: ErrBusy, say: "close the program that uses it"},
		"denied":          {err: denied, want: ErrDenied, say: "group"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.err
			if err == nil {
				var src media.Source
				if src, err = Capture(t.Context(), c.o); err == nil {
					src.Close()
					t.Fatal("no error")
				}
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v is not %v", err, c.want)
			}
			if errors.Is(err, fs.ErrPermission) != (c.want == ErrDenied) {
				t.Errorf("%v is a matter of permission: %v", err, c.want != ErrDenied)
			}
			if !strings.Contains(err.Error(), c.say) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%v does not say %q", err, c.say)
			}
		})
	}
}

// silent is an address that accepts and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return "tcp://" + l.Addr().String()
}

func TestCancelEndsABlockedOpen(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("the user lost interest")
	result := make(chan error)
	go func() {
		_, err := Capture(ctx, CaptureOptions{Inputs: []Input{{Format: "mpegts", URL: silent(t)}}})
		result <- err
	}()
	cancel(enough)
	select {
	case err := <-result:
		if !errors.Is(err, enough) {
			t.Errorf("Capture ended with %v", err)
		}
	case <-time.After(8 * time.Second): // the input's own patience is longer
		t.Fatal("Capture still waits for the address")
	}
}

func TestCloseAndCancelEndABlockedRead(t *testing.T) {
	enough := errors.New("enough")
	for name, end := range map[string]struct {
		do   func(media.Source, context.CancelCauseFunc)
		want error
	}{
		"close":  {func(s media.Source, _ context.CancelCauseFunc) { s.Close() }, fs.ErrClosed},
		"cancel": {func(_ media.Source, c context.CancelCauseFunc) { c(enough) }, enough},
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			// One picture, and the next in an hour.
			src, err := Capture(ctx, CaptureOptions{Realtime: true, Inputs: []Input{{Format: "lavfi", URL: "testsrc2=s=320x180:r=1/3600,format=yuv420p"}}})
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			read(t, src, 1)
			result := make(chan error)
			go func() {
				_, err := src.Read()
				result <- err
			}()
			end.do(src, cancel)
			select {
			case err := <-result:
				if !errors.Is(err, end.want) {
					t.Errorf("Read ended with %v", err)
				}
			case <-time.After(8 * time.Second):
				t.Fatal("Read still waits")
			}
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Nobody reads: the queue fills, the encoder waits, and Close still ends it.
func TestCloseWithAFullQueue(t *testing.T) {
	leak.Check(t)
	src, err := Capture(t.Context(), CaptureOptions{Inputs: []Input{{Format: "lavfi", URL: "testsrc2=s=320x180:r=30,format=yuv420p"}}})
	if err != nil {
		t.Fatal(err)
	}
	q := src.(*capture).queue
	for q.room() {
		select {
		case <-q.arrived:
		case <-time.After(10 * time.Second):
			t.Fatal("the queue never fills")
		}
	}
	src.Close()
	if _, err := src.Read(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Read after Close: %v", err)
	}
}

// A failure comes after the packets that were captured before it.
func TestFailureComesLast(t *testing.T) {
	leak.Check(t)
	c := newCapture(t.Context(), CaptureOptions{})
	defer c.Close()
	c.tracks = []media.Track{{ID: 1}, {ID: 2}}
	c.run()
	for i := range 3 {
		c.queue.put(&media.Packet{Track: 1, DTS: time.Duration(i)}, time.Now())
	}
	gone := errors.New("unplugged")
	c.cancel(gone)
	read(t, c, 3)
	if _, err := c.Read(); !errors.Is(err, gone) {
		t.Errorf("Read = %v", err)
	}
}
