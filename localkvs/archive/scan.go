package archive

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"os"
)

// scanned is what a walk through a segment found.
type scanned struct {
	entries []Entry // in the order of the file, without segment
	damage  []DamageError
	lost    []Entry // of each damage the fragment, as far as its header or the one in front says; without a time where neither does
	end     int64   // offset after the last sound record
	size    int64   // of the file
}

// scanSegment walks a segment file from an offset at which a record begins. With verify the payloads are read and their
// checksums compared; without, only headers are read, unless they show damage: then the walk is done again with verify.
// Damaged stretches are stepped over to the next valid header.
func scanSegment(f *os.File, from int64, verify bool) (scanned, error) {
	info, err := f.Stat()
	if err != nil {
		return scanned{}, err
	}
	w := walk{file: f, size: info.Size(), verify: verify}
	result, err := w.run(from)
	if err == nil && !verify && len(result.damage) > 0 {
		w.verify = true
		result, err = w.run(from)
	}
	return result, err
}

type walk struct {
	file   *os.File
	size   int64
	verify bool
	window []byte
}

func (w *walk) run(at int64) (scanned, error) {
	out := scanned{end: at, size: w.size}
	for at < w.size {
		h, _, err := readHeader(w.file, at, w.size)
		if err == nil && w.verify {
			err = w.payload(&h, at)
		}
		if err == nil {
			out.entries = append(out.entries, h.entry(at))
			at += h.size()
			out.end = at
			continue
		}
		if !errors.As(err, new(unsound)) {
			return out, err
		}
		var lost Entry
		if n := len(out.entries); errors.Is(err, errPayload) {
			lost = h.entry(at)
		} else if n > 0 {
			lost = out.entries[n-1].behind()
		}
		next, failed := w.resync(at + 1)
		if failed != nil {
			return out, failed
		}
		out.damage = append(out.damage, DamageError{Fragment: h.number, Offset: at, Length: next - at, Reason: err.Error()})
		out.lost = append(out.lost, lost)
		at = next
	}
	return out, nil
}

func (w *walk) payload(h *recordHeader, at int64) error {
	sum := crc32.New(castagnoli)
	if _, err := io.CopyBuffer(sum, io.NewSectionReader(w.file, at+h.bytes, h.payload()), w.buffer()); err != nil {
		return err
	}
	if sum.Sum32() != h.payloadCRC {
		return errPayload
	}
	return nil
}

// resync returns the offset of the next valid record header at or behind an offset, or the file's size.
func (w *walk) resync(at int64) (int64, error) {
	const overlap = len(recordMagic) - 1
	for at < w.size {
		b := w.buffer()
		n, err := w.file.ReadAt(b[:min(int64(len(b)), w.size-at)], at)
		if err != nil {
			return 0, err
		}
		for b, base := b[:n], at; ; {
			i := bytes.Index(b, []byte(recordMagic))
			if i < 0 {
				break
			}
			if _, _, err := readHeader(w.file, base+int64(i), w.size); err == nil {
				return base + int64(i), nil
			} else if !errors.As(err, new(unsound)) {
				return 0, err
			}
			b, base = b[i+1:], base+int64(i)+1
		}
		if at += int64(n); at < w.size {
			at -= int64(overlap)
		}
	}
	return w.size, nil
}

func (w *walk) buffer() []byte {
	if w.window == nil {
		w.window = make([]byte, 256<<10)
	}
	return w.window
}
