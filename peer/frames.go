package peer

import (
	"bytes"

	"kinora/media"
)

// frames puts packets, in order, together to frames: Data of packets as media has them. After a gap nothing is complete until the
// next key frame.
type frames struct {
	codec media.Codec
	units *nalus // nil: the codec has none

	parts  []byte // of the frame that arrives
	open   int    // offset of the unit that arrives in pieces; -1: none
	time   uint32 // of the frame that arrives
	any    bool   // it has a packet
	broken bool   // it is not whole
	key    bool   // VP8, VP9: it says so itself
	needed bool   // a key frame

	sets, rest []byte // memory for strip
	known      []byte // parameter sets that the track was made of
	track      media.Track
	fresh      bool // track is another than before
}

// newFrames returns frames for a track, whose particulars are filled in by its first key frame.
func newFrames(t media.Track) *frames {
	return &frames{codec: t.Codec, units: nalusOf(t.Codec), track: t, open: -1, needed: t.Kind == media.Video}
}

// maxFrame bounds a frame: 8 MiB.
const maxFrame = 8 << 20

// gap takes note that packets are missing in front of the next one.
func (f *frames) gap() {
	if f.track.Kind == media.Video {
		f.needed = true
		f.broken = true
	}
}

// add takes a packet and returns the frame that it completes. whole is false when there is none.
func (f *frames) add(p *slot) (data []byte, time uint32, key, whole bool) {
	if f.track.Kind == media.Audio {
		if len(p.payload) == 0 {
			return nil, 0, false, false
		}
		return bytes.Clone(p.payload), p.time, true, true
	}
	if f.any && p.time != f.time { // the end of the last frame had no mark
		data, key, whole = f.finish()
		time = f.time
	}
	if !f.any {
		f.any, f.time, f.parts, f.open, f.key = true, p.time, f.parts[:0], -1, false
		f.broken = !f.begins(p.payload)
	}
	if len(p.payload) > 0 {
		f.broken = !f.append(p.payload) || f.broken || len(f.parts) > maxFrame
	}
	if p.marker && !whole {
		time = f.time
		data, key, whole = f.finish()
	}
	return data, time, key, whole
}

func (f *frames) begins(payload []byte) bool {
	switch f.codec {
	case media.VP8:
		return vp8Begins(payload)
	case media.VP9:
		return vp9Begins(payload)
	}
	return f.units.begins(payload)
}

func (f *frames) append(payload []byte) (ok bool) {
	switch f.codec {
	case media.VP8:
		body, _, ok := vp8Body(payload)
		if len(f.parts) == 0 && len(body) > 0 {
			f.key = body[0]&1 == 0
		}
		f.parts = append(f.parts, body...)
		return ok
	case media.VP9:
		body, key, ok := vp9Body(payload)
		if len(f.parts) == 0 {
			f.key = key
		}
		f.parts = append(f.parts, body...)
		return ok
	}
	if len(f.parts)+len(payload) > maxFrame {
		return false
	}
	f.parts, f.open, ok = f.units.add(f.parts, f.open, payload)
	return ok
}

// finish ends the frame that has arrived.
func (f *frames) finish() (data []byte, key, whole bool) {
	f.any = false
	if f.broken || f.open >= 0 || len(f.parts) == 0 {
		f.needed = f.needed || f.broken || f.open >= 0
		f.broken = false
		return nil, false, false
	}
	if f.units == nil {
		key = f.key
		if f.needed && !key {
			return nil, false, false
		}
		f.needed = false
		if w, h, ok := f.size(); ok && (w != f.track.Width || h != f.track.Height) {
			f.track.Width, f.track.Height, f.fresh = w, h, true
		}
		return bytes.Clone(f.parts), key, true
	}
	f.sets, f.rest, key = f.units.strip(f.sets[:0], f.rest[:0], f.parts)
	if len(f.sets) > 0 && !bytes.Equal(f.sets, f.known) {
		private, w, h, err := f.units.configuration(f.sets)
		if err != nil {
			f.needed = true
			return nil, false, false
		}
		f.known = append(f.known[:0], f.sets...)
		f.track.Private, f.track.Width, f.track.Height, f.fresh = private, w, h, true
	}
	if f.needed && (!key || f.track.Private == nil) || len(f.rest) == 0 {
		return nil, false, false
	}
	f.needed = false
	return bytes.Clone(f.rest), key, true
}

// size returns the picture's size from a key frame of VP8 (RFC 6386 section 9.1).
func (f *frames) size() (w, h int, ok bool) {
	if b := f.parts; f.codec == media.VP8 && f.key && len(b) >= 10 && b[3] == 0x9d && b[4] == 0x01 && b[5] == 0x2a {
		return (int(b[7])<<8 | int(b[6])) & 0x3fff, (int(b[9])<<8 | int(b[8])) & 0x3fff, true
	}
	return 0, 0, false
}
