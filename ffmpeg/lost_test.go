package ffmpeg

import (
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinora/media"
)

// display is an Xvfb that can be killed and started again under the same name.
type display struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
}

func (d *display) start() {
	d.t.Helper()
	d.cmd = exec.Command("Xvfb", d.name, "-screen", "0", "320x200x24", "-nolisten", "tcp", "-noreset")
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	for deadline := time.Now().Add(15 * time.Second); screens(d.name) == nil; {
		if time.Now().After(deadline) {
			d.t.Fatalf("the display %s does not come up", d.name)
		}
	}
}

func (d *display) kill() {
	d.cmd.Process.Signal(syscall.SIGTERM)
	d.cmd.Wait()
}

// freeDisplay is the name of a display that nobody uses.
func freeDisplay(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("Xvfb is not installed: a lost screen cannot be tested")
	}
	for n := 300; n < 400; n++ {
		name := ":" + itoa(n)
		if found, err := filepath.Glob("/tmp/.X" + name[1:] + "-lock"); err == nil && found == nil && screens(name) == nil {
			return name
		}
	}
	t.Skip("no display is free")
	return ""
}

// A device that goes and comes back is a card in between, and no second is missing.
func TestALostDeviceIsReplacedByACard(t *testing.T) {
	d := &display{t: t, name: freeDisplay(t)}
	d.start()
	t.Cleanup(func() { d.kill() })
	o := CaptureOptions{
		Card: true, KeyInterval: time.Hour, Rotate: 90, Mirror: true, retry: 50 * time.Millisecond,
		Inputs: []Input{{Format: "x11grab", URL: d.name, Name: "Gate", Options: map[string]string{"framerate": "20"}}},
	}
	src := start(t, o)
	track := src.Tracks()[0]
	decoder := openDecoder(t, track)
	trouble := src.(interface{ Trouble() error })
	if err := trouble.Trouble(); err != nil {
		t.Errorf("trouble at the beginning: %v", err)
	}
	var all []*media.Packet
	next := func() *media.Packet {
		p := read(t, src, 1)[0]
		all = append(all, p)
		send(t, decoder, p)
		if _, _, ok, err := decoder.Receive(); !ok || err != nil {
			t.Fatalf("the picture of %v: %v, %v", p.PTS, ok, err)
		}
		return p
	}
	bright := func() (n int) {
		img := drawGuarded(t, decoder, decoder.frame.Width(), decoder.frame.Height())
		for i := 0; i < len(img.Pix); i += 4 {
			if img.Pix[i] > 150 {
				n++
			}
		}
		return n
	}
	for range 5 {
		next()
	}
	pointer := bright()
	d.kill()
	p := next()
	for !p.Discontinuity {
		p = next()
	}
	if !p.Key {
		t.Error("the card begins without a key frame")
	}
	if demoFont() != "" && bright() < 3*pointer+50 {
		t.Errorf("the card has %d bright pixels: no words", bright())
	}
	err := trouble.Trouble()
	if !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), "Gate") {
		t.Errorf("trouble: %v", err)
	}
	for range 5 {
		if p := next(); p.Discontinuity {
			t.Error("the card begins twice")
		}
	}
	d.start()
	for p = next(); !p.Discontinuity; {
		p = next()
	}
	if !p.Key {
		t.Error("the device comes back without a key frame")
	}
	for range 5 {
		next()
	}
	if err := trouble.Trouble(); err != nil {
		t.Errorf("trouble at the end: %v", err)
	}
	if n := bright(); n > pointer+20 {
		t.Errorf("%d bright pixels, %d at first: the card is still shown", n, pointer)
	}
	if w, h := decoder.frame.Width(), decoder.frame.Height(); w != 200 || h != 320 {
		t.Errorf("pictures are %dx%d", w, h)
	}
	checkOrder(t, all, true)
	for i, p := range all[1:] {
		if gap := p.PTS - all[i].PTS; gap > 3*time.Second {
			t.Errorf("nothing was recorded for %v", gap)
		}
	}
}

// Without Card, a lost device ends the capture with a sentence.
func TestALostDeviceEndsACaptureWithoutCard(t *testing.T) {
	d := &display{t: t, name: freeDisplay(t)}
	d.start()
	t.Cleanup(func() { d.kill() })
	src := start(t, CaptureOptions{Inputs: []Input{{Format: "x11grab", URL: d.name}}})
	read(t, src, 1)
	d.kill()
	for {
		if _, err := src.Read(); err != nil {
			if !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), "plug it in again") && !strings.Contains(err.Error(), "display") {
				t.Errorf("the capture ended with %v", err)
			}
			return
		}
	}
}

func TestCloseWhileADeviceIsLost(t *testing.T) {
	d := &display{t: t, name: freeDisplay(t)}
	d.start()
	t.Cleanup(func() { d.kill() })
	src := start(t, CaptureOptions{Card: true, Inputs: []Input{{Format: "x11grab", URL: d.name}}})
	read(t, src, 1)
	d.kill()
	for !read(t, src, 1)[0].Discontinuity {
	}
	src.Close()
	if _, err := src.Read(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Read after Close: %v", err)
	}
}

// A microphone that is lost leaves silence, not a hole.
func TestALostMicrophoneLeavesSilence(t *testing.T) {
	tone := &input{Input: Input{Format: "lavfi", URL: "sine=r=48000"}, interrupt: newInterrupt()}
	defer tone.interrupt.free()
	if err := tone.open(t.Context(), [2]bool{false, true}); err != nil {
		t.Fatal(err)
	}
	defer tone.close()
	back, found := new(input), make(chan *input, 1)
	var got []*media.Packet
	e, err := newAudioEncoder(audioTrack, tone.streams[1].decoder, CaptureOptions{}, func(p *media.Packet) error {
		if got = append(got, p); len(got) == 60 {
			found <- back
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.free()
	in := &input{Input: Input{Format: "alsa", URL: "hw:0"}, clock: clock(steady())}
	in.streams[1] = &stream{out: e}
	if b, err := in.showCard(t.Context(), nil, found); b != back || err != nil {
		t.Fatalf("showCard = %p, %v", b, err)
	}
	checkOrder(t, got, true)
	for i, p := range got[1:] {
		if step := p.PTS - got[i].PTS; step > 22*time.Millisecond || p.Discontinuity {
			t.Errorf("a step of %v, discontinuity %v", step, p.Discontinuity)
		}
	}
}
