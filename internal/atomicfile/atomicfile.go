// Package atomicfile replaces small files so that a reader, also one after a power cut, finds either the old content
// or the new one, whole.
//
// The order is: write a temporary file in the same directory, fsync it, rename it over the old one, fsync the
// directory. A crash may leave a file named ".<name>.*.tmp" behind, which nobody reads.
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Write makes data the content of the file at path and perm its permissions, whether or not it existed. Its directory
// must exist. The content is durable when Write returns nil; after an error the old file is as it was, unless the
// error came from the directory's fsync: then the new one is in place, but may not survive a power cut.
func Write(path string, data []byte, perm os.FileMode) error {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	tmp, err := os.CreateTemp(dir, "."+name+".*.tmp")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := fill(tmp, data, perm); err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(tmp.Name())))
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(tmp.Name())))
	}
	if err := SyncDir(dir); err != nil {
		return fmt.Errorf("writing %s: making the rename durable: %w", path, err)
	}
	return nil
}

// fill writes, syncs and closes f.
func fill(f *os.File, data []byte, perm os.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// SyncDir makes the names in a directory durable.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" { // directories cannot be synced there; NTFS journals the rename
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
