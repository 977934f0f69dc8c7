//go:build unix

package clip

import (
	"errors"
	"os"
)

// unlock removes the file while nobody else can have it.
func unlock(f *os.File) error { return errors.Join(gone(os.Remove(f.Name())), f.Close()) }
