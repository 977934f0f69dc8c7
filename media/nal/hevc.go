package nal

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HEVCConfig makes an HEVCDecoderConfigurationRecord (hvcC) with lengths of 4 bytes from the VPS, SPS and PPS in an
// Annex B byte stream. Other units in it are passed over.
func HEVCConfig(annexB []byte) ([]byte, error) {
	types := [...]byte{hevcVPS, hevcSPS, hevcPPS}
	var sets [len(types)][][]byte
	for unit := range units(annexB) {
		for i, t := range types {
			if unit[0]>>1&0x3F == t {
				sets[i] = append(sets[i], unit)
			}
		}
	}
	for i, kind := range [...]string{"VPS", "SPS", "PPS"} {
		if n := len(sets[i]); n == 0 || n > 0xFFFF {
			return nil, fmt.Errorf("nal: hvcC needs a VPS, an SPS and a PPS; there are %d %s", n, kind)
		}
	}
	s, err := parseHEVCSPS(sets[1][0])
	if err != nil {
		return nil, err
	}
	out := append([]byte{1}, s.profileTierLevel[:]...)
	out = append(out,
		0xF0, 0, // min_spatial_segmentation_idc: unknown
		0xFC, // parallelismType: unknown
		0xFC|s.chroma, 0xF8|s.lumaDepth, 0xF8|s.chromaDepth,
		0, 0, // avgFrameRate: unknown
		s.layers<<3|s.nested<<2|3, // constantFrameRate unknown, lengths of 4 bytes
		byte(len(types)))
	for i, t := range types {
		out = append(out, 0x80|t) // all such sets are here
		out = binary.BigEndian.AppendUint16(out, uint16(len(sets[i])))
		if out, err = appendSets(out, sets[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HEVCSequence returns what an SPS says of the pictures: profile space to level in the 12 bytes that an hvcC has behind its version,
// and the size in pixels, after cropping.
func HEVCSequence(sps []byte) (profileTierLevel [12]byte, w, h int, err error) {
	s, err := parseHEVCSPS(sps)
	const largest = 1 << 16
	if err == nil && (s.width <= 0 || s.height <= 0 || s.width > largest || s.height > largest) {
		err = fmt.Errorf("nal: the SPS says a picture of %d x %d", s.width, s.height)
	}
	return s.profileTierLevel, int(s.width), int(s.height), err
}

type hevcSPSInfo struct {
	profileTierLevel               [12]byte // profile space to level, as SPS and hvcC both have them
	layers, nested                 byte
	chroma, lumaDepth, chromaDepth byte // depths minus 8
	width, height                  int64
}

// parseHEVCSPS reads a sequence parameter set as far as its bit depths: Rec. ITU-T H.265, 7.3.2.2.1.
func parseHEVCSPS(unit []byte) (hevcSPSInfo, error) {
	var s hevcSPSInfo
	if len(unit) < 3 || unit[0]>>1&0x3F != hevcSPS {
		return s, errors.New("nal: this is no SPS of H.265")
	}
	r := bitReader{b: unescape(unit[2:])}
	r.skip(4) // sps_video_parameter_set_id
	subLayers := r.u(3)
	s.layers, s.nested = byte(subLayers)+1, byte(r.u(1))
	for i := range s.profileTierLevel {
		s.profileTierLevel[i] = byte(r.u(8))
	}
	skipSubLayers(&r, int(subLayers))
	r.ue() // sps_seq_parameter_set_id
	chroma := r.ue()
	if chroma == 3 {
		r.skip(1) // separate_colour_plane_flag
	}
	s.width, s.height = int64(r.ue()), int64(r.ue())
	if r.flag() {
		unitX, unitY := int64(1), int64(1)
		if chroma == 1 || chroma == 2 {
			unitX = 2
		}
		if chroma == 1 {
			unitY = 2
		}
		left, right, top, bottom := int64(r.ue()), int64(r.ue()), int64(r.ue()), int64(r.ue())
		s.width -= (left + right) * unitX
		s.height -= (top + bottom) * unitY
	}
	luma, chromaDepth := r.ue(), r.ue()
	if r.short {
		return s, fmt.Errorf("nal: SPS: %w", errShort)
	}
	if chroma > 3 || luma > 8 || chromaDepth > 8 {
		return s, errors.New("nal: the SPS names a chroma format or bit depth that does not exist")
	}
	s.chroma, s.lumaDepth, s.chromaDepth = byte(chroma), byte(luma), byte(chromaDepth)
	return s, nil
}

func skipSubLayers(r *bitReader, n int) {
	if n == 0 {
		return
	}
	var present [8]struct{ profile, level bool }
	for i := range n {
		present[i].profile, present[i].level = r.flag(), r.flag()
	}
	r.skip(2 * (8 - n))
	for i := range n {
		if present[i].profile {
			r.skip(88)
		}
		if present[i].level {
			r.skip(8)
		}
	}
}
