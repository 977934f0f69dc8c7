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
	ErrDenied   = error(denied{}) // is fs.ErrPermission too
	ErrNotMedia = errors.New("this is not a picture or sound file")
	ErrSilent   = errors.New("it has given nothing for 10 seconds")
)

// denied is the error of an input that may not be used.
type denied struct{}

func (denied) Error() string        { return "access is not allowed" }
func (denied) Is(target error) bool { return target == fs.ErrPermission }

var errBrokenOff = errors.New("it has broken off")

const (
	errInvalid = astiav.Error(-int(syscall.EINVAL))
	errNoEntry = astiav.Error(-int(syscall.ENOENT))
	errNoDev   = astiav.Error(-int(syscall.ENODEV))
	errNXIO    = astiav.Error(-int(syscall.ENXIO))
	errBusy    = astiav.Error(-int(syscall.EBUSY))
	errAccess  = astiav.Error(-int(syscall.EACCES))
	errIsDir   = astiav.Error(-int(syscall.EISDIR))

	errRefused         = astiav.Error(-int(syscall.ECONNREFUSED))
	errHostUnreachable = astiav.Error(-int(syscall.EHOSTUNREACH))
	errNetUnreachable  = astiav.Error(-int(syscall.ENETUNREACH))
	errTimedOut        = astiav.Error(-int(syscall.ETIMEDOUT))
)

func errClosed(name string) error { return fmt.Errorf("%s: %w", name, fs.ErrClosed) }

// openError says what failed when an input was opened, in words that help.
func openError(in Input, err error) error {
	code, ok := err.(astiav.Error)
	if !ok {
		return fmt.Errorf("%s: %w", in, err)
	}
	if in.address() {
		if said := addressError(in, code); said != nil {
			return said
		}
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
	case astiav.ErrExit:
		return readError(in, err)
	case astiav.ErrDemuxerNotFound:
		return fmt.Errorf("%s: this FFmpeg has no input of the kind %q", in, in.Format)
	case astiav.ErrInvaliddata, errIsDir:
		if !in.device() {
			return fmt.Errorf("%s: %w; choose a video or audio file", in, ErrNotMedia)
		}
	}
	return fmt.Errorf("%s: cannot be opened: %w", in, code)
}

// addressError says why a camera cannot be reached; nil when that is not about the network.
func addressError(in Input, code astiav.Error) error {
	switch code {
	case errRefused, errHostUnreachable, errNetUnreachable, errTimedOut, astiav.ErrEio:
		return fmt.Errorf("%s: %w: nobody answers at that address; check that the camera is switched on, on this network, and that the port is right", in, ErrNoDevice)
	case astiav.ErrHttpUnauthorized, astiav.ErrHttpForbidden:
		return fmt.Errorf("%s: %w; check the user name and the password", in, ErrDenied)
	case astiav.ErrHttpNotFound:
		return fmt.Errorf("%s: %w: the camera answers, but has nothing of that name; check what follows the host in the address", in, ErrNoDevice)
	case astiav.ErrInvaliddata, astiav.ErrProtocolNotFound, astiav.ErrEof:
		return fmt.Errorf("%s: %w: what comes from there is neither picture nor sound; check the address", in, ErrNotMedia)
	}
	return nil
}

// readError says how an open input failed.
func readError(in Input, err error) error {
	switch {
	case err == astiav.ErrExit:
		return fmt.Errorf("%s: %w; check that it is switched on and connected", in, ErrSilent)
	case in.Format == "x11grab" && (err == astiav.ErrExternal || err == astiav.ErrEio):
		return fmt.Errorf("%s: %w any more; the window was closed or the display has ended", in, ErrNoDevice)
	case err == astiav.ErrEof && in.address():
		return fmt.Errorf("%s: %w", in, errBrokenOff)
	case err == errNoDev || in.device() && (err == astiav.ErrEio || err == astiav.ErrExternal || err == astiav.ErrEof):
		return fmt.Errorf("%s: %w any more; plug it in again", in, ErrNoDevice)
	}
	return fmt.Errorf("%s: reading failed: %w", in, err)
}

// String names the input for people: "camera /dev/video0", "file x.mp4". Secrets in addresses are masked.
func (in Input) String() string {
	if in.Name != "" {
		return in.Name
	}
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
		kind = "address"
		if in.file() {
			kind = "file"
		}
	}
	return kind + " " + mask(in.URL)
}

// address reports whether URL is an address on the network.
func (in Input) address() bool {
	return in.Format != "lavfi" && !in.device() && strings.Contains(in.URL, "://")
}

// file reports whether URL is the path of a file.
func (in Input) file() bool { return in.Format == "" && !strings.Contains(in.URL, "://") }

// device reports whether the input is hardware or a screen rather than a file, an address or a generated picture.
func (in Input) device() bool {
	switch in.Format {
	case "v4l2", "video4linux2", "x11grab", "alsa", "pulse", "fbdev", "kmsgrab", "jack", "dshow", "avfoundation", "gdigrab":
		return true
	}
	return false
}
