package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"kinora/internal/atomicfile"
)

// disk is the boundary to the file system: every change of a file or directory passes here, index.db excepted, which
// asks for permission once a transaction. Tests set fault to stop the world at any of these steps.
type disk struct {
	// fault, when set, is asked before a step. With an error the step fails; of the size bytes of a write the first
	// n are written before that.
	fault func(op, path string, size int) (n int, err error)
}

func (d *disk) allow(op, path string, size int) (int, error) {
	if d.fault == nil {
		return size, nil
	}
	return d.fault(op, path, size)
}

func (d *disk) mkdir(path string) error {
	if _, err := d.allow("mkdir", path, 0); err != nil {
		return err
	}
	return os.Mkdir(path, 0o700)
}

func (d *disk) create(path string) (*os.File, error) {
	if _, err := d.allow("create", path, 0); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d *disk) writeAt(f *os.File, b []byte, off int64) error {
	n, fault := d.allow("write", f.Name(), len(b))
	_, err := f.WriteAt(b[:n], off)
	return errors.Join(fault, err)
}

func (d *disk) sync(f *os.File) error {
	if _, err := d.allow("sync", f.Name(), 0); err != nil {
		return err
	}
	return fdatasync(f)
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

func (d *disk) remove(path string) error {
	if _, err := d.allow("remove", path, 0); err != nil {
		return err
	}
	return os.Remove(path)
}

// removeAll removes a directory, one step an entry.
func (d *disk) removeAll(dir string) error {
	names, err := readNames(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := d.allow("remove", path, 0); err != nil {
			return err
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return d.remove(dir)
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

func readNames(dir string) ([]string, error) {
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
