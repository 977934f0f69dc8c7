//go:build !cgo && unix

package main

import (
	"os"
	"syscall"
)

// become goes on as another program, in the same process. It returns only when that one cannot be started.
func become(path string) error {
	return syscall.Exec(path, append([]string{path}, os.Args[1:]...), os.Environ())
}
