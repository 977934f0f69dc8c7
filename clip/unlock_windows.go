package clip

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// unlock closes the file first, without which nobody can remove it here. Where another has it already, it stays.
func unlock(f *os.File) error {
	err := f.Close()
	removed := os.Remove(f.Name())
	if errors.Is(removed, windows.ERROR_SHARING_VIOLATION) {
		return err
	}
	return errors.Join(err, gone(removed))
}
