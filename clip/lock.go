package clip

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kinora/internal/filelock"
)

// errLocked says that another process, or another call of this one, writes the same file.
var errLocked = errors.New("it is being written already, perhaps by another Kinora")

func lockPath(file string) string { return file + ".part.lock" }

// lock makes sure that nobody else writes a file's parts until release is called. The system releases it when the process dies; what
// then stays of it stands in nobody's way.
func lock(path string) (release func() error, err error) {
	name := lockPath(path)
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		switch folder := filepath.Dir(path); {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no folder %s; make it, or choose another", folder)
		case errors.Is(err, fs.ErrPermission):
			return nil, fmt.Errorf("nothing may be written into the folder %s; choose another", folder)
		case err != nil:
			return nil, fmt.Errorf("the clip cannot be written: %w", err)
		}
		if err := filelock.Try(f); err != nil {
			if errors.Is(err, filelock.ErrHeld) {
				err = errLocked
			}
			return nil, errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), f.Close())
		}
		if !stands(f, name) { // its last owner has removed it in between
			if err := f.Close(); err != nil {
				return nil, err
			}
			continue
		}
		return func() error { return unlock(f) }, nil
	}
}

// stands tells whether a name is still that of an open file.
func stands(f *os.File, name string) bool {
	here, err1 := f.Stat()
	there, err2 := os.Stat(name)
	return err1 == nil && err2 == nil && os.SameFile(here, there)
}

// whileLocked calls fn while nobody else writes a file's parts.
func whileLocked(path string, fn func() error) (err error) {
	release, err := lock(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return fn()
}

func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
