package spool

import (
	"errors"
	"fmt"
)

// What can be wrong, for decisions. The errors that wrap them are sentences with a place and an advice.
var (
	ErrLocked       = errors.New("another Kinora uses this spool")
	ErrFull         = errors.New("the disk is full")            // free space is under the floor, or the disk says so
	ErrReadOnly     = errors.New("the spool cannot be written") // permissions, a read-only disk, an I/O error
	ErrGone         = errors.New("the fragment is not in the spool any more")
	ErrOtherAccount = errors.New("the spool belongs to another account")
)

var errClosed = errors.New("the spool is closed")

// diskError sorts what the system says about a write.
func diskError(err error) error {
	switch {
	case errors.Is(err, ErrFull) || errors.Is(err, ErrReadOnly):
		return err
	case diskFull(err):
		return fmt.Errorf("%w: %w; free some space", ErrFull, err)
	}
	return fmt.Errorf("%w: %w; check the disk and who may write there", ErrReadOnly, err)
}

func (f *Fragment) gone() error {
	return fmt.Errorf("fragment %d of take %s: %w", f.number, f.take.id, ErrGone)
}
