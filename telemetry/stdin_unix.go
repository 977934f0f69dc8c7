//go:build unix

package telemetry

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// openStdin reads standard input in a way that Close can end. Making the descriptor itself non-blocking would do that to
// whoever shares the terminal as well, so it is polled together with a pipe that Close closes.
func openStdin() (io.ReadCloser, error) { return openPolled(os.Stdin) }

func openPolled(f *os.File) (io.ReadCloser, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", f.Name(), err)
	}
	return &polled{file: f, wake: r, close: sync.OnceValue(w.Close)}, nil
}

// polled is a file whose Read ends at Close, which leaves the file itself open.
type polled struct {
	file  *os.File
	wake  *os.File // ends when it is closed
	close func() error
}

func (p *polled) Read(b []byte) (int, error) {
	fds := []unix.PollFd{
		{Fd: int32(p.file.Fd()), Events: unix.POLLIN},
		{Fd: int32(p.wake.Fd()), Events: unix.POLLIN},
	}
	for {
		if _, err := unix.Poll(fds, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil {
			return 0, p.done(fmt.Errorf("waiting for %s: %w", p.file.Name(), err))
		}
		if fds[1].Revents != 0 {
			return 0, p.done(os.ErrClosed)
		}
		n, err := p.file.Read(b)
		if err != nil {
			return n, p.done(err)
		}
		return n, nil
	}
}

// done ends the reading because of err.
func (p *polled) done(err error) error {
	if closing := p.wake.Close(); closing != nil {
		return errors.Join(err, closing)
	}
	return err
}

func (p *polled) Close() error { return p.close() }
