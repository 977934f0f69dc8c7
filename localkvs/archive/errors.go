package archive

import (
	"errors"
	"fmt"
	"syscall"
)

// Decisions a caller can take with errors.Is.
var (
	ErrExists      = errors.New("already exists")
	ErrRepeat      = errors.New("the stream has this fragment already; it was uploaded again")
	ErrDeleted     = errors.New("the stream was deleted")
	ErrClosed      = errors.New("the archive is not running")
	ErrFull        = errors.New("no space left for the archive; free some or shorten a retention")
	ErrNoRetention = errors.New("the stream keeps nothing: its retention is 0 hours")
	ErrNotFound    = errors.New("the fragment is not stored any more")
	ErrCorrupt     = errors.New("stored data is damaged")
	ErrTooLarge    = errors.New("the fragment is larger than the archive accepts")
	ErrLocked      = errors.New("the data directory is in use by another process")
	ErrKey         = errors.New("the key-encryption key does not fit; restore the file kek of this data directory")
)

// DamageError says where stored data is damaged. It wraps ErrCorrupt.
type DamageError struct {
	Stream   string // name, or the directory when the name cannot be read
	Fragment Number // zero when the damage hides it
	File     string // path of the segment or of the stream's description
	Offset   int64  // in File
	Length   int64  // bytes that cannot be used; 0 when unknown
	Reason   string
}

func (e *DamageError) Error() string {
	fragment := "an unknown fragment"
	if !e.Fragment.IsZero() {
		fragment = "fragment " + e.Fragment.String()
	}
	return fmt.Sprintf("stream %q, %s, %s at offset %d: %s", e.Stream, fragment, e.File, e.Offset, e.Reason)
}

// Unwrap makes a DamageError an ErrCorrupt.
func (e *DamageError) Unwrap() error { return ErrCorrupt }

// full adds ErrFull to an error that means that no space is left.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || isIndexFull(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
