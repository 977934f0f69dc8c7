package main

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// A line is the way between Kinora and its service, which can be narrow and can be cut.
type line struct {
	listener net.Listener
	target   string
	narrow   int // bytes a second towards the service; 0: as many as there are
	back     int // likewise, from it

	mu    sync.Mutex
	cut   bool
	open  map[net.Conn]bool
	group sync.WaitGroup
}

// newLine listens on a port of its own for connections to target.
func newLine(ctx context.Context, target string, narrow, back int) (*line, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &line{listener: listener, target: target, narrow: narrow, back: back, open: make(map[net.Conn]bool)}
	l.group.Go(l.serve)
	return l, nil
}

// sever breaks off all connections and lets no other begin, or lets them begin again.
func (l *line) sever(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	if cut {
		l.drop()
	}
}

// drop closes what is open. l.mu is held.
func (l *line) drop() {
	for c := range l.open {
		_ = c.Close() // nothing can be done about a connection that is being broken off
	}
	clear(l.open)
}

// close ends everything and waits for it.
func (l *line) close() error {
	err := l.listener.Close()
	l.sever(true)
	l.group.Wait()
	return err
}

func (l *line) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", l.target)
		if err != nil {
			_ = near.Close() // as if nobody listened
			continue
		}
		if !l.join(near, far) {
			continue
		}
		l.group.Go(func() { l.carry(far, near, l.narrow) })
		l.group.Go(func() { l.carry(near, far, l.back) })
	}
}

// join remembers a pair of connections, or closes them when the line is cut.
func (l *line) join(pair ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range pair {
		l.open[c] = true
	}
	if l.cut {
		l.drop()
	}
	return !l.cut
}

// carry copies one direction, and ends both when it ends.
func (l *line) carry(to, from net.Conn, narrow int) {
	var source io.Reader = from
	if narrow > 0 {
		source = &narrowed{from, narrow}
	}
	_, _ = io.Copy(to, source) // how it ended does not matter: the other direction ends with it
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range []net.Conn{to, from} {
		delete(l.open, c)
		_ = c.Close() // closed by the other direction already, perhaps
	}
}

// narrowed reads at most rate bytes a second.
type narrowed struct {
	r    io.Reader
	rate int
}

func (n *narrowed) Read(p []byte) (int, error) {
	const slices = 20 // of a second
	got, err := n.r.Read(p[:min(len(p), n.rate/slices)])
	time.Sleep(time.Duration(got) * time.Second / time.Duration(n.rate))
	return got, err
}
