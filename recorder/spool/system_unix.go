//go:build unix

package spool

import (
	"errors"
	"syscall"
)

// diskFull tells whether an error says that nothing more fits.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
