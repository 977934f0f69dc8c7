package nal

import (
	"bytes"
	"encoding/hex"
	"math/bits"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAVCC(t *testing.T) {
	for _, c := range []struct{ name, annexB, want string }{
		{"nothing", "", ""},
		{"no start code", "65 01 02", ""},
		{"long start code", "00000001 65aabb", "00000003 65aabb"},
		{"short start code", "000001 65aabb", "00000003 65aabb"},
		{"several", "00000001 67aa 000001 68bb 00000001 65cc", "00000002 67aa 00000002 68bb 00000002 65cc"},
		{"zeros between units", "00000001 67aa 0000000001 65cc 0000", "00000002 67aa 00000002 65cc"},
		{"empty units", "000001 000001 65cc 000001", "00000002 65cc"},
		{"what stands in front", "aabb 000001 65", "00000001 65"},
		{"H.264 delimiter", "00000001 09f0 00000001 65cc", "00000002 65cc"},
		{"H.265 delimiter", "00000001 460150 00000001 2601cc", "00000003 2601cc"},
		{"SEI is kept", "00000001 0605 00000001 4e01", "00000002 0605 00000002 4e01"},
		{"emulation prevention is kept", "00000001 65 000003 01", "00000005 65 000003 01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := AVCC([]byte("dst"), unhex(t, c.annexB))
			if want := append([]byte("dst"), unhex(t, c.want)...); !bytes.Equal(got, want) {
				t.Errorf("%x; want %x", got, want)
			}
		})
	}
}

func TestAnnexB(t *testing.T) {
	for _, c := range []struct{ name, prefixed, want, err string }{
		{"nothing", "", "", ""},
		{"one", "00000002 65aa", "00000001 65aa", ""},
		{"two", "00000001 65 00000002 41bb", "00000001 65 00000001 41bb", ""},
		{"too long", "00000001 65 00000003 41bb", "00000001 65", "nal: offset 5: a unit of 3 bytes does not fit in the 2 that are left"},
		{"2^32-1", "ffffffff 41bb", "", "a unit of 4294967295 bytes"},
		{"cut length", "000000", "", "3 bytes are too few for a length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := AnnexB(nil, unhex(t, c.prefixed))
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%v; want %q", err, c.err)
			}
			if !bytes.Equal(got, unhex(t, c.want)) {
				t.Errorf("%x; want %s", got, c.want)
			}
		})
	}
}

// avcConfigs are records that FFmpeg 5.1 made for x264, and such from recordings.
var avcConfigs = []struct {
	name, avcC    string
	width, height int
	cut           bool // without the fields that its profile demands
}{
	{"baseline, cropped", "0142c00affe100186742c00ada0c3f889f011000000300100000030140f1226a01000468ce0fc8", 178, 100, false},
	{"main, interlaced", "014d4015ffe10019674d4015f418478888c044000003000400000300507c50aa8001000468de0fc8", 178, 100, false},
	{"high 4:2:2 10 bit", "017a000affe10019677a000ab6cb4187f111b80880000003008000000a0789135001000468ce0fc8fefafa00", 178, 100, false},
	{"high 4:4:4", "01f4000affe1001a67f4000a9196830fe3e37011000003000100000300140f1226a001000568ce0f1920fff8f800", 178, 100, false},
	{"high, by mkvmerge", "0164001fffe100226764001facb201e02dd808800001f4800075303030007a12000f427361803c60c92001000568ebccb22c", 960, 720, true},
	{"constrained baseline, by HandBrake", "0142c028ffe1001a6742c028db0280f6c05a808080a000000300200057e401e3065c01000468ca8cb2", 640, 480, false},
	{"high 4:4:4, by kvssink", "01f4001effe1001c67f4001e90d9640280f6c05a83030320000003002000000651e2c5c901000668ebcc448440", 640, 480, true},
	{"high, by the C producer SDK", "01640028ffe1000e27640028ac2b40501ed00f1226a001000428ee1f2c", 640, 480, true},
}

func TestAVCConfig(t *testing.T) {
	for _, c := range avcConfigs {
		t.Run(c.name, func(t *testing.T) {
			want := unhex(t, c.avcC)
			w, h, err := AVCSize(want)
			if err != nil || w != c.width || h != c.height {
				t.Errorf("%d x %d, %v; want %d x %d", w, h, err, c.width, c.height)
			}
			got, err := AVCConfig(sets(t, want))
			if err != nil {
				t.Fatal(err)
			}
			if c.cut {
				got = got[:len(got)-4]
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%x\nwant %x", got, want)
			}
		})
	}
}

// sets is the Annex B form of the parameter sets in an avcC with one SPS and one PPS, between other units.
func sets(t testing.TB, avcC []byte) []byte {
	t.Helper()
	n := int(avcC[6])<<8 | int(avcC[7])
	sps, rest := avcC[8:8+n], avcC[8+n+1:]
	pps := rest[2 : 2+int(rest[1])]
	return bytes.Join([][]byte{nil, {0x09, 0xF0}, sps, pps, {0x06, 5, 1, 0x80}, {0x65, 0x88}}, []byte{0, 0, 0, 1})
}

// A bitWriter makes parameter sets that no encoder at hand makes.
type bitWriter struct {
	b []byte
	n int
}

func (w *bitWriter) u(n int, v uint32) {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) ue(values ...uint32) {
	for _, v := range values {
		n := bits.Len32(v + 1)
		w.u(2*n-1, v+1)
	}
}

func (w *bitWriter) se(v int32) {
	if v > 0 {
		w.ue(uint32(2*v - 1))
	} else {
		w.ue(uint32(-2 * v))
	}
}

// TestAVCSizeBehindOptionalFields has all that may stand in front of the size: scaling lists and a cycle of picture
// order counts.
func TestAVCSizeBehindOptionalFields(t *testing.T) {
	for _, chroma := range []uint32{1, 3} {
		w := &bitWriter{b: []byte{0x67, 244, 0, 30}, n: 32}
		w.ue(0, chroma)
		lists := 8
		if chroma == 3 {
			w.u(1, 0)
			lists = 12
		}
		w.ue(2, 4) // bit depths 10 and 12
		w.u(1, 0)
		w.u(1, 1)
		for i := range lists {
			switch {
			case i == 0: // flat
				w.u(1, 1)
				w.se(8)
				for range 15 {
					w.se(0)
				}
			case i == 6: // ends at its second value, the rest repeats
				w.u(1, 1)
				w.se(-3)
				w.se(-5)
			default:
				w.u(1, 0)
			}
		}
		w.ue(0, 1) // frame numbers, picture order counts by cycle
		w.u(1, 0)
		w.se(-7)
		w.se(40)
		w.ue(2)
		w.se(1)
		w.se(-1)
		w.ue(1)
		w.u(1, 0)
		w.ue(19, 14) // 20 x 15 macroblocks
		w.u(1, 1)
		w.u(1, 1)
		w.u(1, 1)
		w.ue(0, 1, 2, 0)
		w.u(1, 0)
		w.u(1, 1)

		// 00 00 0x need no escape: this stream has none.
		avcC, err := AVCConfig(bytes.Join([][]byte{nil, w.b, {0x68, 0xCE}}, []byte{0, 0, 1}))
		if err != nil {
			t.Fatal(err)
		}
		width, height, err := AVCSize(avcC)
		wantW, wantH := 318, 236
		if chroma == 3 {
			wantW, wantH = 319, 238
		}
		if err != nil || width != wantW || height != wantH {
			t.Errorf("chroma format %d: %d x %d, %v; want %d x %d", chroma, width, height, err, wantW, wantH)
		}
		if tail := avcC[len(avcC)-4:]; !bytes.Equal(tail, []byte{0xFC | byte(chroma), 0xFA, 0xFC, 0}) {
			t.Errorf("chroma format %d: %x", chroma, tail)
		}
	}
}

func TestAVCErrors(t *testing.T) {
	sps := "00000001 6742c00ada0c3f889f011000000300100000030140f1226a"
	for _, c := range []struct{ name, annexB, want string }{
		{"nothing", "", "there are 0 and 0"},
		{"no PPS", sps, "there are 1 and 0"},
		{"a short SPS", "00000001 6742 00000001 68ce", "this is no SPS"},
		{"a cut SPS", "00000001 6742c00ada 00000001 68ce", "nal: SPS: it is cut"},
		{"too many SPS", strings.Repeat(sps, 32) + "00000001 68ce", "there are 32 and 1"},
		{"a huge PPS", sps + "00000001 68" + strings.Repeat("ff", 0xFFFF), "65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := AVCConfig(unhex(t, c.annexB)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%x, %v; want an error with %q", got, err, c.want)
			}
		})
	}
	// Of a GetMedia response: an encoder's record without the reserved bits.
	if w, h, err := AVCSize(unhex(t, "014d401e03010027274d401eb9101405ff2e02d4040407c0000003004000000f38a0003d090007a13bdee03e1108d401000428fe3c80")); w != 640 || h != 360 || err != nil {
		t.Errorf("%d x %d, %v", w, h, err)
	}
	for _, b := range []string{"", "01", "00640028ffe1000467640028", "01640028ffe0000467640028", "01640028ffe1ffff67640028"} {
		if w, h, err := AVCSize(unhex(t, b)); err == nil {
			t.Errorf("%s: %d x %d", b, w, h)
		}
	}
}

// hevcConfigs are records that FFmpeg 5.1 made for x265, without its SEI.
var hevcConfigs = []struct{ name, hvcC string }{
	{"main", "0101600000009000000000001ef000fcfdf8f800000f03" +
		"a00001001840010c01ffff01600000030090000003000003001e959409" +
		"a10001002a42010101600000030090000003000003001ea0182071c44f965654a4c2f0168080000003008000000504" +
		"a2000100064401c073c189"},
	{"4:2:2 10 bit", "0104080000009d08000000001ef000fcfefafa00000f03" +
		"a00001001740010c01ffff0408000003009d0800000300001e959409" +
		"a10001002b4201010408000003009d0800000300001eb0182071c446b6595952930bc05a020000030002000003001410" +
		"a2000100064401c073c189"},
	{"two temporal layers", "0101600000009000000000001ef000fcfdf8f800001303a00001001c40010c02ffff01600000030090000003000003001e00009598acc048a10001002e42010201600000030090000003000003001e0000a0172069c97965662b349265780b404000000300400000030282a2000100074401c172b46240"},
}

func TestHEVCConfig(t *testing.T) {
	for _, c := range hevcConfigs {
		t.Run(c.name, func(t *testing.T) {
			want := unhex(t, c.hvcC)
			annexB := []byte{0, 0, 0, 1, 0x46, 1, 0x50}
			for rest := want[23:]; len(rest) > 0; {
				n := int(rest[3])<<8 | int(rest[4])
				annexB = append(append(annexB, 0, 0, 0, 1), rest[5:5+n]...)
				rest = rest[5+n:]
			}
			got, err := HEVCConfig(append(annexB, 0, 0, 1, 0x26, 1, 0xAF))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%x, %v\nwant %x", got, err, want)
			}
		})
	}
}

func TestHEVCSequence(t *testing.T) {
	for _, c := range hevcConfigs {
		hvcC := unhex(t, c.hvcC)
		rest := hvcC[23:]
		rest = rest[5+int(rest[3])<<8+int(rest[4]):] // the VPS
		profile, w, h, err := HEVCSequence(rest[5 : 5+int(rest[3])<<8+int(rest[4])])
		if err != nil || !bytes.Equal(profile[:], hvcC[1:13]) || w != 178 || h != 100 {
			t.Errorf("%s: %x, %d x %d, %v; want %x, 178 x 100", c.name, profile, w, h, err, hvcC[1:13])
		}
	}
	for _, b := range []string{"", "4201", "4001010160000003009000000300000300", "42010101600000030090000003000003001ea0"} {
		if _, w, h, err := HEVCSequence(unhex(t, b)); err == nil {
			t.Errorf("%s: %d x %d", b, w, h)
		}
	}
}

func TestHEVCConfigErrors(t *testing.T) {
	for _, c := range []struct{ name, annexB, want string }{
		{"nothing", "", "there are 0 VPS"},
		{"no PPS", "000001 4001 000001 4201", "there are 0 PPS"},
		{"a short SPS", "000001 4001 000001 4201 000001 4401", "this is no SPS"},
		{"a cut SPS", "000001 4001 000001 42010101600000 000001 4401", "nal: SPS: it is cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := HEVCConfig(unhex(t, c.annexB)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%x, %v; want an error with %q", got, err, c.want)
			}
		})
	}
}

// FuzzConvert wants that Annex B survives the way to lengths and back, up to what AVCC leaves out.
func FuzzConvert(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		prefixed := AVCC(nil, b)
		annexB, err := AnnexB(nil, prefixed)
		if err != nil {
			t.Fatalf("%x gave %x: %v", b, prefixed, err)
		}
		if again := AVCC(nil, annexB); !bytes.Equal(again, prefixed) {
			t.Fatalf("%x gave %x, then %x", b, prefixed, again)
		}
		if out, err := AnnexB(nil, b); err == nil && len(b) > 0 && len(out) != len(b) {
			t.Fatalf("%x gave %x", b, out)
		}
	})
}

// FuzzConfig wants that every record made can be read.
func FuzzConfig(f *testing.F) {
	for _, c := range avcConfigs[:4] {
		f.Add(sets(f, unhex(f, c.avcC)))
	}
	f.Add([]byte{0, 0, 1, 0x40, 1, 0, 0, 1, 0x42, 1, 1, 1, 0x60, 0, 0, 1, 0x44, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if avcC, err := AVCConfig(b); err == nil {
			if w, h, err := AVCSize(avcC); err != nil || w <= 0 || h <= 0 {
				t.Fatalf("%x: %d x %d, %v", avcC, w, h, err)
			}
		}
		if hvcC, err := HEVCConfig(b); err == nil && (len(hvcC) < 23 || hvcC[0] != 1) {
			t.Fatalf("%x", hvcC)
		}
		AVCSize(b)
	})
}

func BenchmarkAVCC(b *testing.B) {
	frame := append([]byte{0, 0, 0, 1, 0x65}, bytes.Repeat([]byte{0xA5, 0x00, 0x17}, 10000)...)
	dst := make([]byte, 0, 2*len(frame))
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		dst = AVCC(dst[:0], frame)
	}
}
