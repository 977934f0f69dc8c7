package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"kinora/internal/xscreen"
)

// An Mpv is mpv, paused in a file on a display of its own size, and the line to tell it where to go.
type Mpv struct {
	*Process
	conn    net.Conn
	drained chan struct{}
}

// LaunchMpv starts mpv on a file. It seeks exactly, and draws with OpenGL in software as Kinora does here. The caller closes
// it.
func LaunchMpv(ctx context.Context, dir string, screen *xscreen.Display, file string) (*Mpv, error) {
	socket := filepath.Join(dir, "mpv.sock")
	p, err := Launch(ctx, "mpv", screen.Env(), "mpv", "--no-config", "--vo=gpu", "--gpu-sw", "--hwdec=no", "--no-audio", "--no-osc",
		"--osd-level=0", "--pause", "--hr-seek=yes", "--keep-open=yes", "--no-terminal", "--input-ipc-server="+socket,
		fmt.Sprintf("--geometry=%dx%d+0+0", screen.Size.X, screen.Size.Y), file)
	if err != nil {
		return nil, err
	}
	m := &Mpv{Process: p, drained: make(chan struct{})}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for tick := time.Tick(50 * time.Millisecond); ; {
		var d net.Dialer
		if m.conn, err = d.DialContext(ctx, "unix", socket); err == nil {
			break
		}
		select {
		case <-tick:
		case <-ctx.Done():
			p.Stop()
			return nil, fmt.Errorf("mpv does not listen: %w", errors.Join(err, ctx.Err()))
		}
	}
	go func() {
		defer close(m.drained)
		_, _ = io.Copy(io.Discard, m.conn) // its answers; the end is Close's
	}()
	return m, nil
}

// Seek goes to a time of the file, and returns when it was told to.
func (m *Mpv) Seek(to time.Duration) (time.Time, error) {
	at := time.Now()
	_, err := fmt.Fprintf(m.conn, `{"command":["seek",%.3f,"absolute+exact"]}`+"\n", to.Seconds())
	return at, err
}

// Close ends mpv.
func (m *Mpv) Close() error {
	m.Stop()
	err := m.conn.Close()
	<-m.drained
	return err
}

// Repeat writes the tape to a Matroska file, over and over, for players of files. What is there already stays.
func (t *Tape) Repeat(ctx context.Context, times int, path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	plain, err := exec.CommandContext(ctx, "ffmpeg", "-loglevel", "error", "-i", t.Path, "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "-").Output()
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", t.Path, err)
	}
	unfinished := path + ".part"
	// Times are counted, in Matroska's milliseconds: those that FFmpeg makes up drift by a second in a day.
	cmd := exec.CommandContext(ctx, "ffmpeg", "-y", "-loglevel", "error", "-framerate", fmt.Sprint(FrameRate), "-f", "h264", "-i", "pipe:0",
		"-c", "copy", "-bsf:v", fmt.Sprintf("setts=ts=round(N*1000/%d)", FrameRate), "-f", "matroska", unfinished)
	cmd.Stdin = &repeated{plain, times, bytes.NewReader(plain)}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("writing %s: %w: %s", path, err, LastLine(complaint.Bytes()))
	}
	return os.Rename(unfinished, path)
}

// repeated reads the same again and again.
type repeated struct {
	data  []byte
	times int
	now   *bytes.Reader
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.now.Len() == 0 {
		if r.times--; r.times <= 0 {
			return 0, io.EOF
		}
		r.now.Reset(r.data)
	}
	return r.now.Read(p)
}
