package mkv

import (
	"fmt"
	"io"
)

// firstBuffer is what a Parser reads at a time until an element needs more.
const firstBuffer = 64 << 10

// A window is the part of the input that is in memory. Positions are relative to its first byte, which moves on
// with drop.
type window struct {
	r    io.Reader
	buf  []byte
	lo   int   // first byte of the window in buf
	hi   int   // end of what was read
	off  int64 // input offset of lo
	max  int   // buf never grows beyond this
	rerr error // what Read said, once buf is used up
}

// bytes returns the window from position a to b; it is valid until the next want.
func (w *window) bytes(a, b int) []byte { return w.buf[w.lo+a : w.lo+b : w.lo+b] }

// drop moves the window's start n bytes on.
func (w *window) drop(n int) {
	w.lo += n
	w.off += int64(n)
}

func (w *window) len() int { return w.hi - w.lo }

// want reads until n bytes are in the window. The buffer doubles when it is full of what has arrived; n alone,
// which an input may declare as it likes, allocates nothing. The error is io.EOF at the input's end, whatever
// came before it.
func (w *window) want(n int) error {
	idle := 0
	for w.len() < n {
		if w.rerr != nil {
			return w.rerr
		}
		if w.lo == w.hi {
			w.lo, w.hi = 0, 0
		}
		if w.hi == len(w.buf) || w.lo+n > len(w.buf) && w.lo > 0 {
			w.room()
		}
		m, err := w.r.Read(w.buf[w.hi:])
		w.hi += m
		switch {
		case err == io.EOF:
			w.rerr = io.EOF
		case err != nil:
			w.rerr = fmt.Errorf("offset %d: reading: %w", w.off+int64(w.len()), err)
		case m > 0:
			idle = 0
		default:
			if idle++; idle == 100 {
				w.rerr = fmt.Errorf("offset %d: reading: %w", w.off+int64(w.len()), io.ErrNoProgress)
			}
		}
	}
	return nil
}

// room makes space behind hi: by moving the window to the buffer's start, or else in a buffer of twice the size.
func (w *window) room() {
	dst := w.buf
	if w.lo == 0 {
		if len(w.buf) == w.max {
			panic("mkv: a window larger than the limits")
		}
		dst = make([]byte, min(max(2*len(w.buf), firstBuffer), w.max))
	}
	w.hi = copy(dst, w.buf[w.lo:w.hi])
	w.buf, w.lo = dst, 0
}
