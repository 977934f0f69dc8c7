package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"kinora/internal/rig"
)

// soundServer runs a PulseAudio of the stage's own, whose loudspeaker nobody hears, and returns what lets programs find it.
func (s *stage) soundServer(ctx context.Context) (env []string, err error) {
	dir := filepath.Join(s.dir, "p") // addresses of sockets are short
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	env = []string{"PULSE_SERVER=unix:" + filepath.Join(dir, "pulse", "native")}
	home := []string{"HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + dir}
	server, err := rig.Launch(ctx, "pulseaudio", append(append(os.Environ(), home...), env...), "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm",
		"-L", "module-null-sink sink_name=loud rate=48000", "-L", "module-native-protocol-unix")
	if err != nil {
		return nil, err
	}
	s.ends = append(s.ends, func() error {
		server.Stop()
		return nil
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, err := os.Stat(filepath.Join(dir, "pulse", "native")); err == nil {
			return env, nil
		}
		if ended := server.Running(); ended != nil || time.Now().After(deadline) {
			return nil, errors.Join(ended, errors.New("the sound server does not listen"))
		}
		if err := after(100*time.Millisecond, nothing)(ctx, s); err != nil {
			return nil, err
		}
	}
}

// tone makes a file with a tone in AAC, and a picture in H.264 if it is wanted.
func (s *stage) tone(ctx context.Context, picture bool) (path string, err error) {
	path = filepath.Join(s.dir, fmt.Sprintf("tone-%v.mp4", picture))
	args := []string{"-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=20"}
	if picture {
		args = append(args, "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=20", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "25", "-pix_fmt", "yuv420p")
	}
	out, err := exec.CommandContext(ctx, "ffmpeg", append(args, "-c:a", "aac", path)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ffmpeg: %w: %s", err, rig.LastLine(out))
	}
	return path, nil
}

// withSound starts Kinora with two streams that have sound, one with a picture and one without; audible, where it can be heard.
func withSound(audible bool) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		account, err := s.serveStreams(ctx, "gate", "mike")
		if err != nil {
			return err
		}
		env := []string{"PULSE_SERVER=unix:" + filepath.Join(s.dir, "nobody")}
		if audible {
			if env, err = s.soundServer(ctx); err != nil {
				return err
			}
		}
		for stream, picture := range map[string]bool{"gate": true, "mike": false} {
			path, err := s.tone(ctx, picture)
			if err != nil {
				return err
			}
			if _, err := s.other(ctx, "record", "--source", "loop:"+path, "--stream", stream); err != nil {
				return err
			}
		}
		return s.open(ctx, append(env, account.Env...), "--endpoint", account.Endpoint)
	}
}
