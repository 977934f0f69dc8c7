package archive

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// A record is a fixed header in the clear and the sealed payload. Numbers are big-endian.
//
//	 0  4 magic "KAFR"          52  8 length of the fragment, ns
//	 4  2 version               60  4 frames
//	 6  2 flags                 64  5x4 lengths: Header, Lead, Cluster, Trail, tags
//	 8 20 fragment number       84 12 nonce
//	28  8 server time, ms       96  4 CRC-32C of the sealed payload
//	36  8 producer time, ms    100  4 CRC-32C of the bytes 0 to 99
//	44  8 timecode             104 16 identity, zero when it has none
//	                           120  4 CRC-32C of the bytes 0 to 119
//	                           124    payload, sealed: the five parts, then 16 bytes of GCM tag
//
// The payload is sealed by AES-256-GCM with bytes 0 to 119 as additional data, the checksums in them zero, so nothing in
// the header that matters can be changed unnoticed. The checksums let recovery judge records without any key.
//
// Flags: 1, a backfill; 2, the producer put tags on it. Version 2 did not have the second one, so it leaves open whether
// there are any. Version 1 had neither flags nor what stands from 104 on, and bytes 0 to 95 as additional data. Both are
// still read. The checksum at 100 stays where it was, so that a program of an older version knows a record of a newer one
// from damage.
const (
	recordMagic   = "KAFR"
	recordVersion = 3
	headerSize    = 124
	aadSize       = 120
	header1Size   = 104 // of version 1
	aad1Size      = 96
	recordMin     = header1Size + tagSize
)

const (
	flagBackfill = 1
	flagTagged   = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type recordHeader struct {
	bytes            int64 // of the header itself
	number           Number
	server, producer int64 // ms since 1970
	timecode         uint64
	length           time.Duration
	frames           uint32
	parts            [5]uint32 // bytes of Header, Lead, Cluster, Trail, tags
	payloadCRC       uint32
	backfill         bool
	tagged           bool // the producer put tags on it, or may have
	identity         identity
}

// payload is the number of sealed bytes, tag included.
func (h *recordHeader) payload() int64 {
	n := int64(tagSize)
	for _, p := range h.parts {
		n += int64(p)
	}
	return n
}

func (h *recordHeader) size() int64 { return h.bytes + h.payload() }

// entry is the index's line for the record at an offset of its segment.
func (h *recordHeader) entry(offset int64) Entry {
	return Entry{
		Number: h.number, Server: time.UnixMilli(h.server).UTC(), Producer: time.UnixMilli(h.producer).UTC(),
		Timecode: h.timecode, Length: h.length, Frames: int(h.frames), Size: h.size(), Backfill: h.backfill,
		identity: h.identity, cluster: int64(h.parts[2]), offset: offset, tagged: h.tagged,
	}
}

// unsound is an error about stored data, as opposed to one of reading it.
type unsound string

func (e unsound) Error() string { return string(e) }

const (
	errHeader  unsound = "no valid record header"
	errCut     unsound = "the file ends within the record"
	errPayload unsound = "the payload's checksum does not match"
	errSeal    unsound = "the record's authentication fails: it was changed, or sealed under another key"
	errTags    unsound = "the tags cannot be read"
)

// errVersion stops recovery: what a newer version wrote must not be taken for damage.
var errVersion = errors.New("the record was written by a newer version")

// parseHeader reads the header at the start of b, which has at least header1Size bytes.
func parseHeader(b []byte) (h recordHeader, err error) {
	be := binary.BigEndian
	if string(b[:4]) != recordMagic || be.Uint32(b[100:]) != crc32.Checksum(b[:100], castagnoli) {
		return h, errHeader
	}
	switch v, flags := be.Uint16(b[4:]), be.Uint16(b[6:]); {
	case v == 1 && flags == 0:
		h.bytes = header1Size
	case v == 2 && flags&^flagBackfill == 0, v == recordVersion && flags&^(flagBackfill|flagTagged) == 0:
		h.bytes = headerSize
		if len(b) < headerSize {
			return h, errCut
		}
		if be.Uint32(b[120:]) != crc32.Checksum(b[:120], castagnoli) {
			return h, errHeader
		}
		h.backfill = flags&flagBackfill != 0
		copy(h.identity[:], b[104:])
	default:
		return h, fmt.Errorf("version %d, flags %#x: %w", v, flags, errVersion)
	}
	copy(h.number.b[:], b[8:])
	h.server, h.producer = int64(be.Uint64(b[28:])), int64(be.Uint64(b[36:]))
	h.timecode, h.length = be.Uint64(b[44:]), time.Duration(be.Uint64(b[52:]))
	h.frames = be.Uint32(b[60:])
	for i := range h.parts {
		h.parts[i] = be.Uint32(b[64+4*i:])
	}
	h.payloadCRC = be.Uint32(b[96:])
	h.tagged = h.parts[4] > 0 && (be.Uint16(b[4:]) < recordVersion || be.Uint16(b[6:])&flagTagged != 0)
	if !h.number.valid() {
		return h, errHeader
	}
	return h, nil
}

// recordSize returns the bytes f takes in the log.
func recordSize(f *Fragment) int64 {
	return headerSize + tagSize + int64(len(f.Header)+len(f.Lead)+len(f.Cluster)+len(f.Trail)+tagsSize(f.Tags))
}

// appendRecord appends the sealed record of f to dst, whose capacity should have room for recordSize: then the only copy
// is the gathering of the parts, and sealing happens in place. The nonce is random, 96 bits: with at most 2^32 records
// under one data key (13 years of 10 fragments a second) the chance that any two share one is below 2^-32, the bound of
// NIST SP 800-38D section 8.3.
func appendRecord(dst []byte, aead cipher.AEAD, f *Fragment, id identity) []byte {
	be := binary.BigEndian
	start := len(dst)
	dst = append(dst, recordMagic...)
	dst = be.AppendUint16(dst, recordVersion)
	var flags uint16
	if f.Backfill {
		flags |= flagBackfill
	}
	if len(producerTags(f.Tags)) > 0 {
		flags |= flagTagged
	}
	dst = be.AppendUint16(dst, flags)
	dst = append(dst, f.Number.b[:]...)
	dst = be.AppendUint64(dst, uint64(f.Server.UnixMilli()))
	dst = be.AppendUint64(dst, uint64(f.Producer.UnixMilli()))
	dst = be.AppendUint64(dst, f.Timecode)
	dst = be.AppendUint64(dst, uint64(f.Length))
	dst = be.AppendUint32(dst, uint32(f.Frames))
	for _, n := range [...]int{len(f.Header), len(f.Lead), len(f.Cluster), len(f.Trail), tagsSize(f.Tags)} {
		dst = be.AppendUint32(dst, uint32(n))
	}
	var nonce [nonceSize]byte
	rand.Read(nonce[:])
	dst = append(dst, nonce[:]...)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = append(dst, id[:]...)
	dst = append(dst, 0, 0, 0, 0)

	dst = append(dst, f.Header...)
	dst = append(dst, f.Lead...)
	dst = append(dst, f.Cluster...)
	dst = append(dst, f.Trail...)
	dst = appendTags(dst, f.Tags)

	head, plain := dst[start:start+headerSize], dst[start+headerSize:]
	dst = aead.Seal(dst[:start+headerSize], nonce[:], plain, head[:aadSize])
	head = dst[start : start+headerSize]
	be.PutUint32(head[96:], crc32.Checksum(dst[start+headerSize:], castagnoli))
	be.PutUint32(head[100:], crc32.Checksum(head[:100], castagnoli))
	be.PutUint32(head[120:], crc32.Checksum(head[:120], castagnoli))
	return dst
}

// readRecord reads and opens the record at off of r, which has size bytes and so bounds the memory. The slices of the fragment
// are in m.
func readRecord(r io.ReaderAt, off, size int64, aead cipher.AEAD, m *Memory) (*Fragment, error) {
	h, head, err := readHeader(r, off, size)
	if err != nil {
		return nil, err
	}
	sealed := m.of(h.payload())
	if _, err := r.ReadAt(sealed, off+h.bytes); err != nil {
		return nil, cutShort(err)
	}
	aad := head[:aad1Size]
	if h.bytes == headerSize {
		clear(head[aad1Size:header1Size])
		aad = head[:aadSize]
	}
	plain, err := aead.Open(sealed[:0], head[84:84+nonceSize], sealed, aad)
	if err != nil {
		return nil, unopened(r, off, &h, m)
	}
	f := &Fragment{
		Number: h.number, Server: time.UnixMilli(h.server).UTC(), Producer: time.UnixMilli(h.producer).UTC(),
		Timecode: h.timecode, Length: h.length, Frames: int(h.frames), Backfill: h.backfill,
	}
	for i, part := range [...]*[]byte{&f.Header, &f.Lead, &f.Cluster, &f.Trail} {
		n := h.parts[i]
		*part, plain = plain[:n:n], plain[n:]
	}
	if f.Tags, err = parseTags(plain); err != nil {
		return nil, err
	}
	return f, nil
}

// unopened says why a record cannot be opened. Opening finds every change by itself; the checksum tells damage from another key.
func unopened(r io.ReaderAt, off int64, h *recordHeader, m *Memory) error {
	sealed := m.of(h.payload())
	if _, err := r.ReadAt(sealed, off+h.bytes); err != nil {
		return cutShort(err)
	}
	if crc32.Checksum(sealed, castagnoli) != h.payloadCRC {
		return errPayload
	}
	return errSeal
}

// readHeader reads the header at off of r, which has size bytes. The record fits into these.
func readHeader(r io.ReaderAt, off, size int64) (h recordHeader, b []byte, err error) {
	b = make([]byte, max(0, min(headerSize, size-off)))
	if len(b) < header1Size {
		return h, nil, errCut
	}
	if _, err := r.ReadAt(b, off); err != nil {
		return h, nil, cutShort(err)
	}
	if h, err = parseHeader(b); err == nil && h.size() > size-off {
		err = errCut
	}
	return h, b, err
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// check says why f cannot be stored.
func (f *Fragment) check(limit int64) error {
	switch size := recordSize(f); {
	case !f.Number.valid():
		return errors.New("the fragment has no number")
	case size > limit || size > math.MaxUint32:
		return fmt.Errorf("%d bytes where %d are allowed: %w", size, limit, ErrTooLarge)
	case f.Frames < 0 || int64(f.Frames) > math.MaxUint32:
		return fmt.Errorf("the fragment has %d frames", f.Frames)
	}
	return nil
}
