//go:build linux || darwin

package kvs

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLittleWaitsInTheSystem(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := transport(nil).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if n, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT); err != nil || n != unsent {
			t.Errorf("%d bytes may wait (%v), want %d", n, err, unsent)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
