//go:build !linux

package archive

import "os"

func fdatasync(f *os.File) error { return f.Sync() }
