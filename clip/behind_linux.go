package clip

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriting asks the disk to begin with what the file has, and waits for nothing. It only hastens; what is safe, Sync says.
func startWriting(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}
