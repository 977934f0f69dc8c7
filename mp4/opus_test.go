package mp4

import (
	"bytes"
	"errors"
	"testing"

	"kinora/media"
)

func TestOpusLength(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		want   uint32
	}{
		{[]byte{31 << 3}, 960},
		{[]byte{16 << 3}, 120},
		{[]byte{3 << 3}, 2880},
		{[]byte{13<<3 | 1}, 1920},
		{[]byte{31<<3 | 3, 3}, 2880},
		{[]byte{31<<3 | 3, 63}, 5760}, // more than a packet may have
		{nil, 960},
	} {
		if got := opusLength(c.packet); got != c.want {
			t.Errorf("%x lasts %d, want %d", c.packet, got, c.want)
		}
	}
}

func TestOpusIsDescribed(t *testing.T) {
	head := append([]byte("OpusHead"), 1, 2, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, 0)
	for name, c := range map[string]struct {
		private []byte
		want    error
	}{
		"without a head":   {nil, ErrNoPrivate},
		"cut off":          {head[:18], ErrInvalidPrivate},
		"another head":     {bytes.Replace(head, []byte("Opus"), []byte("Apus"), 1), ErrInvalidPrivate},
		"eight channels":   {append(bytes.Clone(head[:18]), 1), ErrCodec},
		"as encoders make": {head, nil},
	} {
		if _, err := Codec(media.Track{ID: 2, Kind: media.Audio, Codec: media.Opus, Private: c.private}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	d, err := describeOpus(media.Track{Private: head})
	if err != nil {
		t.Fatal(err)
	}
	var read readTrack
	if err := read.describe(d.entry); err != nil || read.Codec != media.Opus || !bytes.Equal(read.Private, head) {
		t.Errorf("read back is %+v, %v", read.Track, err)
	}
}
