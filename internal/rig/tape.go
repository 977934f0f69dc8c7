package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// A Recipe describes a tape: H.264 with a key frame each 2 s, no reordering, moving content and noise.
type Recipe struct {
	Width, Height int
	Kilobits      int // a second
	Seconds       int
}

// The timing of every tape.
const (
	FrameRate = 30
	FrameTime = time.Second / FrameRate
	KeyFrames = 2 * FrameRate // distance in frames
)

// The tapes that are used.
var (
	Tape720  = Recipe{1280, 720, 2000, 20}
	Tape1080 = Recipe{1920, 1080, 4000, 40}
)

// A Tape is numbered media in memory: frame i shows the number i.
type Tape struct {
	Path   string // the file, for players of files
	Track  media.Track
	Frames []*media.Packet // in order; nobody changes them
}

// Load returns the tape of a recipe and makes it first if it is not in dir yet.
func (r Recipe) Load(ctx context.Context, dir string) (*Tape, error) {
	path := filepath.Join(dir, fmt.Sprintf("%dx%d-%dk-%ds.mkv", r.Width, r.Height, r.Kilobits, r.Seconds))
	if _, err := os.Stat(path); err != nil {
		if err := r.make(ctx, path); err != nil {
			return nil, fmt.Errorf("making %s: %w", path, err)
		}
	}
	t, err := play(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if want := r.Seconds * FrameRate; len(t.Frames) != want {
		return nil, fmt.Errorf("%s holds %d frames, want %d: remove it to have it made again", path, len(t.Frames), want)
	}
	return t, nil
}

// make codes the tape with FFmpeg, under another name until it is whole.
func (r Recipe) make(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	unfinished := path + ".part"
	size, rate := fmt.Sprintf("%dx%d", r.Width, r.Height), fmt.Sprint(FrameRate)
	bits := fmt.Sprintf("%dk", r.Kilobits)
	cmd := exec.CommandContext(ctx, "ffmpeg", "-y", "-loglevel", "error",
		"-f", "lavfi", "-i", "testsrc2=size="+size+":rate="+rate+",noise=alls=8:allf=t",
		"-f", "rawvideo", "-pixel_format", "gray", "-video_size", fmt.Sprintf("%dx%d", r.Width, cellSize(r.Width)), "-framerate", rate, "-i", "pipe:0",
		"-filter_complex", "[0][1]overlay=0:0:shortest=1,format=yuv420p", "-frames:v", fmt.Sprint(r.Seconds*FrameRate),
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", fmt.Sprint(KeyFrames), "-sc_threshold", "0",
		"-b:v", bits, "-maxrate", bits, "-bufsize", bits, "-f", "matroska", unfinished)
	cmd.Stdin = &numbers{width: r.Width, frames: r.Seconds * FrameRate}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	return os.Rename(unfinished, path)
}

// numbers is the raw video of the strips of 0, 1, 2 and so on.
type numbers struct {
	width, frames int
	next          uint32
	picture, rest []byte
}

func (n *numbers) Read(p []byte) (int, error) {
	if len(n.rest) == 0 {
		if int(n.next) == n.frames {
			return 0, io.EOF
		}
		if n.picture == nil {
			n.picture = make([]byte, n.width*cellSize(n.width))
		}
		paint(n.picture, n.width, n.next)
		n.next, n.rest = n.next+1, n.picture
	}
	copied := copy(p, n.rest)
	n.rest = n.rest[copied:]
	return copied, nil
}

// play reads the video of a Matroska file.
func play(path string) (*Tape, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t := &Tape{Path: path}
	for r := mkv.NewReader(f, mkv.Limits{}); ; {
		fragment, err := r.Next()
		if errors.Is(err, io.EOF) {
			return t, nil
		} else if err != nil {
			return nil, err
		}
		var ok bool
		if t.Track, ok = media.VideoTrack(fragment.Tracks); !ok {
			return nil, errors.New("there is no video in it")
		}
		for {
			p, err := r.Packet()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if p.Track == t.Track.ID {
				t.Frames = append(t.Frames, p)
			}
		}
	}
}
