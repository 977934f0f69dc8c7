package mpegts

import (
	"bytes"
	"os/exec"
	"slices"
	"testing"
	"time"

	"kinora/localkvs/kvstest"
	"kinora/media"
)

// Segments behind each other, in any order, are one stream to who counts packets.
func TestCountersGoOnFromSegmentToSegment(t *testing.T) {
	c, err := kvstest.LoadClip("h264-aac")
	if err != nil {
		t.Fatal(err)
	}
	segment := func(tracks []media.Track, packets []*media.Packet, at time.Duration) []byte {
		b, err := Segment(tracks, packets, at)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var file []byte
	var at time.Duration
	for i := range 4 {
		piece := c.Pieces[i%len(c.Pieces)]
		file = append(file, segment(c.Tracks, piece.Packets, time.Hour+at)...)
		at += piece.Length
	}
	packets := c.Pieces[0].Packets
	for n := range 40 { // segments of any number of packets
		file = append(file, segment(c.Tracks, packets[:n+2], time.Hour+at)...)
		at += time.Second
	}
	silence := []*media.Packet{packets[0]}
	for i := range 30 { // packets with hardly anything in them
		silence = append(silence, &media.Packet{Track: 2, PTS: time.Duration(i) * 20 * time.Millisecond, Key: true, Data: []byte{1, 2, 3}})
	}
	file = append(file, segment(c.Tracks, silence, time.Hour+at)...)
	file = append(file, segment(c.Tracks, silence[:20], time.Hour+at)...)
	next := make(map[uint16]byte)
	for p := range slices.Chunk(file, packetSize) {
		if want, known := next[pid(p)]; p[0] != 0x47 || p[3]&hasPayload == 0 || known && p[3]&counterMask != want {
			t.Fatalf("PID %d: the packet begins %x, where counter %d is due", pid(p), p[:packetHead], want)
		}
		next[pid(p)] = (p[3] + 1) & counterMask
	}
}

// What the packets carry is what it was, to a decoder that forgives nothing.
func TestSegmentsAreOneStream(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	c, err := kvstest.LoadClip("h264-aac")
	if err != nil {
		t.Fatal(err)
	}
	var file []byte
	var at time.Duration
	for i := range 4 {
		piece := c.Pieces[i%len(c.Pieces)]
		b, err := Segment(c.Tracks, piece.Packets, time.Hour+at)
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, b...)
		at += piece.Length
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-xerror", "-f", "mpegts", "-i", "pipe:0", "-f", "null", "-")
	cmd.Stdin = bytes.NewReader(file)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
