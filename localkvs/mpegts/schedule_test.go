package mpegts

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/asticode/go-astits"

	"kinora/localkvs/kvstest"
	"kinora/media"
)

// Fragments that follow each other are one stream of frames, whether a fragment changes their order or not: they are shown when they
// were recorded, and decoded one after the other.
func TestTimesGoOnFromSegmentToSegment(t *testing.T) {
	c, err := kvstest.LoadClip("h264-aac")
	if err != nil {
		t.Fatal(err)
	}
	video, _ := media.VideoTrack(c.Tracks)
	sound, _ := media.AudioTrack(c.Tracks)
	frame, heard := c.Pieces[0].Packets[0], []byte{1, 2, 3}
	orders := [][]int{{0, 1, 2, 3, 4, 5}, {0, 2, 1, 5, 3, 4}, {0, 4, 2, 1, 3, 5}, {0, 1, 2, 3, 4, 5}}
	const interval, start = 40 * time.Millisecond, 1000 * time.Second
	length := time.Duration(len(orders[0])) * interval
	var file []byte
	var want []time.Duration // when the pictures are shown
	for i, order := range orders {
		var packets []*media.Packet
		at := start + time.Duration(i)*length
		for n, place := range order {
			packets = append(packets, &media.Packet{Track: video.ID, PTS: time.Duration(place) * interval, Key: n == 0, Data: frame.Data},
				&media.Packet{Track: sound.ID, PTS: time.Duration(n) * interval, Key: true, Data: heard})
			want = append(want, at+time.Duration(place)*interval)
		}
		b, err := Segment(c.Tracks, packets, at)
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, b...)
	}
	demux := astits.NewDemuxer(context.Background(), bytes.NewReader(file))
	decoded, sounds, pictures := time.Duration(0), 0, 0
	for {
		d, err := demux.NextData()
		if errors.Is(err, astits.ErrNoMorePackets) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if d.PES == nil {
			continue
		}
		h := d.PES.Header.OptionalHeader
		if d.PID != firstPID {
			if at := start + time.Duration(sounds)*interval; h.PTS.Duration() != at {
				t.Errorf("sound %d is heard at %v, want %v", sounds, h.PTS.Duration(), at)
			}
			sounds++
			continue
		}
		if h.PTS.Duration() != want[pictures] {
			t.Errorf("picture %d is shown at %v, want %v", pictures, h.PTS.Duration(), want[pictures])
		}
		if at := h.DTS.Duration(); at <= decoded || at > h.PTS.Duration() {
			t.Errorf("picture %d is decoded at %v, after one at %v, and shown at %v", pictures, at, decoded, h.PTS.Duration())
		}
		decoded = h.DTS.Duration()
		pictures++
	}
	if pictures != len(want) || sounds != len(want) {
		t.Errorf("%d pictures and %d sounds of %d came", pictures, sounds, len(want))
	}
}

// An AAC frame whose size its head cannot say is refused, and all of the largest one arrives.
func TestSizeOfSound(t *testing.T) {
	c, err := kvstest.LoadClip("h264-aac")
	if err != nil {
		t.Fatal(err)
	}
	sound, _ := media.AudioTrack(c.Tracks)
	for size, fits := range map[int]bool{8184: true, 8185: false, 70_000: false} {
		frame := bytes.Repeat([]byte{0xA5}, size)
		if Fits(media.AAC, frame) != fits {
			t.Errorf("%d bytes fit: %v", size, !fits)
		}
		b, err := Segment([]media.Track{sound}, []*media.Packet{{Track: sound.ID, Key: true, Data: frame}}, 0)
		if (err == nil) != fits {
			t.Errorf("a frame of %d bytes: %v", size, err)
		}
		if !fits {
			continue
		}
		demux := astits.NewDemuxer(context.Background(), bytes.NewReader(b))
		for d, err := demux.NextData(); err == nil; d, err = demux.NextData() {
			if d.PES != nil {
				h := d.PES.Data
				if n := int(h[3]&3)<<11 | int(h[4])<<3 | int(h[5])>>5; n != size+7 || len(h) != n {
					t.Errorf("the head of %d bytes says %d, and %d came", size+7, n, len(h))
				}
			}
		}
	}
}
