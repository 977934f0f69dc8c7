package clip

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes a file for this process until it is closed.
func tryLock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return err
}

// unlock closes the file first, without which nobody can remove it here. Where another has it already, it stays.
func unlock(f *os.File) error {
	err := f.Close()
	removed := os.Remove(f.Name())
	if errors.Is(removed, windows.ERROR_SHARING_VIOLATION) {
		return err
	}
	return errors.Join(err, gone(removed))
}
