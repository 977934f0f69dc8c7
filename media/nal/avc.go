package nal

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// AVCConfig makes an AVCDecoderConfigurationRecord (avcC) with lengths of 4 bytes from the SPS and PPS in an
// Annex B byte stream, such as an encoder's extradata or a key frame. Other units in it are passed over.
func AVCConfig(annexB []byte) ([]byte, error) {
	var sps, pps [][]byte
	for unit := range units(annexB) {
		switch unit[0] & 0x1F {
		case avcSPS:
			sps = append(sps, unit)
		case avcPPS:
			pps = append(pps, unit)
		}
	}
	switch {
	case len(sps) == 0 || len(pps) == 0:
		return nil, fmt.Errorf("nal: avcC needs an SPS and a PPS; there are %d and %d", len(sps), len(pps))
	case len(sps) > 31 || len(pps) > 255:
		return nil, fmt.Errorf("nal: avcC has room for 31 SPS and 255 PPS; there are %d and %d", len(sps), len(pps))
	}
	s, err := parseAVCSPS(sps[0])
	if err != nil {
		return nil, err
	}
	out := []byte{1, sps[0][1], sps[0][2], sps[0][3], 0xFC | 3, 0xE0 | byte(len(sps))}
	if out, err = appendSets(out, sps); err != nil {
		return nil, err
	}
	out = append(out, byte(len(pps)))
	if out, err = appendSets(out, pps); err != nil {
		return nil, err
	}
	if s.high {
		out = append(out, 0xFC|byte(s.chroma), 0xF8|byte(s.lumaDepth-8), 0xF8|byte(s.chromaDepth-8), 0)
	}
	return out, nil
}

// appendSets appends parameter sets, each behind a length of 2 bytes.
func appendSets(dst []byte, sets [][]byte) ([]byte, error) {
	for _, s := range sets {
		if len(s) > 0xFFFF {
			return nil, fmt.Errorf("nal: a parameter set of %d bytes; at most 65535 fit", len(s))
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(s)))
		dst = append(dst, s...)
	}
	return dst, nil
}

// AVCSize returns the picture size in pixels, after cropping, from the first SPS of an AVCDecoderConfigurationRecord.
func AVCSize(avcC []byte) (w, h int, err error) {
	if len(avcC) < 8 || avcC[0] != 1 || avcC[5]&0x1F == 0 {
		return 0, 0, errors.New("nal: this is no avcC with an SPS")
	}
	n := int(binary.BigEndian.Uint16(avcC[6:]))
	if n > len(avcC)-8 {
		return 0, 0, fmt.Errorf("nal: an SPS of %d bytes does not fit in the avcC", n)
	}
	s, err := parseAVCSPS(avcC[8 : 8+n])
	return s.width, s.height, err
}

type avcSPSInfo struct {
	high                           bool // the profile has fields for chroma format and bit depth
	chroma, lumaDepth, chromaDepth int
	width, height                  int
}

// parseAVCSPS reads a sequence parameter set as far as its picture size: Rec. ITU-T H.264, 7.3.2.1.1.
func parseAVCSPS(unit []byte) (avcSPSInfo, error) {
	s := avcSPSInfo{chroma: 1, lumaDepth: 8, chromaDepth: 8}
	if len(unit) < 4 || unit[0]&0x1F != avcSPS {
		return s, errors.New("nal: this is no SPS of H.264")
	}
	r := bitReader{b: unescape(unit[1:])}
	profile := r.u(8)
	r.skip(16) // constraints, level
	r.ue()     // seq_parameter_set_id
	separatePlanes := false
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		s.high = true
		s.chroma = int(r.ue())
		if s.chroma == 3 {
			separatePlanes = r.flag()
		}
		s.lumaDepth, s.chromaDepth = 8+int(r.ue()), 8+int(r.ue())
		r.skip(1) // qpprime_y_zero_transform_bypass_flag
		if r.flag() {
			lists := 8
			if s.chroma == 3 {
				lists = 12
			}
			for i := range lists {
				if r.flag() {
					skipScalingList(&r, i)
				}
			}
		}
	}
	if s.chroma > 3 || s.lumaDepth > 14 || s.chromaDepth > 14 {
		return s, errors.New("nal: the SPS names a chroma format or bit depth that does not exist")
	}
	r.ue() // log2_max_frame_num_minus4
	switch r.ue() {
	case 0:
		r.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		r.skip(1)
		r.se()
		r.se()
		for range min(r.ue(), 255) {
			r.se()
		}
	}
	r.ue()    // max_num_ref_frames
	r.skip(1) // gaps_in_frame_num_value_allowed_flag
	widthMBs, heightUnits := int64(r.ue())+1, int64(r.ue())+1
	fields := int64(1)
	if !r.flag() { // frame_mbs_only_flag
		fields = 2
		r.skip(1)
	}
	r.skip(1) // direct_8x8_inference_flag
	w, h := widthMBs*16, heightUnits*16*fields
	if r.flag() {
		unitX, unitY := int64(1), fields
		if !separatePlanes {
			if s.chroma == 1 || s.chroma == 2 {
				unitX = 2
			}
			if s.chroma == 1 {
				unitY *= 2
			}
		}
		left, right, top, bottom := int64(r.ue()), int64(r.ue()), int64(r.ue()), int64(r.ue())
		w -= (left + right) * unitX
		h -= (top + bottom) * unitY
	}
	if r.short {
		return s, fmt.Errorf("nal: SPS: %w", errShort)
	}
	const largest = 1 << 16
	if w <= 0 || h <= 0 || w > largest || h > largest {
		return s, fmt.Errorf("nal: the SPS says a picture of %d x %d", w, h)
	}
	s.width, s.height = int(w), int(h)
	return s, nil
}

func skipScalingList(r *bitReader, i int) {
	n := 16
	if i >= 6 {
		n = 64
	}
	last, next := int32(8), int32(8)
	for range n {
		if next != 0 {
			next = (last + r.se() + 256) % 256
		}
		if next != 0 {
			last = next
		}
	}
}
