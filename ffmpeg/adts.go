package ffmpeg

import "errors"

// adtsHeader is what stands in front of an AAC frame in streams without a container of their own: ISO/IEC 14496-3, 1.A.2.2.
type adtsHeader struct {
	object    int // audio object type
	frequency int // index
	channels  int // configuration
	blocks    int // frames behind the header
}

var errNoADTS = errors.New("this is no AAC with ADTS")

// adts splits a packet into header and frame.
func adts(p []byte) (h adtsHeader, frame []byte, err error) {
	if len(p) < 7 || p[0] != 0xFF || p[1]&0xF6 != 0xF0 {
		return h, nil, errNoADTS
	}
	h = adtsHeader{
		object:    int(p[2]>>6) + 1,
		frequency: int(p[2] >> 2 & 15),
		channels:  int(p[2]&1)<<2 | int(p[3]>>6),
		blocks:    int(p[6]&3) + 1,
	}
	size, length := 7, int(p[3]&3)<<11|int(p[4])<<3|int(p[5])>>5
	if p[1]&1 == 0 {
		size = 9 // with a checksum
	}
	if length != len(p) || length < size || h.rate() == 0 {
		return h, nil, errNoADTS
	}
	return h, p[size:], nil
}

// config is the AudioSpecificConfig of the stream: ISO/IEC 14496-3, 1.6.2.1.
func (h adtsHeader) config() []byte {
	return []byte{byte(h.object<<3 | h.frequency>>1), byte(h.frequency<<7 | h.channels<<3)}
}

// rate is in samples a second, zero when the index is reserved.
func (h adtsHeader) rate() int {
	rates := [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}
	if h.frequency >= len(rates) {
		return 0
	}
	return rates[h.frequency]
}
