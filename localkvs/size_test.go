package localkvs

import (
	"bytes"
	"testing"
)

func TestSegmentBecomesEndless(t *testing.T) {
	ebml := []byte{0x1A, 0x45, 0xDF, 0xA3, 0x80, 0x18, 0x53, 0x80, 0x67}
	for name, c := range map[string]struct{ size, want []byte }{
		"8 bytes":         {[]byte{0x01, 0, 0, 0, 0, 0x1E, 0xA6, 0xED}, []byte{0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}},
		"4 bytes":         {[]byte{0x10, 0x20, 0x30, 0x40}, []byte{0x1F, 0xFF, 0xFF, 0xFF}},
		"1 byte":          {[]byte{0x81}, []byte{0xFF}},
		"endless already": {[]byte{0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, []byte{0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}},
	} {
		got := endless(append(append(bytes.Clone(ebml), c.size...), "info"...))
		if want := append(append(bytes.Clone(ebml), c.want...), "info"...); !bytes.Equal(got, want) {
			t.Errorf("%s: % x, want % x", name, got, want)
		}
	}
	for _, broken := range [][]byte{nil, ebml, append(bytes.Clone(ebml), 0x01, 0), append(bytes.Clone(ebml), 0)} {
		if got := endless(bytes.Clone(broken)); !bytes.Equal(got, broken) {
			t.Errorf("% x became % x", broken, got)
		}
	}
}

func TestClusterSize(t *testing.T) {
	for want, b := range map[int][]byte{
		4 + 1 + 5:     {0x1F, 0x43, 0xB6, 0x75, 0x85, 0xE7},
		4 + 2 + 0x123: {0x1F, 0x43, 0xB6, 0x75, 0x41, 0x23, 0xE7},
		4 + 8 + 7:     {0x1F, 0x43, 0xB6, 0x75, 0x01, 0, 0, 0, 0, 0, 0, 7, 0xE7},
	} {
		if got := clusterSize(b); got != want {
			t.Errorf("% x: %d bytes, want %d", b, got, want)
		}
	}
}
