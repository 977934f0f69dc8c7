// Package disk is the boundary to the file system of whoever may lose nothing in a crash: each change of a file or a directory is one
// step through a [Disk], and a test can fail any of them, or stop the world there. The spool and the service's archive keep their files
// by it.
//
// Files are made for their owner alone (0600, directories 0700). A step that returned nil is done; durable is what was synced: a file's
// contents by Sync, its name by SyncDir of its directory. Errors are the system's, with the path. A Disk has no state: it may be used
// from any goroutine.
package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"kinora/internal/atomicfile"
)

// Disk does what it is told. The zero Disk is ready.
type Disk struct {
	// Fault, when set, is asked before a step, by its name and path. With an error the step fails; of the size bytes of a write the
	// first n are written before that.
	Fault func(op, path string, size int) (n int, err error)
}

// Allow asks for permission for a step that somebody else does, such as a transaction of a database.
func (d *Disk) Allow(op, path string, size int) (n int, err error) {
	if d.Fault == nil {
		return size, nil
	}
	return d.Fault(op, path, size)
}

// Mkdir makes a directory; that there is one is an error.
func (d *Disk) Mkdir(path string) error {
	if _, err := d.Allow("mkdir", path, 0); err != nil {
		return err
	}
	return os.Mkdir(path, 0o700)
}

// Create makes a file, to read and to write; that there is one is an error.
func (d *Disk) Create(path string) (*os.File, error) {
	if _, err := d.Allow("create", path, 0); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// WriteAt writes all of b, or fails.
func (d *Disk) WriteAt(f *os.File, b []byte, off int64) error {
	n, fault := d.Allow("write", f.Name(), len(b))
	_, err := f.WriteAt(b[:n], off)
	return errors.Join(fault, err)
}

// Sync makes a file's contents and size durable.
func (d *Disk) Sync(f *os.File) error {
	if _, err := d.Allow("sync", f.Name(), 0); err != nil {
		return err
	}
	return fdatasync(f)
}

// Truncate cuts a file off.
func (d *Disk) Truncate(f *os.File, size int64) error {
	if _, err := d.Allow("truncate", f.Name(), 0); err != nil {
		return err
	}
	return f.Truncate(size)
}

// Rename gives a file or a directory another name, in place of what has that.
func (d *Disk) Rename(from, to string) error {
	if _, err := d.Allow("rename", from, 0); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// Remove removes a file or an empty directory; that there is none is an fs.ErrNotExist.
func (d *Disk) Remove(path string) error {
	if _, err := d.Allow("remove", path, 0); err != nil {
		return err
	}
	return os.Remove(path)
}

// RemoveAll removes a directory, one step an entry.
func (d *Disk) RemoveAll(dir string) error {
	names, err := ReadNames(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := d.Allow("remove", path, 0); err != nil {
			return err
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return d.Remove(dir)
}

// SyncDir makes the names in a directory durable.
func (d *Disk) SyncDir(path string) error {
	if _, err := d.Allow("syncdir", path, 0); err != nil {
		return err
	}
	return atomicfile.SyncDir(path)
}

// Replace writes a whole small file so that a crash leaves the old or the new one.
func (d *Disk) Replace(path string, data []byte) error {
	if _, err := d.Allow("replace", path, len(data)); err != nil {
		return err
	}
	return atomicfile.Write(path, data, 0o600)
}

// ReadNames returns the names in a directory, in no order.
func ReadNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, errors.Join(err, f.Close())
}
