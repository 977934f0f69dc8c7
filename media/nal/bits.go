package nal

import "errors"

var errShort = errors.New("it is cut")

// A bitReader reads a parameter set bit by bit. After its end it gives zeros and short is set.
type bitReader struct {
	b     []byte
	at    int // in bits
	short bool
}

func (r *bitReader) bit() uint32 {
	i := r.at >> 3
	if i >= len(r.b) {
		r.short = true
		return 0
	}
	v := uint32(r.b[i]>>(7-r.at&7)) & 1
	r.at++
	return v
}

func (r *bitReader) u(n int) uint32 {
	var v uint32
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

func (r *bitReader) flag() bool { return r.bit() == 1 }

func (r *bitReader) skip(n int) {
	for range n {
		r.bit()
	}
}

// ue reads an unsigned Exp-Golomb code.
func (r *bitReader) ue() uint32 {
	n := 0
	for r.bit() == 0 {
		if n++; n > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<n - 1 + r.u(n)
}

// se reads a signed Exp-Golomb code.
func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v>>1) + 1
	}
	return -int32(v >> 1)
}
