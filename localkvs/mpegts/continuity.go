package mpegts

import "slices"

// The layout of a transport packet: a sync byte, PID and flags in two, what follows and the continuity counter in one.
const (
	packetSize  = 188
	packetHead  = 4
	hasField    = 0x20 // an adaptation field
	hasPayload  = 0x10
	counterMask = 0x0F
	counters    = counterMask + 1
)

// leastPayload is what stays of a packet that is split: no PES header, which has 19 bytes at most, is cut.
const leastPayload = 20

// whole makes the counters of a segment end where those of every segment begin, whichever segments a player puts behind each other: to a
// player of one continuous stream a counter that jumps is a packet that was lost. Tables are repeated for it, and of the elementary streams
// the last packets are split.
func whole(ts []byte) []byte {
	packets := slices.Collect(slices.Chunk(ts, packetSize))
	missing := make(map[uint16]int)
	for _, p := range packets {
		missing[pid(p)] = (missing[pid(p)] + counters - 1) % counters
	}
	further := make([]int, len(packets)) // that a packet is to become
	var tables [][]byte                  // the last ones
	for i, p := range slices.Backward(packets) {
		switch id := pid(p); {
		case !isTable(p):
			further[i] = min(missing[id], max(0, len(payload(p))-leastPayload))
			missing[id] -= further[i]
		case missing[id] > 0:
			tables = append(tables, p)
			further[i], missing[id] = missing[id], 0
		}
	}
	out := make([]byte, 0, len(ts)+len(missing)*counters*packetSize)
	moved := make(map[uint16]int)
	for i, p := range packets {
		at := len(out)
		if further[i] > 0 && !isTable(p) {
			out = split(out, p, further[i])
		} else {
			out = append(out, p...)
		}
		for ; at < len(out); at += packetSize {
			count(out[at:], moved[pid(p)])
		}
		moved[pid(p)] += further[i]
	}
	for _, p := range slices.Backward(tables) {
		for n := range moved[pid(p)] {
			out = append(out, p...)
			count(out[len(out)-packetSize:], n+1)
		}
	}
	return out
}

func pid(p []byte) uint16 { return uint16(p[1]&0x1F)<<8 | uint16(p[2]) }

// isTable tells whether a packet is none of an elementary stream.
func isTable(p []byte) bool { return pid(p) < firstPID || pid(p) >= firstPID+0x100 }

func payload(p []byte) []byte {
	switch {
	case p[3]&hasPayload == 0:
		return nil
	case p[3]&hasField == 0:
		return p[packetHead:]
	}
	return p[packetHead+1+int(p[packetHead]):]
}

// count moves a packet's counter on.
func count(p []byte, by int) { p[3] = p[3]&^counterMask | (p[3]+byte(by))&counterMask }

// split appends a packet as one and a number of further ones, each with a byte of its payload.
func split(dst, p []byte, further int) []byte {
	data := payload(p)
	var field []byte
	if p[3]&hasField != 0 {
		field = p[packetHead+1:][:p[packetHead]]
	}
	first := len(data) - further
	dst = stuffed(dst, p, 0, field, data[:first])
	const begins = 0x40 // a PES packet
	rest := [packetHead]byte{p[0], p[1] &^ begins, p[2], p[3]}
	for i := range further {
		dst = stuffed(dst, rest[:], i+1, nil, data[first+i:][:1])
	}
	return dst
}

// stuffed appends a packet whose adaptation field is filled up.
func stuffed(dst, head []byte, counter int, field, data []byte) []byte {
	at := len(dst)
	dst = append(dst, head[:packetHead]...)
	count(dst[at:], counter)
	dst[at+3] |= hasField | hasPayload
	length := packetSize - packetHead - 1 - len(data)
	dst = append(dst, byte(length))
	dst = append(dst, field...)
	if len(field) == 0 && length > 0 {
		dst = append(dst, 0) // it says nothing
	}
	for len(dst) < at+packetSize-len(data) {
		dst = append(dst, 0xFF)
	}
	return append(dst, data...)
}
