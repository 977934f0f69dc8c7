//go:build unix

package clip

import (
	"os"

	"golang.org/x/sys/unix"
)

// diskFree returns the bytes of a disk that this user may still fill.
func diskFree(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
