package ffmpeg

import (
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestCamerasAreListedByNumber(t *testing.T) {
	sys, dev := t.TempDir(), t.TempDir()
	add := func(node, name, index string, present bool) {
		dir := filepath.Join(sys, node)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string]string{"name": name, "index": index} {
			if content == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if present {
			if err := os.WriteFile(filepath.Join(dev, node), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("video10", "Microscope", "0", true)
	add("video2", "Integrated Camera: Integrated C", "0", true)
	add("video3", "Integrated Camera: Integrated C", "1", true) // its metadata
	add("video4", "Unplugged", "0", false)
	add("video5", "", "0", true)

	var got []string
	for _, d := range cameras(sys, dev) {
		got = append(got, filepath.Base(d.ID)+" "+d.Name)
		if in := d.Options.Inputs[0]; in.Format != "v4l2" || in.URL != d.ID {
			t.Errorf("%s is captured as %+v", d.Name, in)
		}
	}
	want := []string{"video2 Integrated Camera: Integrated C", "video5 Camera video5", "video10 Microscope"}
	if !slices.Equal(got, want) {
		t.Errorf("cameras %q, want %q", got, want)
	}
	if found := cameras(filepath.Join(sys, "nothing"), dev); found != nil {
		t.Errorf("without video4linux there are %v", found)
	}
}

// A camera that is plugged in elsewhere, or again, is known by the names that udev makes.
func TestCamerasHaveStableNames(t *testing.T) {
	sys, dev := t.TempDir(), t.TempDir()
	for _, node := range []string{"video0", "video1", "video2"} {
		write(t, filepath.Join(sys, node, "name"), "Cam "+node+"\n")
		write(t, filepath.Join(dev, node), "")
	}
	link := func(by, name, node string) {
		dir := filepath.Join(dev, "v4l", by)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../../"+node, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("by-id", "usb-Maker_C920_1234-video-index0", "video0")
	link("by-path", "pci-0000-usb-0:1:1.0-video-index0", "video0")
	link("by-path", "pci-0000-usb-0:2:1.0-video-index0", "video1")
	var got []string
	for _, d := range cameras(sys, dev) {
		id, err := filepath.Rel(dev, d.ID)
		if err != nil || d.Options.Inputs[0].URL != d.ID {
			t.Errorf("%s: captured from %s", d.ID, d.Options.Inputs[0].URL)
		}
		got = append(got, id)
	}
	want := []string{"v4l/by-id/usb-Maker_C920_1234-video-index0", "v4l/by-path/pci-0000-usb-0:2:1.0-video-index0", "video2"}
	if !slices.Equal(got, want) {
		t.Errorf("cameras %q, want %q", got, want)
	}
	link("by-id", "usb-Maker_C920_5678-video-index0", "video2")
	if d := cameras(sys, dev)[2]; filepath.Base(d.ID) != "usb-Maker_C920_5678-video-index0" {
		t.Errorf("after it was plugged in again it is %s", d.ID)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestMicrophonesAreListed(t *testing.T) {
	proc := t.TempDir()
	if found := soundCards(proc); found != nil {
		t.Errorf("without ALSA there are %v", found)
	}
	write(t, filepath.Join(proc, "cards"), ` 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7e10000 irq 31
10 [C920           ]: USB-Audio - HD Pro Webcam C920
                      HD Pro Webcam C920 at usb-0000:00:14.0-1, high speed
`)
	write(t, filepath.Join(proc, "pcm"), `00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
10-02: USB Audio : USB Audio : capture 1
`)
	var got []string
	for _, d := range soundCards(proc) {
		if d.Kind != Microphone || d.Options.Inputs[0].Format != "alsa" {
			t.Errorf("%+v", d)
		}
		got = append(got, d.Options.Inputs[0].URL+" "+d.Name)
	}
	want := []string{"plughw:CARD=PCH,DEV=0 HDA Intel PCH, ALC257 Analog", "plughw:CARD=C920,DEV=2 HD Pro Webcam C920, USB Audio"}
	if !slices.Equal(got, want) {
		t.Errorf("microphones %q, want %q", got, want)
	}
	pulse := pulseSources([]listed{{name: "alsa_input.usb", description: "Headset"}, {name: "alsa_output.monitor", description: "Monitor"}})
	if len(pulse) != 1 || pulse[0].Name != "Headset" || pulse[0].Options.Inputs[0].URL != "alsa_input.usb" {
		t.Errorf("of a sound server there are %+v", pulse)
	}
}

func TestTheScreenIsThereWithADisplay(t *testing.T) {
	if s := screens(""); len(s) != 0 {
		t.Errorf("without a display there is %v", s)
	}
	if s := screens(":977"); len(s) != 0 {
		t.Errorf("of a display that is not there come %v", s)
	}
	display := startXvfb(t)
	s := screens(display)
	if len(s) != 1 || s[0].Options.Inputs[0].Format != "x11grab" || s[0].Options.Inputs[0].URL != display || s[0].Options.Realtime {
		t.Fatalf("screens = %+v", s)
	}
	if s[0].Modes[0] != (Mode{Size: image.Pt(320, 200), Rate: 30}) {
		t.Errorf("modes %v", s[0].Modes)
	}
	part := s[0].With(Mode{Size: image.Pt(160, 100), Rate: 5}, nil)
	if track := start(t, part).Tracks()[0]; track.Width != 160 || track.Height != 100 {
		t.Errorf("a part of the screen is %dx%d", track.Width, track.Height)
	}
	if o := s[0].Options.Inputs[0].Options; o["framerate"] != "30" || o["video_size"] != "" {
		t.Errorf("choosing a mode changed the device: %v", o)
	}
}

func TestWindowsAreListedByTitle(t *testing.T) {
	path, err := exec.LookPath("xmessage")
	if err != nil {
		t.Skip("xmessage is not installed: windows cannot be tested")
	}
	display := startXvfb(t)
	cmd := exec.Command(path, "-display", display, "-title", "Gate 7", "-geometry", "200x100+10+10", "hello")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	var s []Device
	for deadline := time.Now().Add(10 * time.Second); len(s) < 2; s = screens(display) {
		if time.Now().After(deadline) {
			t.Fatal("the window is not listed")
		}
	}
	if s[1].Name != "Gate 7" || s[1].Modes[0].Size != image.Pt(200, 100) {
		t.Errorf("the window is %q, %v", s[1].Name, s[1].Modes)
	}
	if track := start(t, s[1].With(Mode{Rate: 10}, nil)).Tracks()[0]; track.Width != 200 || track.Height != 100 {
		t.Errorf("the window is captured as %dx%d", track.Width, track.Height)
	}
}

func TestModesOfACamera(t *testing.T) {
	if m := modes("/dev/null"); m != nil {
		t.Errorf("what is no camera has %v", m)
	}
	if m := modes(filepath.Join(t.TempDir(), "video0")); m != nil {
		t.Errorf("what is not there has %v", m)
	}
	small, large := image.Pt(640, 480), image.Pt(1280, 720)
	got := sortModes([]Mode{{small, 15, "yuyv422"}, {small, 30, "yuyv422"}, {large, 30, "mjpeg"}, {large, 30, "nv12"}, {small, 30, "yuyv422"}})
	want := []Mode{{large, 30, "nv12"}, {large, 30, "mjpeg"}, {small, 30, "yuyv422"}, {small, 15, "yuyv422"}}
	if !slices.Equal(got, want) {
		t.Errorf("modes %v, want %v", got, want)
	}
	d := Device{Options: CaptureOptions{Inputs: []Input{{Format: "v4l2", URL: "/dev/video0", Options: map[string]string{"timestamps": "abs"}}}}}
	mic := microphone("alsa", "plughw:CARD=C920,DEV=0", "C920")
	o := d.With(Mode{large, 7.5, "mjpeg"}, &mic)
	if in := o.Inputs[0].Options; in["video_size"] != "1280x720" || in["framerate"] != "7.5" || in["input_format"] != "mjpeg" || in["timestamps"] != "abs" {
		t.Errorf("the camera is opened with %v", in)
	}
	if !o.Card || len(o.Inputs) != 2 || o.Inputs[1].Format != "alsa" {
		t.Errorf("captured is %+v", o)
	}
}
