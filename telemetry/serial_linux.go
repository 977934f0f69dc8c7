package telemetry

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// speeds are those that a tty of Linux can be set to by a constant.
var speeds = map[int]uint32{
	1200: unix.B1200, 2400: unix.B2400, 4800: unix.B4800, 9600: unix.B9600, 19200: unix.B19200, 38400: unix.B38400,
	57600: unix.B57600, 115200: unix.B115200, 230400: unix.B230400, 460800: unix.B460800, 921600: unix.B921600,
}

// openSerial opens a serial line raw: 8 data bits, no parity, no flow control, no modem lines.
func openSerial(device string, baud int) (io.ReadCloser, error) {
	speed, ok := speeds[baud]
	if !ok {
		return nil, fmt.Errorf("%s cannot run at %d bits a second: usual are 4800, 9600, 38400 and 115200", device, baud)
	}
	// Not blocking, a modem line that is low does not stop the open, and Close ends a Read.
	f, err := os.OpenFile(device, os.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, sentenceOf(device, err)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close() // nothing was written
		return nil, sentenceOf(device, err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = setRaw(int(fd), speed) })
	if err == nil {
		err = failed
	}
	if err != nil {
		f.Close() // nothing was written
		return nil, fmt.Errorf("%s is no serial line: %w", device, err)
	}
	return f, nil
}

func setRaw(fd int, speed uint32) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = unix.IGNBRK|unix.IGNPAR, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | speed
	t.Ispeed, t.Ospeed = speed, speed
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}
