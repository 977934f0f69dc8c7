//go:build unix

package clip

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes a file for this process until it is closed.
func tryLock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// unlock removes the file while nobody else can have it.
func unlock(f *os.File) error { return errors.Join(gone(os.Remove(f.Name())), f.Close()) }
