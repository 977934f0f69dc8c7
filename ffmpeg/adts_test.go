package ffmpeg

import (
	"bytes"
	"testing"
)

func TestADTS(t *testing.T) {
	frame := []byte{1, 2, 3}
	packet := append([]byte{0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x5F, 0xFC}, frame...) // LC, 48 kHz, stereo, 10 bytes
	h, body, err := adts(packet)
	if err != nil || !bytes.Equal(body, frame) || h.rate() != 48000 || h.channels != 2 || h.blocks != 1 {
		t.Errorf("adts = %+v, %x, %v", h, body, err)
	}
	if c := h.config(); !bytes.Equal(c, []byte{0x11, 0x90}) {
		t.Errorf("AudioSpecificConfig %x, want 1190", c)
	}
	checked := append([]byte{0xFF, 0xF0, 0x4C, 0x80, 0x01, 0x9F, 0xFC, 9, 9}, frame...)
	if _, body, err := adts(checked); err != nil || !bytes.Equal(body, frame) {
		t.Errorf("with a checksum: %x, %v", body, err)
	}
}

func FuzzADTS(f *testing.F) {
	f.Add([]byte{0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x5F, 0xFC, 1, 2, 3})
	f.Add([]byte{0xFF, 0xF0, 0x4C, 0x80, 0x00, 0xFF, 0xFC})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, body, err := adts(b)
		if err == nil && (len(body) >= len(b) || h.rate() == 0 || len(h.config()) != 2) {
			t.Errorf("%+v with %d of %d bytes", h, len(body), len(b))
		}
	})
}

// A wrong length in front of a NAL unit ends what is taken.
func FuzzWiden(f *testing.F) {
	f.Add([]byte{0, 2, 0x65, 1, 0, 1, 0x41}, 2)
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0x65}, 3)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		n = 1 + n&3
		unitsOf(t, widen(b, n))
	})
}
