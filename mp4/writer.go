package mp4

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"kinora/media"
)

// Writer writes a Movie to a file as its fragments come. The index goes in front of the media data, into room that is kept
// for it, so that the file plays while it is fetched over the network; when the room does not do, the index goes behind.
// Memory holds the index alone. A Writer is for one goroutine.
type Writer struct {
	movie Movie
	file  io.WriteSeeker
	out   *bufio.Writer
	room  int64 // bytes kept for the index
	start int64 // of the media data
	err   error
}

// RoomFor is how many bytes the index of so many frames of picture and sound takes, or somewhat less.
func RoomFor(frames int) int { return 4<<10 + 24*frames }

// NewWriter writes to a file, from its beginning. room is how many bytes to keep for the index; see RoomFor.
func NewWriter(file io.WriteSeeker, room int) (*Writer, error) {
	w := &Writer{file: file, out: bufio.NewWriterSize(file, 256<<10), room: int64(max(room, 8))}
	head, err := encode(nil, fileType().Size(), fileType().EncodeSW)
	if err != nil {
		return nil, err
	}
	w.start = int64(len(head)) + w.room + int64(len(dataHead(0)))
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	w.put(head)
	w.put(freeHead(w.room))
	w.at(w.start-int64(len(dataHead(0))), dataHead(0)) // the room stays a hole until there is an index
	return w, w.err
}

// freeHead begins a box of so many bytes that says nothing.
func freeHead(n int64) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(n)), "free"...)
}

// Movie is the plan of what was written. It must not be changed.
func (w *Writer) Movie() *Movie { return &w.movie }

// Written is the size of the file so far.
func (w *Writer) Written() int64 { return w.start + w.movie.Size() }

// Add writes a fragment; see Movie.Add. An error of the file is final.
func (w *Writer) Add(f *media.Recorded) error {
	if w.err != nil {
		return w.err
	}
	pieces, err := w.movie.Add(f)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		w.put(piece)
	}
	return w.err
}

// Skip takes note of a fragment whose media data the file has already, from a Writer that did not come to its end.
func (w *Writer) Skip(f *media.Recorded) error {
	if w.err != nil {
		return w.err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if _, err := w.movie.Add(f); err != nil {
		return err
	}
	_, w.err = w.file.Seek(w.Written(), io.SeekStart)
	return w.err
}

// Flush hands everything that was written to the file.
func (w *Writer) Flush() error { return w.flush() }

// Close writes the index. It does not close the file.
func (w *Writer) Close() error {
	moov, err := w.movie.moov()
	if err != nil {
		return err
	}
	w.movie.locate(moov, w.start)
	index, err := encode(nil, moov.Size(), moov.EncodeSW)
	if err != nil {
		return err
	}
	if rest := w.room - int64(len(index)); rest == 0 || rest >= 8 {
		if rest > 0 {
			index = append(index, freeHead(rest)...)
		}
		w.at(w.start-int64(len(dataHead(0)))-w.room, index)
	} else {
		w.put(index)
	}
	w.at(w.start-int64(len(dataHead(0))), dataHead(w.movie.Size()))
	return w.err
}

func (w *Writer) put(b []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
}

// at writes at an offset.
func (w *Writer) at(offset int64, b []byte) {
	if w.flush() != nil {
		return
	}
	if _, w.err = w.file.Seek(offset, io.SeekStart); w.err == nil {
		w.put(b)
		_ = w.flush() // keeps the error
	}
}

func (w *Writer) flush() error {
	if w.err == nil {
		if err := w.out.Flush(); err != nil {
			w.err = fmt.Errorf("mp4: writing: %w", err)
		}
	}
	return w.err
}
