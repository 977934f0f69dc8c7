package app

import (
	"strings"
	"sync/atomic"
	"testing"

	"kinora/media"
)

// spoken is a source of a picture and of one line of data behind it.
type spoken struct {
	media.Source
	packets []*media.Packet
}

func (s *spoken) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Video}, {ID: 7, Kind: media.Data}}
}

func (s *spoken) Read() (*media.Packet, error) {
	p := s.packets[0]
	s.packets = s.packets[1:]
	return p, nil
}

func TestReadoutKeepsTheNewestLine(t *testing.T) {
	var newest atomic.Pointer[string]
	r := readout{&spoken{packets: []*media.Packet{
		{Track: 1, Data: []byte("a picture")},
		{Track: 7, Data: []byte("$GPGGA,1\r\n")},
		{Track: 1, Data: []byte("a picture")},
	}}, &newest}
	for i, want := range []string{"", "$GPGGA,1", "$GPGGA,1"} {
		if _, err := r.Read(); err != nil {
			t.Fatal(err)
		}
		got := ""
		if line := newest.Load(); line != nil {
			got = *line
		}
		if got != want {
			t.Errorf("after %d packets the line is %q, want %q", i+1, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"\x1b[31mred\x00":         "[31mred",
		"52.5 N\t13.4 E\n":        "52.5 N 13.4 E",
		"\xff\xfeno text":         "no text",
		strings.Repeat("ä", 1000): strings.Repeat("ä", readable/2),
	} {
		if got := printable([]byte(in)); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}
