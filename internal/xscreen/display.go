// Package xscreen is a virtual X display, what is seen on it, and a hand on its keyboard and mouse: the eyes and
// fingers of tests, screenshots and benchmarks.
//
// [Start] runs Xvfb with its frame buffer in a file. Looking at the screen is reading that file, which costs the
// programs under test nothing and can be done a thousand times a second. What is read is what a monitor would show at
// that instant. Keys and clicks go through xdotool; there is no window manager, so [Display.Focus] chooses the window
// that receives keys.
//
// Programs on the display are started with [Display.Env], which also asks Mesa for software rendering.
package xscreen

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A Display is a running X server. Reading from it is safe from several goroutines.
type Display struct {
	Name   string // as in the DISPLAY variable
	Size   image.Point
	server *exec.Cmd
	dir    string
	pixels *os.File
	origin int64 // of the first pixel in the file
	stride int64
}

// Start runs Xvfb with a screen of the given size in pixels, on a display number that is free. It returns when clients
// can connect. The caller closes the display; the end of ctx kills the server at once.
func Start(ctx context.Context, size image.Point) (*Display, error) {
	dir, err := os.MkdirTemp(sharedMemory(), "xscreen-")
	if err != nil {
		return nil, err
	}
	d := &Display{Size: size, dir: dir}
	if err := d.start(ctx); err != nil {
		return nil, fmt.Errorf("starting a virtual display: %w", errors.Join(err, d.Close()))
	}
	return d, nil
}

func (d *Display) start(ctx context.Context) error {
	ready, number, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	screen := fmt.Sprintf("%dx%dx24", d.Size.X, d.Size.Y)
	server := exec.CommandContext(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", screen, "-fbdir", d.dir, "-nolisten", "tcp", "-noreset")
	server.ExtraFiles = []*os.File{number}
	err = server.Start()
	number.Close()
	if err != nil {
		return err
	}
	d.server = server
	if err := ready.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(ready, 16)) // Xvfb closes it after the number
	name := strings.TrimSpace(string(answer))
	if err != nil {
		return fmt.Errorf("waiting for Xvfb to be ready: %w", err)
	}
	if name == "" {
		return errors.New("the server ended before it was ready")
	}
	d.Name = ":" + name
	return d.openPixels(filepath.Join(d.dir, "Xvfb_screen0"))
}

// openPixels opens the frame buffer, an XWD file (X11/XWDFile.h): a header of big-endian 32-bit words, a colour map of
// 12-byte entries, then the rows.
func (d *Display) openPixels(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	d.pixels = f
	var head [20]uint32
	if err := binary.Read(f, binary.BigEndian, &head); err != nil {
		return fmt.Errorf("reading the header of the frame buffer: %w", err)
	}
	const depth, byteOrder, bitsPerPixel, bytesPerLine, colours = 3, 7, 11, 12, 19
	if head[depth] != 24 || head[byteOrder] != 0 || head[bitsPerPixel] != 32 {
		return fmt.Errorf("the frame buffer has depth %d, byte order %d and %d bits a pixel; want 24, 0 and 32",
			head[depth], head[byteOrder], head[bitsPerPixel])
	}
	d.origin, d.stride = int64(head[0])+12*int64(head[colours]), int64(head[bytesPerLine])
	return nil
}

// Env returns the environment for a program that shall appear on the display, with the given variables added.
func (d *Display) Env(more ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DISPLAY=") && !strings.HasPrefix(v, "WAYLAND_DISPLAY=") {
			env = append(env, v)
		}
	}
	return append(append(env, "DISPLAY="+d.Name, "LIBGL_ALWAYS_SOFTWARE=1"), more...)
}

// Close ends the server, and with it the windows of programs that still run, and removes the frame buffer.
func (d *Display) Close() error {
	var err error
	if d.server != nil {
		err = d.server.Process.Signal(os.Interrupt)
		if errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		var exit *exec.ExitError
		if e := d.server.Wait(); e != nil && !errors.As(e, &exit) {
			err = errors.Join(err, e)
		}
	}
	if d.pixels != nil {
		err = errors.Join(err, d.pixels.Close())
	}
	return errors.Join(err, os.RemoveAll(d.dir))
}

// sharedMemory returns the directory for a frame buffer: one in memory where there is one.
func sharedMemory() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return os.TempDir()
}
