package localkvs

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/mp4"
)

// Program is a Decoder that runs the program ffmpeg, one process for the pictures of a fragment.
type Program struct{ path string }

// FindProgram looks for ffmpeg in PATH.
func FindProgram() (*Program, error) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("images cannot be made: %w; install ffmpeg", err)
	}
	return &Program{path}, nil
}

// programTime is how long one process may take.
const programTime = 30 * time.Second

// mostPixels bounds what a damaged or hostile stream can make the process allocate, and how large a picture of it is.
const mostPixels = 8192 * 4320

// lead is where the fragment begins on the timeline that the process sees, so that no decoding time is negative.
const lead = time.Minute

// Pictures gives the fragment to the process as MP4 and reads the pictures as uncompressed Matroska, which has their times.
func (p *Program) Pictures(ctx context.Context, t media.Track, packets []*media.Packet, at []time.Duration, size image.Point,
	got func(at time.Duration, picture image.Image) error) error {
	file, err := mp4.Init(t)
	if err != nil {
		return err
	}
	if file, err = mp4.AppendSegment(file, mp4.Segment{Base: lead}, []media.Track{t}, packets); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, programTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, "-v", "error", "-nostdin", "-protocol_whitelist", "pipe", "-max_pixels", strconv.Itoa(mostPixels), "-copyts", "-f", "mp4", "-i", "pipe:0",
		"-an", "-vf", filter(at, size), "-fps_mode", "passthrough", "-c:v", "rawvideo", "-pix_fmt", "rgba", "-f", "matroska", "pipe:1")
	cmd.Stdin = bytes.NewReader(file)
	cmd.WaitDelay = time.Second
	var complaint limitedText
	cmd.Stderr = &complaint
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.path, err)
	}
	err = readPictures(stdout, at, got)
	if err != nil {
		cancel()
	}
	return errors.Join(err, p.ended(cmd.Wait(), err != nil, complaint.String()))
}

// ended is the error of a process, unless it was stopped.
func (p *Program) ended(err error, stopped bool, complaint string) error {
	if err == nil || stopped {
		return nil
	}
	return fmt.Errorf("%s ended with %w: %s", p.path, err, strings.TrimSpace(complaint))
}

// filter selects pictures by their times and scales them.
func filter(at []time.Duration, size image.Point) string {
	terms := make([]string, len(at))
	for i, t := range at {
		seconds := (lead + t).Seconds()
		terms[i] = fmt.Sprintf("between(t,%.4f,%.4f)", seconds-0.0006, seconds+0.0006)
	}
	f := "select='" + strings.Join(terms, "+") + "'"
	switch {
	case size.X > 0:
		f += fmt.Sprintf(",scale=%d:%d", size.X, size.Y)
	case size.Y > 0:
		f += fmt.Sprintf(",scale=-1:%d", size.Y)
	}
	return f
}

// readPictures reads pictures of 4 bytes a pixel until the end.
func readPictures(r io.Reader, at []time.Duration, got func(time.Duration, image.Image) error) error {
	in := mkv.NewReader(r, mkv.Limits{Element: 4*mostPixels + 1<<10})
	for {
		f, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("ffmpeg's pictures cannot be read: %w", err)
		}
		t, _ := media.VideoTrack(f.Tracks)
		for {
			p, err := in.Packet()
			if err == io.EOF {
				break
			}
			if err != nil {
				return fmt.Errorf("ffmpeg's pictures cannot be read: %w", err)
			}
			shown, wanted := slices.BinarySearchFunc(at, p.PTS-lead, func(a, shown time.Duration) int {
				if (a - shown).Abs() < time.Millisecond {
					return 0
				}
				return cmp.Compare(a, shown)
			})
			if !wanted || t.Width < 1 || len(p.Data) != 4*t.Width*t.Height {
				return fmt.Errorf("ffmpeg gave a picture of %d bytes for %v, where one of %d x %d was wanted", len(p.Data), p.PTS-lead, t.Width, t.Height)
			}
			picture := &image.RGBA{Pix: p.Data, Stride: 4 * t.Width, Rect: image.Rect(0, 0, t.Width, t.Height)}
			if err := got(at[shown], picture); err != nil {
				return err
			}
		}
	}
}

// limitedText keeps the beginning of what is written to it.
type limitedText struct{ bytes.Buffer }

func (l *limitedText) Write(p []byte) (int, error) {
	const limit = 2000
	if room := limit - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
