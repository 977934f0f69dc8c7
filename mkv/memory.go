package mkv

import (
	"kinora/media"
	"kinora/media/nal"
)

// Memory is where [Reader.PacketIn] puts packets: all that a fragment has, together. Whoever reads one fragment after the other
// lets go of them all at once by Reset, and uses it again. The zero Memory is ready.
type Memory struct {
	data    []byte
	packets []media.Packet
}

// NewMemory returns a Memory with room for so many bytes of media. More than that costs a further piece.
func NewMemory(bytes int) *Memory { return &Memory{data: make([]byte, 0, bytes)} }

// Reset takes all packets back, which nobody may use any more, and makes room for so many bytes of media.
func (m *Memory) Reset(bytes int) {
	m.data, m.packets = m.data[:0], m.packets[:0]
	if cap(m.data) < bytes {
		m.data = make([]byte, 0, bytes+bytes/8) // the next one is of about this size
	}
}

// Pieces of memory: what is asked for when there is no room.
const (
	dataPiece   = 64 << 10
	packetPiece = 64
)

// packet returns a packet with a copy of a frame; of one in Annex B form its NAL units, behind lengths.
func (m *Memory) packet(frame []byte, annexB bool) *media.Packet {
	if len(m.packets) == cap(m.packets) {
		m.packets = make([]media.Packet, 0, max(packetPiece, 2*cap(m.packets)))
	}
	m.packets = m.packets[:len(m.packets)+1]
	p := &m.packets[len(m.packets)-1]
	need := len(frame)
	if annexB {
		need += len(frame) / 3 // a start code of three bytes becomes a length of four, in front of a byte at least
	}
	if cap(m.data)-len(m.data) < need {
		m.data = make([]byte, 0, max(dataPiece, need, 2*cap(m.data)))
	}
	begin := len(m.data)
	if annexB {
		m.data = nal.AVCC(m.data, frame)
	} else {
		m.data = append(m.data, frame...)
	}
	*p = media.Packet{Data: m.data[begin:len(m.data):len(m.data)]}
	return p
}
