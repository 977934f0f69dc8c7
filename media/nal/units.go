package nal

import (
	"bytes"
	"iter"
)

var startCode = []byte{0, 0, 1}

// units yields the NAL units of an Annex B stream, without start codes and the zeros around them. Empty ones are
// left out.
func units(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		at := bytes.Index(b, startCode)
		for at >= 0 {
			b = b[at+len(startCode):]
			at = bytes.Index(b, startCode)
			unit := b
			if at >= 0 {
				unit = b[:at]
			}
			// A NAL unit never ends in a zero byte: these belong to what follows.
			if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 && !yield(unit) {
				return
			}
		}
	}
}

// unescape returns a NAL unit without its emulation prevention bytes: the 3 of each 00 00 03.
func unescape(unit []byte) []byte {
	out := make([]byte, 0, len(unit))
	zeros := 0
	for _, c := range unit {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		out = append(out, c)
		if zeros++; c != 0 {
			zeros = 0
		}
	}
	return out
}
