package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"time"
)

// Number identifies a fragment within its stream. Numbers of one stream grow in the order of ingestion. A Number is
// comparable; the zero Number stands for "none" and sorts before every other.
//
// The value is the 157-bit integer 2^156 + seq<<92 + serverMillis<<28 + random28, the layout that published fragment
// numbers of Kinesis Video Streams show. It is held as 20 big-endian bytes, so byte order is number order.
type Number struct{ b [numberSize]byte }

const (
	numberSize   = 20
	numberDigits = 47
	randomBits   = 28
	group        = 1e19 // the largest power of ten in a word
)

func newNumber(seq uint64, at time.Time, random uint32) Number {
	ms := uint64(max(at.UnixMilli(), 0))
	var n Number
	binary.BigEndian.PutUint64(n.b[0:], 1<<60|seq>>4)
	binary.BigEndian.PutUint64(n.b[8:], seq<<60|ms>>4)
	binary.BigEndian.PutUint32(n.b[16:], uint32(ms)<<28|random&(1<<randomBits-1))
	return n
}

// ParseNumber reads the decimal form that String writes: 47 digits. Any other text is an error.
func ParseNumber(s string) (Number, error) {
	if len(s) != numberDigits {
		return Number{}, fmt.Errorf("fragment number has %d characters, not %d digits", len(s), numberDigits)
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return Number{}, fmt.Errorf("fragment number has %q where a digit belongs", s[i])
		}
	}
	var top, mid, low uint64
	for _, part := range [...]string{s[:9], s[9:28], s[28:]} {
		v, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return Number{}, fmt.Errorf("fragment number: %w", err)
		}
		var carry, c uint64
		carry, low = bits.Mul64(low, group)
		low, c = bits.Add64(low, v, 0)
		h, m := bits.Mul64(mid, group)
		mid, c = bits.Add64(m, carry, c)
		top = top*group + h + c
	}
	var n Number
	binary.BigEndian.PutUint32(n.b[0:], uint32(top))
	binary.BigEndian.PutUint64(n.b[4:], mid)
	binary.BigEndian.PutUint64(n.b[12:], low)
	if !n.valid() {
		return Number{}, fmt.Errorf("fragment number %s is outside the range of fragment numbers", s)
	}
	return n, nil
}

// String returns 47 decimal digits, and "" for the zero Number.
func (n Number) String() string {
	if n.IsZero() {
		return ""
	}
	words := [3]uint64{
		uint64(binary.BigEndian.Uint32(n.b[0:])), binary.BigEndian.Uint64(n.b[4:]), binary.BigEndian.Uint64(n.b[12:]),
	}
	var digits [3 * 19]byte
	for end := len(digits); end > 0; end -= 19 {
		var rest uint64
		for i, w := range words {
			words[i], rest = bits.Div64(rest, w, group)
		}
		for i := end - 1; i >= end-19; i-- {
			digits[i] = byte('0' + rest%10)
			rest /= 10
		}
	}
	return string(digits[len(digits)-numberDigits:])
}

// MarshalText is String.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (n *Number) UnmarshalText(text []byte) (err error) {
	if *n = (Number{}); len(text) > 0 {
		*n, err = ParseNumber(string(text))
	}
	return err
}

// Compare returns -1, 0 or 1.
func (n Number) Compare(o Number) int { return bytes.Compare(n.b[:], o.b[:]) }

// IsZero reports whether n is the zero Number.
func (n Number) IsZero() bool { return n == Number{} }

// Seq returns the position in the stream's sequence, which grows by one a fragment and jumps at each new connection.
func (n Number) Seq() uint64 {
	return binary.BigEndian.Uint64(n.b[0:])<<4 | binary.BigEndian.Uint64(n.b[8:])>>60
}

// Time returns the server time in the number, to the millisecond, in UTC.
func (n Number) Time() time.Time {
	ms := binary.BigEndian.Uint64(n.b[8:])<<4 | uint64(binary.BigEndian.Uint32(n.b[16:]))>>28
	return time.UnixMilli(int64(ms)).UTC()
}

// valid reports whether the bytes are of the documented form: the bits above 2^156 are clear and that one is set.
func (n Number) valid() bool { return n.b[0]>>4 == 1 }

// next returns the smallest Number above n.
func (n Number) next() Number {
	for i := len(n.b) - 1; i >= 0; i-- {
		n.b[i]++
		if n.b[i] != 0 {
			break
		}
	}
	return n
}
