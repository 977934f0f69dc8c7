package mkv

import "math/bits"

const unknownSize = -1

// An element is the head of one EBML element: its ID, how many bytes ID and size take, and the size of its body.
type element struct {
	id   uint32
	head int
	size int64 // unknownSize when the element does not declare it
}

// vintLen is the length that the first byte of a variable-size integer announces: 1 to 8, or 0 when it is invalid.
func vintLen(first byte) int {
	if first == 0 {
		return 0
	}
	return bits.LeadingZeros8(first) + 1
}

// vint decodes the variable-size integer that fills b, without its length marker.
func vint(b []byte) uint64 {
	v := uint64(b[0]) & (0xFF >> len(b))
	for _, c := range b[1:] {
		v = v<<8 | uint64(c)
	}
	return v
}

// vintSize decodes an element size that fills b. All ones means unknown.
func vintSize(b []byte) int64 {
	v := vint(b)
	if v == 1<<(7*len(b))-1 {
		return unknownSize
	}
	return int64(v)
}

// uintOf decodes a big-endian unsigned integer of 0 to 8 bytes.
func uintOf(b []byte) uint64 {
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// elementAt decodes the element head at the start of b, which holds all that there is. It reports the reason when
// there is no valid head.
func elementAt(b []byte) (e element, reason string) {
	if len(b) == 0 {
		return e, "an element is expected here"
	}
	n := vintLen(b[0])
	if n == 0 || n > 4 {
		return e, "this is no element ID"
	}
	if len(b) <= n {
		return e, "an element head is cut"
	}
	for _, c := range b[:n] {
		e.id = e.id<<8 | uint32(c)
	}
	s := vintLen(b[n])
	if s == 0 {
		return e, "this is no element size"
	}
	if len(b) < n+s {
		return e, "an element head is cut"
	}
	e.head, e.size = n+s, vintSize(b[n:n+s])
	return e, ""
}

// appendHead appends an element's ID and its size as an 8-byte integer.
func appendHead(dst []byte, id uint32, size int) []byte {
	dst = appendID(dst, id)
	return append(dst, 1, byte(size>>48), byte(size>>40), byte(size>>32), byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
}

func appendID(dst []byte, id uint32) []byte {
	for shift := (bits.Len32(id) - 1) / 8 * 8; shift >= 0; shift -= 8 {
		dst = append(dst, byte(id>>shift))
	}
	return dst
}
