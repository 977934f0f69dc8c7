package spool

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"time"
)

// record is what a file says about itself, in a Void element between head and body. The first slot is written with the
// head, the second one when the file is sealed.
type record struct {
	number int
	head   int    // bytes
	headID uint64 // hash of the head
	start  time.Duration
	at     int64 // producer time in ms since 1970

	sealed bool
	size   int64 // bytes of the body
	length time.Duration
	frames int
	crc    uint32 // CRC-32C of head and body
}

const (
	magic      = "KinSpo\x00\x01" // 8 bytes, the last one is the version
	slot1      = 8 + 4 + 4 + 8 + 8 + 8 + 4
	slot2      = 8 + 8 + 4 + 4 + 4
	voidHead   = 2
	recordSize = voidHead + slot1 + slot2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func hashHead(head []byte) uint64 {
	sum := sha256.Sum256(head)
	return binary.BigEndian.Uint64(sum[:])
}

// body is where the body begins in the file.
func (r *record) body() int64 { return int64(r.head + recordSize) }

func (r *record) append(b []byte) []byte {
	from := len(b) + voidHead
	b = append(b, 0xEC, 0x80|byte(slot1+slot2))
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint32(b, uint32(r.number))
	b = binary.BigEndian.AppendUint32(b, uint32(r.head))
	b = binary.BigEndian.AppendUint64(b, r.headID)
	b = binary.BigEndian.AppendUint64(b, uint64(r.start))
	b = binary.BigEndian.AppendUint64(b, uint64(r.at))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
	if !r.sealed {
		return append(b, make([]byte, slot2)...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(r.size))
	b = binary.BigEndian.AppendUint64(b, uint64(r.length))
	b = binary.BigEndian.AppendUint32(b, uint32(r.frames))
	b = binary.BigEndian.AppendUint32(b, r.crc)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

// findRecord looks for a record in the beginning of a file.
func findRecord(b []byte) (record, bool) {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(magic))
		if i < 0 {
			return record{}, false
		}
		at := from + i
		if r, ok := decodeRecord(b[at:]); ok && r.head == at-voidHead {
			return r, true
		}
		from = at + 1
	}
}

// decodeRecord reads a record from its magic on.
func decodeRecord(b []byte) (r record, ok bool) {
	if len(b) < slot1+slot2 {
		return r, false
	}
	u32, u64 := binary.BigEndian.Uint32, binary.BigEndian.Uint64
	f := b[len(magic):]
	r = record{number: int(u32(f)), head: int(u32(f[4:])), headID: u64(f[8:]), start: time.Duration(u64(f[16:])), at: int64(u64(f[24:]))}
	if crc32.Checksum(b[:slot1-4], castagnoli) != u32(f[32:]) {
		return record{}, false
	}
	f = b[slot1:]
	size, length := int64(u64(f)), time.Duration(u64(f[8:]))
	if crc32.Checksum(b[:slot1+slot2-4], castagnoli) == u32(f[24:]) && size >= 0 && length >= 0 {
		r.sealed, r.size, r.length, r.frames, r.crc = true, size, length, int(u32(f[16:])), u32(f[20:])
	}
	return r, true
}

var errNoRecord = errors.New("it has no record of the spool")

// readRecord reads a file's record, and the file's size. buf is space to read into.
func readRecord(f *os.File, buf []byte) (r record, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return r, 0, err
	}
	n, err := f.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return r, 0, err
	}
	r, ok := findRecord(buf[:n])
	if !ok && err == nil && len(buf) < maxHead+recordSize {
		return readRecord(f, make([]byte, maxHead+recordSize))
	}
	if !ok {
		return r, info.Size(), errNoRecord
	}
	return r, info.Size(), nil
}

// checksum computes the CRC-32C of head and body.
func (r *record) checksum(f io.ReaderAt) (uint32, error) {
	h := crc32.New(castagnoli)
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, int64(r.head))); err != nil {
		return 0, err
	}
	n, err := io.Copy(h, io.NewSectionReader(f, r.body(), r.size))
	if err == nil && n < r.size {
		err = io.ErrUnexpectedEOF
	}
	return h.Sum32(), err
}
