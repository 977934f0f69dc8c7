package localkvs

import (
	"bytes"
	"math/bits"
)

// An element's size is a number whose first byte says by its leading zeros how long it is (RFC 8794, section 4).

var segmentID = []byte{0x18, 0x53, 0x80, 0x67}

// endless makes the size of a head's Segment unknown, in place and of the same length: each fragment that a reader
// gets stands behind the whole head, and is not as long as the file that the producer took it from.
func endless(head []byte) []byte {
	at := bytes.Index(head, segmentID)
	if at < 0 || at+4 >= len(head) {
		return head
	}
	size := head[at+4:]
	width := sizeWidth(size)
	if width > len(size) {
		return head
	}
	size[0] = 0xFF >> (width - 1)
	for i := 1; i < width; i++ {
		size[i] = 0xFF
	}
	return head
}

// clusterSize returns how many bytes a Cluster of known size has, its ID and size included. b begins with these.
func clusterSize(b []byte) int {
	width := sizeWidth(b[4:])
	n := int(b[4]) & (0xFF >> width)
	for _, c := range b[5 : 4+width] {
		n = n<<8 | int(c)
	}
	return 4 + width + n
}

// sizeWidth is the number of bytes of a size: 1 to 8, or 9 when it is none.
func sizeWidth(b []byte) int { return bits.LeadingZeros8(b[0]) + 1 }
