// Package filelock keeps two processes, or two callers of one, from using the same file or directory at once. The system
// gives a lock back when its owner dies, so that a crash leaves nothing to be cleared away.
package filelock

import "errors"

// ErrHeld says that another holds the lock.
var ErrHeld = errors.New("another holds the lock")
