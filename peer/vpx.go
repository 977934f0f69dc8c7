package peer

import "github.com/pion/rtp/codecs"

// vp8Body returns what of a frame is in a packet, by RFC 7741, and whether the frame begins with it.
func vp8Body(payload []byte) (body []byte, begins, ok bool) {
	var p codecs.VP8Packet
	body, err := p.Unmarshal(payload)
	return body, p.S == 1 && p.PID == 0, err == nil
}

func vp8Begins(payload []byte) bool {
	_, begins, ok := vp8Body(payload)
	return ok && begins
}

// vp9Body returns what of a frame is in a packet, by RFC 9628, and whether it is of a key frame.
func vp9Body(payload []byte) (body []byte, key, ok bool) {
	var p codecs.VP9Packet
	body, err := p.Unmarshal(payload)
	return body, !p.P && p.SID == 0, err == nil
}

func vp9Begins(payload []byte) bool {
	var p codecs.VP9Packet
	_, err := p.Unmarshal(payload)
	return err == nil && p.B && p.SID == 0
}
