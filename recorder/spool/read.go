package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Head returns the bytes from the EBML header to the end of Tracks. They are the caller's.
func (f *Fragment) Head() ([]byte, error) {
	if err := f.verify(); err != nil {
		return nil, err
	}
	head := make([]byte, f.head)
	if _, err := f.pread(head, 0); err != nil {
		return nil, err
	}
	return head, nil
}

// ReadAt reads behind the head. At the end of what is written it returns 0, nil while more may come, and io.EOF when complete.
// Errors wrap ErrGone when the file is gone. It may be called from several goroutines.
func (f *Fragment) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("fragment %d of take %s has nothing at %d", f.number, f.take.id, off)
	}
	if err := f.verify(); err != nil {
		return 0, err
	}
	s := f.take.spool
	s.mu.Lock()
	rest, complete := f.size-off, f.complete
	s.mu.Unlock()
	switch {
	case rest <= 0 && complete:
		return 0, io.EOF
	case rest <= 0 || len(p) == 0:
		return 0, nil
	}
	return f.pread(p[:min(int64(len(p)), rest)], f.body()+off)
}

// Hold spares the fragment from eviction until the returned function is called, and keeps its file open once it was read.
func (f *Fragment) Hold() (release func()) {
	s := f.take.spool
	s.mu.Lock()
	f.holds++
	s.mu.Unlock()
	released := false
	return func() {
		s.mu.Lock()
		if released {
			s.mu.Unlock()
			return
		}
		released = true
		f.holds--
		last := f.holds == 0 && (f.place != part || f.failed) // otherwise the file is the writer's
		s.mu.Unlock()
		if last {
			f.io.Lock()
			defer f.io.Unlock()
			if !f.held() {
				f.shut()
			}
		}
	}
}

func (f *Fragment) held() bool {
	f.take.spool.mu.Lock()
	defer f.take.spool.mu.Unlock()
	return f.holds > 0
}

// pread fills p from a place in the file.
func (f *Fragment) pread(p []byte, at int64) (int, error) {
	f.io.RLock()
	if f.file != nil {
		defer f.io.RUnlock()
		return f.filled(f.file.ReadAt(p, at))
	}
	f.io.RUnlock()
	f.io.Lock()
	defer f.io.Unlock()
	if f.file == nil {
		file, err := f.openFile()
		if err != nil {
			return 0, err
		}
		f.file = file
		if !f.held() {
			defer f.shut()
		}
	}
	return f.filled(f.file.ReadAt(p, at))
}

func (f *Fragment) openFile() (*os.File, error) {
	if f.place == nowhere {
		return nil, f.gone()
	}
	file, err := os.Open(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: somebody removed %s", f.gone(), f.path())
	}
	return file, err
}

func (f *Fragment) filled(n int, err error) (int, error) {
	if err == io.EOF {
		err = fmt.Errorf("fragment %d of take %s: its file was cut short: %w", f.number, f.take.id, io.ErrUnexpectedEOF)
	}
	return n, err
}

// verify compares a fragment that was recovered with its checksum, once. One that differs goes into quarantine.
func (f *Fragment) verify() error {
	s := f.take.spool
	s.mu.Lock()
	if !f.unchecked {
		s.mu.Unlock()
		return nil
	}
	r := f.record()
	s.mu.Unlock()
	f.io.Lock()
	file, err := f.openFile()
	var sum uint32
	if err == nil {
		sum, err = r.checksum(file)
		err = errors.Join(err, file.Close())
	}
	f.io.Unlock()
	switch {
	case err == nil && sum == r.crc:
		s.mu.Lock()
		f.unchecked = false
		s.mu.Unlock()
		return nil
	case err == nil:
		err = errors.New("its content is not what was recorded")
	case !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.EIO):
		return err
	}
	reason := fmt.Sprintf("The file is damaged on this disk: %v.", err)
	if err := f.Reject(reason); err != nil && !errors.Is(err, ErrGone) {
		return err
	}
	return fmt.Errorf("%w: %s", f.gone(), reason)
}
