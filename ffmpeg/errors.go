package ffmpeg

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/asticode/go-astiav"
)

// What can be wrong with a capture's input, for decisions. The errors that wrap them say which input, and what to do.
var (
	ErrNoDevice = errors.New("the device is not there")
	ErrBusy     = errors.New("the device is in use")
	ErrDenied   = errors.New("access is not allowed")
	ErrNotMedia = errors.New("this is not a picture or sound file")
)

const (
	errInvalid = astiav.Error(-int(syscall.EINVAL))
	errNoEntry = astiav.Error(-int(syscall.ENOENT))
	errNoDev   = astiav.Error(-int(syscall.ENODEV))
	errNXIO    = astiav.Error(-int(syscall.ENXIO))
	errBusy    = astiav.Error(-int(syscall.EBUSY))
	errAccess  = astiav.Error(-int(syscall.EACCES))
	errIsDir   = astiav.Error(-int(syscall.EISDIR))
)

func errClosed(name string) error { return fmt.Errorf("%s: %w", name, fs.ErrClosed) }

// openError says what failed when an input was opened, in words that help.
func openError(in Input, err error) error {
	code, ok := err.(astiav.Error)
	if !ok {
		return fmt.Errorf("%s: %w", in, err)
	}
	switch code {
	case errNoEntry, errNoDev, errNXIO:
		if in.device() {
			return fmt.Errorf("%s: %w; plug it in or choose another", in, ErrNoDevice)
		}
		return fmt.Errorf("%s: %w; choose another file", in, fs.ErrNotExist)
	case astiav.ErrEio:
		if in.Format == "x11grab" {
			return fmt.Errorf("%s: %w: there is no display of that name to capture; check DISPLAY", in, ErrNoDevice)
		}
	case errBusy:
		return fmt.Errorf("%s: %w; close the program that uses it", in, ErrBusy)
	case errAccess, astiav.ErrEperm:
		if in.device() {
			return fmt.Errorf("%s: %w; add yourself to the group that owns the device (video, audio) and log in again", in, ErrDenied)
		}
		return fmt.Errorf("%s: %w; check the file's permissions", in, ErrDenied)
	case astiav.ErrInvaliddata, errIsDir:
		if !in.device() {
			return fmt.Errorf("%s: %w; choose a video or audio file", in, ErrNotMedia)
		}
	}
	return fmt.Errorf("%s: cannot be opened: %w", in, code)
}

// String names the input for people: "camera /dev/video0", "file x.mp4". Secrets in addresses are masked.
func (in Input) String() string {
	kind := in.Format
	switch in.Format {
	case "v4l2", "video4linux2":
		kind = "camera"
	case "x11grab":
		kind = "screen"
	case "alsa", "pulse":
		kind = "microphone"
	case "lavfi":
		return "generated picture"
	case "":
		kind = "file"
		if strings.Contains(in.URL, "://") {
			kind = "address"
		}
	}
	return kind + " " + mask(in.URL)
}

// device reports whether the input is hardware or a screen rather than a file, an address or a generated picture.
func (in Input) device() bool {
	switch in.Format {
	case "v4l2", "video4linux2", "x11grab", "alsa", "pulse", "fbdev", "kmsgrab", "jack", "dshow", "avfoundation", "gdigrab":
		return true
	}
	return false
}
