//go:build unix

// Package diskspace says how much room a disk has.
package diskspace

import (
	"os"

	"golang.org/x/sys/unix"
)

// Free returns the bytes that this user may still write to the disk of a directory.
func Free(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
