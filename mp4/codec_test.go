package mp4

import (
	"encoding/binary"
	"errors"
	"testing"

	"kinora/media"
)

// bitString is a parameter set in the making.
type bitString struct {
	b []byte
	n int
}

func (s *bitString) u(n int, v uint64) *bitString {
	for i := n - 1; i >= 0; i-- {
		if s.n%8 == 0 {
			s.b = append(s.b, 0)
		}
		s.b[s.n/8] |= byte(v>>i&1) << (7 - s.n%8)
		s.n++
	}
	return s
}

// ue writes Exp-Golomb codes.
func (s *bitString) ue(values ...uint64) *bitString {
	for _, v := range values {
		zeros := 0
		for (v+1)>>(zeros+1) > 0 {
			zeros++
		}
		s.u(zeros, 0).u(zeros+1, v+1)
	}
	return s
}

func set(b []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) }

// A few bytes of a parameter set that announce much more are no codec private data. Who believes them has no memory left.
func TestParameterSetsThatAnnounceTooMuch(t *testing.T) {
	const much = 1<<40 - 2
	sps := new(bitString).u(32, 0x6742001E).ue(0, 0, 1).u(1, 1).ue(0, 0, much).u(8, 0x80)
	avcC := append([]byte{1, 0x42, 0, 0x1E, 0xFF, 0xE1}, set(sps.b)...)
	avcC = append(append(avcC, 1), set([]byte{0x68, 0xCE, 0x3C, 0x80})...)

	sps = new(bitString).u(16, 0x4201).u(8, 1).u(8, 1).u(32, 0x60000000).u(48, 0).u(8, 93) // to the level
	sps.ue(0, 1, 64, 64).u(1, 0).ue(0, 0, 4).u(1, 1).ue(0, 0, 0, 0, 0, 0, 0, 0, 0).u(4, 0).ue(0).u(4, 0)
	sps.u(1, 1).u(8, 0x10).u(1, 0).u(1, 1).ue(31, 31).u(1, 1).ue(much).u(8, 0x80) // the extension for screens: a palette
	hvcC := append([]byte{1, 1, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 93, 0xF0, 0, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0, 0x0F, 1, 0xA1, 0, 1}, set(sps.b)...)

	if err := Check(media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: avcC}); !errors.Is(err, ErrInvalidPrivate) {
		t.Errorf("H.264: %v, want %v", err, ErrInvalidPrivate)
	}
	// What stands so far behind the size of the picture is not read.
	d, err := describe(media.Track{ID: 1, Kind: media.Video, Codec: media.H265, Private: hvcC})
	if err != nil || d.width != 64 || d.height != 64 || d.codec != "hvc1.1.6.L93.0" {
		t.Errorf("H.265: %q, %d x %d, %v", d.codec, d.width, d.height, err)
	}
}
