package mkv

import (
	"errors"
	"fmt"
	"io"
)

// ErrLimit is wrapped by the error of an input that asks for more memory than the Parser's Limits allow.
var ErrLimit = errors.New("limit exceeded")

// SyntaxError says where and why the input is not the Matroska that KVS speaks.
type SyntaxError struct {
	Offset  int64  // in the input, of the element at fault
	Element string // its name, such as "SimpleBlock"
	Reason  string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("offset %d: %s: %s", e.Offset, e.Element, e.Reason)
}

func syntaxError(offset int64, id uint32, format string, args ...any) error {
	return &SyntaxError{Offset: offset, Element: name(id), Reason: fmt.Sprintf(format, args...)}
}

func limitError(offset int64, id uint32, size int64, limit int) error {
	return fmt.Errorf("offset %d: %s: %d bytes are more than the %d allowed: %w", offset, name(id), size, limit, ErrLimit)
}

func cutError(offset int64, where string) error {
	return fmt.Errorf("offset %d: the input ends inside %s: %w", offset, where, io.ErrUnexpectedEOF)
}
