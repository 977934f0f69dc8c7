package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// look is how often a file is looked at for more.
const look = 200 * time.Millisecond

// tail reads a file and waits at its end for more. Read and Close may be called from different goroutines.
type tail struct {
	path   string
	file   *os.File
	offset int64
	closed chan struct{}
	close  func() error
}

// openTail opens a file at its last line, or, when it is not the first time, at its beginning. What is no file, such as a
// named pipe, is read as it comes.
func openTail(path string, first bool) (io.ReadCloser, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, sentenceOf(path, err)
	}
	switch {
	case info.Mode()&os.ModeNamedPipe != 0:
		// Open for writing too: it then neither waits for the first writer nor ends with the last.
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, sentenceOf(path, err)
		}
		return f, nil
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is neither a file nor a named pipe: choose the file that lines are written to", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, sentenceOf(path, err)
	}
	t := &tail{path: path, file: f, closed: make(chan struct{})}
	t.close = sync.OnceValue(func() error { close(t.closed); return nil })
	if first {
		if t.offset, err = lastLine(f, info.Size()); err != nil {
			f.Close() // it was only read
			return nil, sentenceOf(path, err)
		}
	}
	return t, nil
}

// lastLine returns where the last line of a file begins.
func lastLine(f *os.File, size int64) (int64, error) {
	from := max(0, size-lineLimit)
	b := make([]byte, size-from)
	n, err := f.ReadAt(b, from)
	if err != nil && err != io.EOF {
		return 0, err
	}
	b = bytes.TrimRight(b[:n], "\r\n")
	return from + int64(bytes.LastIndexByte(b, '\n')) + 1, nil
}

var errReplaced = errors.New("it was removed or replaced")

func (t *tail) Read(p []byte) (int, error) {
	for {
		select {
		case <-t.closed:
			return 0, errors.Join(os.ErrClosed, t.file.Close())
		default:
		}
		n, err := t.file.ReadAt(p, t.offset)
		t.offset += int64(n)
		if n > 0 {
			return n, nil
		}
		if err != io.EOF {
			return 0, errors.Join(err, t.file.Close())
		}
		if err := t.changed(); err != nil {
			return 0, errors.Join(err, t.file.Close())
		}
		select {
		case <-t.closed:
		case <-time.After(look):
		}
	}
}

// changed begins again when the file was emptied, and fails when there is another one by its name, or none.
func (t *tail) changed() error {
	mine, err := t.file.Stat()
	if err != nil {
		return err
	}
	if mine.Size() < t.offset {
		t.offset = 0
	}
	named, err := os.Stat(t.path)
	if err != nil || !os.SameFile(mine, named) {
		return errReplaced
	}
	return nil
}

// Close ends a Read that waits.
func (t *tail) Close() error { return t.close() }
