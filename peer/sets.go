package peer

import (
	"encoding/binary"

	"kinora/media"
	"kinora/media/nal"
)

// strip divides a frame into its parameter sets, in Annex B, and the rest, which stays as it was; both are appended. key says whether
// decoding can start at the frame.
func (u *nalus) strip(sets, rest, frame []byte) (_, _ []byte, key bool) {
	u.each(frame, func(unit []byte, kind byte) {
		switch {
		case u.set(kind):
			sets = append(sets, 0, 0, 0, 1)
			sets = append(sets, unit...)
		case !u.idle(kind):
			key = key || u.key(kind)
			rest = appendUnit(rest, unit)
		}
	})
	return sets, rest, key
}

// configuration makes of parameter sets, in Annex B, what a track has as Private, and the picture's size where it is known.
func (u *nalus) configuration(sets []byte) (private []byte, width, height int, err error) {
	if u == hevc {
		private, err = nal.HEVCConfig(sets)
		return private, 0, 0, err
	}
	if private, err = nal.AVCConfig(sets); err != nil {
		return nil, 0, 0, err
	}
	width, height, err = nal.AVCSize(private)
	return private, width, height, err
}

// setsOf returns the parameter sets in a track's Private, each behind its length of 4 bytes, and of how many bytes the lengths are
// by which the track's frames are divided. Sets that cannot be read are left out: the frames may have them too.
func setsOf(t media.Track) (sets []byte, lengths int) {
	p := t.Private
	switch {
	case t.Codec == media.H264 && len(p) > 6 && p[0] == 1:
		rest := p[5:]
		for _, mask := range [2]byte{31, 255} {
			if len(rest) == 0 {
				break
			}
			sets, rest = appendSets(sets, rest[1:], int(rest[0]&mask))
		}
		return sets, int(p[4]&3) + 1
	case t.Codec == media.H265 && len(p) > 22:
		rest := p[23:]
		for range p[22] {
			if len(rest) < 3 {
				break
			}
			sets, rest = appendSets(sets, rest[3:], int(binary.BigEndian.Uint16(rest[1:])))
		}
		return sets, int(p[21]&3) + 1
	}
	return nil, 4
}

// appendSets appends n sets that stand behind lengths of 2 bytes.
func appendSets(sets, from []byte, n int) (_, rest []byte) {
	for range n {
		if len(from) < 2 || int(binary.BigEndian.Uint16(from)) > len(from)-2 {
			return sets, nil
		}
		size := int(binary.BigEndian.Uint16(from))
		sets = appendUnit(sets, from[2:2+size])
		from = from[2+size:]
	}
	return sets, from
}
