package disk

import (
	"errors"
	"os"
	"syscall"
)

// fdatasync makes the contents of f durable, and its size, but not its times.
func fdatasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
