package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Kinora that has a window listens on a local socket that belongs to its user alone, so that a second start with the same data
// directory can hand over what it was asked for. One request is one line, and so is its answer:
//
//	show            ok
//	open kinora://… ok, or no and a sentence
const (
	requestShow = "show"
	requestOpen = "open "
	answerOK    = "ok"
	answerNo    = "no "

	longestLine   = 4096 // bytes of a request or an answer
	acceptPause   = 200 * time.Millisecond
	talkPatience  = 5 * time.Second
	startPatience = 10 * time.Second // with one that has the data directory and does not listen yet
	longestSocket = 100              // bytes of a socket's path that every system takes
)

// socketPath is where the Kinora with a data directory listens: in the desktop's directory for such things, else in the data
// directory. It is empty when neither has a path that is short enough.
func socketPath(data string) string {
	path := filepath.Join(data, "kinora.sock")
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		name := sha256.Sum256([]byte(filepath.Clean(data)))
		path = filepath.Join(dir, "kinora-"+hex.EncodeToString(name[:8])+".sock")
	}
	if len(path) > longestSocket {
		return ""
	}
	return path
}

// handOver sends a request to the Kinora that listens at path. It reports whether there is one; the error is what that one
// answers.
func handOver(ctx context.Context, path, request string) (running bool, err error) {
	if path == "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, talkPatience)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTSOCK):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("the running Kinora cannot be reached: %w", err)
	}
	defer func() { _ = conn.Close() }() // its answer is all that counts
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return true, err
	}
	if _, err := io.WriteString(conn, request+"\n"); err != nil {
		return true, fmt.Errorf("the running Kinora does not listen: %w", err)
	}
	answer, err := readLine(conn)
	switch {
	case err != nil:
		return true, fmt.Errorf("the running Kinora does not answer: %w", err)
	case answer != answerOK:
		return true, errors.New(strings.TrimPrefix(answer, answerNo))
	}
	return true, nil
}

// handOverSoon is handOver to a Kinora that is about to listen.
func handOverSoon(ctx context.Context, path, request string) (running bool, err error) {
	over := time.NewTimer(startPatience)
	defer over.Stop()
	tick := time.NewTicker(acceptPause)
	defer tick.Stop()
	for {
		if running, err = handOver(ctx, path, request); running || err != nil {
			return running, err
		}
		select {
		case <-tick.C:
		case <-over.C:
			return false, nil
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// readLine reads one line of a sensible length.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, longestLine)).ReadString('\n')
	if err != nil {
		return "", errors.New("the line is too long, or not whole")
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// instance listens for other starts.
type instance struct {
	listener *net.UnixListener
	path     string
	do       func(request string) error
	closing  chan struct{}
	group    sync.WaitGroup
}

// listen takes requests at path, one at a time, until close. What an earlier Kinora left at path, which has died, is replaced:
// the caller owns the data directory, so that no other can be running.
func listen(path string, do func(request string) error) (*instance, error) {
	if path == "" {
		return nil, errors.New("the data directory's path is too long for a socket")
	}
	l, err := privately(path)
	if err != nil {
		return nil, err
	}
	i := &instance{listener: l, path: path, do: do, closing: make(chan struct{})}
	i.group.Go(i.serve)
	return i, nil
}

// privately listens at path. The socket is made where nobody else can come, and appears at path when it is its user's alone.
func privately(path string) (l *net.UnixListener, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), "k")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	made := filepath.Join(dir, "s")
	if l, err = net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"}); err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it is called otherwise by then
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (i *instance) serve() {
	for {
		conn, err := i.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // such as too many open files: it passes
			select {
			case <-time.After(acceptPause):
			case <-i.closing:
			}
			continue
		}
		i.answer(conn)
	}
}

// answer takes one request. Whoever breaks off or is slow gets no answer.
func (i *instance) answer(conn net.Conn) {
	defer func() { _ = conn.Close() }() // nothing is left to be said
	if conn.SetDeadline(time.Now().Add(talkPatience)) != nil {
		return
	}
	request, err := readLine(conn)
	if err == nil {
		err = i.do(request)
	}
	answer := answerOK
	if err != nil {
		answer = answerNo + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	_, _ = io.WriteString(conn, answer+"\n") // who asked may be gone
}

// close stops listening, waits for a request that is being answered, and removes the socket.
func (i *instance) close() error {
	if i == nil {
		return nil
	}
	close(i.closing)
	err := i.listener.Close()
	i.group.Wait()
	return errors.Join(err, os.Remove(i.path))
}
