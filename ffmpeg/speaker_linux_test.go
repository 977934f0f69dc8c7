package ffmpeg

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kinora/media"
)

// soundServer starts a PulseAudio of its own whose loudspeaker nobody hears; what it plays can be captured. The returned
// function kills it.
func soundServer(t *testing.T) (kill func()) {
	t.Helper()
	program, err := exec.LookPath("pulseaudio")
	if err != nil {
		t.Skip("pulseaudio is not installed")
	}
	dir := t.TempDir()
	if len(dir) > 80 { // addresses of sockets are short
		t.Skipf("%s is too long for a socket", dir)
	}
	for _, name := range []string{"HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"} {
		t.Setenv(name, dir)
	}
	t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(dir, "pulse", "native"))
	server := exec.Command(program, "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm",
		"-L", "module-null-sink sink_name=loud rate=48000", "-L", "module-native-protocol-unix")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Wait() // killed
	}()
	kill = func() {
		_ = server.Process.Kill()
		<-done
	}
	t.Cleanup(kill)
	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, err := os.Stat(filepath.Join(dir, "pulse", "native")); err == nil {
			return kill
		}
		select {
		case <-done:
			t.Skip("pulseaudio does not run here")
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("pulseaudio does not listen")
		}
	}
}

// What is pulled is heard: captured from the server, it is the same tone, as loud. Without the server there is no loudspeaker.
func TestSpeakerOnASoundServer(t *testing.T) {
	kill := soundServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	n := 0
	go func() {
		done <- Speaker(ctx, func(samples []float32, at time.Time) {
			if ahead := time.Until(at); ahead < -time.Second || ahead > 2*time.Second {
				t.Errorf("what is pulled now is heard in %v", ahead)
			}
			for i := range samples {
				samples[i] = float32(0.5 * math.Sin(2*math.Pi*440*float64(n+i/media.SoundChannels)/media.SoundRate))
			}
			n += len(samples) / media.SoundChannels
		})
	}()
	microphone := start(t, CaptureOptions{Inputs: []Input{{Format: "pulse", URL: "loud.monitor"}}})
	d := openSound(t, microphone.Tracks()[0])
	heard := func() (peak float32) {
		for _, p := range read(t, microphone, 1) {
			if err := d.Send(p); err != nil {
				t.Fatal(err)
			}
			for {
				_, samples, ok, err := d.Receive()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				for _, s := range samples {
					peak = max(peak, s)
				}
			}
		}
		return peak
	}
	for peak := float32(0); peak < 0.45 || peak > 0.6; peak = heard() {
		select {
		case err := <-done:
			t.Fatalf("the loudspeaker is lost: %v", err)
		default:
		}
	}
	kill()
	select {
	case err := <-done:
		if err == nil {
			t.Error("the loss is no error")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the loudspeaker is not lost though its server is")
	}
}

func TestNoSpeaker(t *testing.T) {
	t.Setenv("PULSE_SERVER", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if _, name := speakerHere(); name != "" {
		t.Skip("this computer has a sound card")
	}
	if err := Speaker(t.Context(), func([]float32, time.Time) {}); !errors.Is(err, ErrNoSpeaker) {
		t.Errorf("the error is %v", err)
	}
}
