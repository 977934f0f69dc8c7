package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// Read returns the fragment of an entry: verified, opened, in memory of its own. ErrNotFound when retention has removed it,
// a DamageError (ErrCorrupt) when its record is damaged or its segment is gone, ErrDeleted with the stream.
func (s *Stream) Read(e Entry) (*Fragment, error) { return s.ReadInto(e, new(Memory)) }

// Memory is that of a fragment. Whoever reads one after the other uses it again.
type Memory struct{ bytes []byte }

// of returns n bytes of the memory, with anything in them.
func (m *Memory) of(n int64) []byte {
	if int64(cap(m.bytes)) < n {
		m.bytes = make([]byte, n+n/8) // the next one is of about this size
	}
	return m.bytes[:n]
}

// ReadInto is Read into a Memory: the fragment that was read into it before is no more.
func (s *Stream) ReadInto(e Entry, m *Memory) (*Fragment, error) {
	if err := s.gone(); err != nil {
		return nil, err
	}
	if s.archive.isClosing() {
		return nil, ErrClosed
	}
	path := s.path(e.segment)
	f, err := s.readFile(path, &e, m)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.gone(); err != nil {
			return nil, err
		}
		if !s.hasSegment(e.segment) {
			return nil, fmt.Errorf("stream %q, fragment %s: %w", s.name, e.Number, ErrNotFound)
		}
		err = unsound("the segment is missing")
	}
	if errors.As(err, new(unsound)) || errors.Is(err, syscall.EIO) {
		d := &DamageError{Stream: s.name, Fragment: e.Number, File: path, Offset: e.offset, Length: e.Size, Reason: err.Error()}
		s.archive.report(d)
		return nil, d
	} else if err != nil {
		return nil, fmt.Errorf("stream %q, fragment %s, %s at offset %d: %w", s.name, e.Number, path, e.offset, err)
	}
	return f, nil
}

func (s *Stream) readFile(path string, e *Entry, m *Memory) (*Fragment, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var f *Fragment
	info, err := file.Stat()
	if err == nil {
		f, err = readRecord(file, e.offset, info.Size(), s.aead, m)
	}
	err = errors.Join(err, file.Close())
	switch {
	case err != nil:
	case f.Number != e.Number:
		err = unsound("the record is that of fragment " + f.Number.String())
	case !f.Server.Equal(e.Server) || !f.Producer.Equal(e.Producer):
		err = unsound("the index has other times for it than its record")
	default:
		return f, nil
	}
	if f != nil { // the record is sound, and what led to it is not
		err = errors.Join(err, s.archive.index.distrust())
	}
	return f, err
}

// hasSegment tells whether the stream should have a segment: it has not expired.
func (s *Stream) hasSegment(id int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.ContainsFunc(s.segments, func(g segment) bool { return g.id == id })
}
