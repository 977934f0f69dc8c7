package spool

import (
	"errors"
	"os"
	"runtime"

	"kinora/internal/atomicfile"
)

// disk is the boundary to the file system: every change of a file or directory passes here. Tests set fault to stop the
// world at any of these steps.
type disk struct {
	// fault, when set, is asked before a step. With an error the step fails; of the size bytes of a write the first n are written
	// before that.
	fault func(op, path string, size int) (n int, err error)
}

func (d *disk) allow(op, path string, size int) (int, error) {
	if d.fault == nil {
		return size, nil
	}
	return d.fault(op, path, size)
}

// mkdir makes a directory that may be there already. Its name is durable when it returns nil.
func (d *disk) mkdir(path, parent string) error {
	if _, err := d.allow("mkdir", path, 0); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return d.syncDir(parent)
}

func (d *disk) create(path string) (*os.File, error) {
	if _, err := d.allow("create", path, 0); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d *disk) writeAt(f *os.File, b []byte, off int64) error {
	n, fault := d.allow("write", f.Name(), len(b))
	if fault != nil {
		_, err := f.WriteAt(b[:n], off)
		return errors.Join(fault, err)
	}
	_, err := f.WriteAt(b, off)
	return err
}

func (d *disk) sync(f *os.File) error {
	if _, err := d.allow("sync", f.Name(), 0); err != nil {
		return err
	}
	return f.Sync()
}

func (d *disk) truncate(f *os.File, size int64) error {
	if _, err := d.allow("truncate", f.Name(), 0); err != nil {
		return err
	}
	return f.Truncate(size)
}

func (d *disk) rename(from, to string) error {
	if _, err := d.allow("rename", from, 0); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// remove removes a file; that it is not there is no error.
func (d *disk) remove(path string) error {
	if _, err := d.allow("remove", path, 0); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (d *disk) syncDir(path string) error {
	if _, err := d.allow("syncdir", path, 0); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // directories cannot be synced there; NTFS journals their changes
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// replace writes a whole small file so that a crash leaves the old or the new one.
func (d *disk) replace(path string, data []byte) error {
	if _, err := d.allow("replace", path, len(data)); err != nil {
		return err
	}
	return atomicfile.Write(path, data, 0o600)
}
