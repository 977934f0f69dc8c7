//go:build linux || darwin || freebsd

package ui

import "syscall"

// freeBytes is what a person may still write to the disk of a directory; negative when that cannot be told.
func freeBytes(dir string) int64 {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return -1
	}
	return int64(st.Bavail) * int64(st.Bsize)
}
