package peer

import (
	"encoding/binary"

	"kinora/media"
)

// nalus says how NAL units of a codec travel in RTP: H.264 by RFC 6184, H.265 by RFC 7798, both without interleaving.
type nalus struct {
	head        int // bytes of a unit's header
	aggregation byte
	fragment    byte
	kind        func(head byte) byte
	key         func(kind byte) bool // decoding can start at it
	set         func(kind byte) bool // a parameter set
	first       byte                 // of those in front of a key frame
	idle        func(kind byte) bool // what containers leave out: delimiters and filler
}

var avc = &nalus{
	head: 1, aggregation: 24, fragment: 28,
	kind: func(b byte) byte { return b & 31 },
	key:  func(k byte) bool { return k == 5 },
	set:  func(k byte) bool { return k == 7 || k == 8 }, first: 7,
	idle: func(k byte) bool { return k == 9 || k == 12 },
}

var hevc = &nalus{
	head: 2, aggregation: 48, fragment: 49,
	kind: func(b byte) byte { return b >> 1 & 63 },
	key:  func(k byte) bool { return k >= 16 && k <= 21 },
	set:  func(k byte) bool { return k >= 32 && k <= 34 }, first: 32,
	idle: func(k byte) bool { return k == 35 || k == 38 },
}

func nalusOf(c media.Codec) *nalus {
	switch c {
	case media.H264:
		return avc
	case media.H265:
		return hevc
	}
	return nil
}

// begins reports whether a frame can begin with the packet: it is not in the middle of a unit.
func (u *nalus) begins(payload []byte) bool {
	if len(payload) <= u.head {
		return false
	}
	return u.kind(payload[0]) != u.fragment || payload[u.head]&0x80 != 0
}

// opens reports whether a packet begins with the first parameter set, as key frames do.
func (u *nalus) opens(payload []byte) bool {
	if len(payload) > u.head+2 && u.kind(payload[0]) == u.aggregation {
		payload = payload[u.head+2:]
	}
	return len(payload) > u.head && u.kind(payload[0]) == u.first
}

// add appends a packet to a frame, whose units stand behind their lengths. A unit that comes in pieces is open, from the offset of
// its length on, until its last piece. false: the packet is damaged, or a piece of what never began.
func (u *nalus) add(frame []byte, open int, payload []byte) (_ []byte, _ int, ok bool) {
	if len(payload) <= u.head {
		return frame, -1, false
	}
	switch kind := u.kind(payload[0]); {
	case kind == u.aggregation:
		for rest := payload[u.head:]; len(rest) > 0; {
			if len(rest) < 2 {
				return frame, -1, false
			}
			n := int(binary.BigEndian.Uint16(rest))
			if n <= 0 || n > len(rest)-2 {
				return frame, -1, false
			}
			frame = appendUnit(frame, rest[2:2+n])
			rest = rest[2+n:]
		}
		return frame, -1, open < 0
	case kind == u.fragment:
		piece := payload[u.head]
		if first := piece&0x80 != 0; first != (open < 0) {
			return frame, -1, false
		}
		if open < 0 {
			open = len(frame)
			frame = append(frame, 0, 0, 0, 0)
			frame = append(frame, u.unfragmented(payload)...)
		}
		frame = append(frame, payload[u.head+1:]...)
		binary.BigEndian.PutUint32(frame[open:], uint32(len(frame)-open-4))
		if piece&0x40 != 0 {
			open = -1
		}
		return frame, open, true
	case u == avc && kind >= 24 || u == hevc && kind > 49:
		return frame, -1, false
	}
	return appendUnit(frame, payload), -1, open < 0
}

// unfragmented returns the header of the unit that a fragment is of.
func (u *nalus) unfragmented(payload []byte) []byte {
	if u == avc {
		return []byte{payload[0]&0xe0 | payload[1]&31}
	}
	return []byte{payload[0]&0x81 | payload[2]&63<<1, payload[1]}
}

func appendUnit(frame, unit []byte) []byte {
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(unit)))
	return append(frame, unit...)
}

// split packs a frame, whose units stand behind their lengths, into payloads of at most size bytes. sets go in front of it, of the
// same form. The payloads share one piece of memory, which is nobody else's. nil: the frame is damaged.
func (u *nalus) split(sets, frame []byte, size int) [][]byte {
	room := len(sets) + len(frame)
	all := make([]byte, 0, room+room/(size-8)*8+64)
	payloads := make([][]byte, 0, room/(size-8)+4)
	for _, part := range [2][]byte{sets, frame} {
		for len(part) > 0 {
			if len(part) < 4 {
				return nil
			}
			n := binary.BigEndian.Uint32(part)
			if uint64(n)+4 > uint64(len(part)) {
				return nil
			}
			unit := part[4 : 4+n]
			part = part[4+n:]
			if len(unit) <= u.head || u.idle(u.kind(unit[0])) {
				continue
			}
			all, payloads = u.pack(all, payloads, unit, size)
		}
	}
	return payloads
}

// pack appends a unit as one payload, or as several when it is too large.
func (u *nalus) pack(all []byte, payloads [][]byte, unit []byte, size int) ([]byte, [][]byte) {
	if len(unit) <= size {
		from := len(all)
		all = append(all, unit...)
		return all, append(payloads, all[from:len(all):len(all)])
	}
	kind, rest := u.kind(unit[0]), unit[u.head:]
	for first := byte(0x80); len(rest) > 0; first = 0 {
		n := min(len(rest), size-u.head-1)
		last := byte(0)
		if n == len(rest) {
			last = 0x40
		}
		from := len(all)
		if u == avc {
			all = append(all, unit[0]&0xe0|u.fragment, first|last|kind)
		} else {
			all = append(all, unit[0]&0x81|u.fragment<<1, unit[1], first|last|kind)
		}
		all = append(all, rest[:n]...)
		payloads = append(payloads, all[from:len(all):len(all)])
		rest = rest[n:]
	}
	return all, payloads
}

// each calls f with the units of a frame, which stand behind their lengths, and their kinds.
func (u *nalus) each(frame []byte, f func(unit []byte, kind byte)) {
	for len(frame) > 4 {
		n := binary.BigEndian.Uint32(frame)
		if n == 0 || uint64(n)+4 > uint64(len(frame)) {
			return
		}
		f(frame[4:4+n], u.kind(frame[4]))
		frame = frame[4+n:]
	}
}
