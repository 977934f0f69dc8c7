//go:build !linux && !darwin

package kvs

import "syscall"

// limitUnsent does nothing: the system has no such limit.
func limitUnsent(_, _ string, _ syscall.RawConn) error { return nil }
