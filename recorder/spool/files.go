package spool

import (
	"errors"
	"io/fs"
)

// mkdir makes a directory that may be there already. Its name is durable when it returns nil.
func (s *Spool) mkdir(path, parent string) error {
	if err := s.disk.Mkdir(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.disk.SyncDir(parent)
}

// remove removes a file; that it is not there is no error.
func (s *Spool) remove(path string) error {
	if err := s.disk.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
