//go:build linux || darwin

package kvs

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unsent is how much may wait in the system to go out, beside what is on its way already. Otherwise it keeps megabytes, and on a slow
// uplink whoever hands out a frame takes it for sent seconds before it is.
const unsent = 32 << 10

// limitUnsent makes a new socket take no more than that. How much is on its way, which is what makes a line fast, stays the system's
// business.
func limitUnsent(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		// A system that cannot do this sends all the same.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
	})
}
