// Package nal converts between the two forms in which H.264 and H.265 travel. Encoders and transports of bytes give
// Annex B: NAL units behind start codes, parameter sets among them. Containers want each NAL unit behind its length,
// and the parameter sets once, in a configuration record: avcC (ISO/IEC 14496-15, 5.3.3.1) or hvcC (8.3.3.1).
//
// The functions are pure; those that append do not keep or modify their input.
package nal

import (
	"encoding/binary"
	"fmt"
)

// NAL unit types.
const (
	avcSPS = 7
	avcPPS = 8

	hevcVPS = 32
	hevcSPS = 33
	hevcPPS = 34
)

// First bytes of access unit delimiters. Neither can begin another NAL unit of the other codec: 0x09 would be a
// reserved type of an H.265 layer above 31, 0x46 an H.264 SEI that is referred to.
const (
	avcDelimiter  = 0x09
	hevcDelimiter = 0x46
)

// AVCC appends the NAL units of an Annex B access unit to dst, each behind its length of 4 bytes, and returns the
// extended buffer. Access unit delimiters are dropped: the container delimits. What stands in front of the first start
// code is left out.
func AVCC(dst, annexB []byte) []byte {
	for unit := range units(annexB) {
		if unit[0] == avcDelimiter || unit[0] == hevcDelimiter {
			continue
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(unit)))
		dst = append(dst, unit...)
	}
	return dst
}

// AnnexB appends NAL units that stand behind lengths of 4 bytes to dst, each behind a start code of 4 bytes, and
// returns the extended buffer. The error says where a length is wrong; what stood before it has been appended.
func AnnexB(dst, prefixed []byte) ([]byte, error) {
	for at := 0; at < len(prefixed); {
		rest := prefixed[at:]
		if len(rest) < 4 {
			return dst, fmt.Errorf("nal: offset %d: %d bytes are too few for a length", at, len(rest))
		}
		n := binary.BigEndian.Uint32(rest)
		if uint64(n) > uint64(len(rest)-4) {
			return dst, fmt.Errorf("nal: offset %d: a unit of %d bytes does not fit in the %d that are left", at, n, len(rest)-4)
		}
		dst = append(dst, 0, 0, 0, 1)
		dst = append(dst, rest[4:4+n]...)
		at += 4 + int(n)
	}
	return dst, nil
}
