package localkvs

import (
	"slices"
	"testing"
	"time"

	"kinora/media"
)

var callTracks = []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Width: 640}, {ID: 2, Kind: media.Audio, Codec: media.Opus}}

// call puts pictures, 25 a second with a key frame each second, and sound, which comes late, into a cutter.
func call(c *cutter, seconds int, sound bool, lag time.Duration) (shots []*shot) {
	put := func(p *media.Packet) {
		if s, _ := c.put(p, callTracks); s != nil {
			shots = append(shots, s)
		}
	}
	const frame = 40 * time.Millisecond
	for i := range 25 * seconds {
		at := time.Duration(i) * frame
		put(&media.Packet{Track: 1, PTS: at, Key: i%25 == 0, Data: []byte{1}})
		for part := range 2 {
			if heard := at + time.Duration(part)*frame/2 - lag; sound && heard >= 0 {
				put(&media.Packet{Track: 2, PTS: heard, Data: []byte{2}})
			}
		}
	}
	return shots
}

func TestCutter(t *testing.T) {
	for _, lag := range []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond} {
		c := new(cutter)
		shots := call(c, 4, true, lag)
		if len(shots) != 3 {
			t.Fatalf("%v behind: %d shots, want 3", lag, len(shots))
		}
		for i, s := range shots {
			start := time.Duration(i) * time.Second
			if len(s.tracks) != 2 || len(s.packets) != 75 {
				t.Errorf("%v behind: shot %d has %d tracks and %d packets, want 2 and 75", lag, i, len(s.tracks), len(s.packets))
			}
			if !s.packets[0].Key || s.packets[0].PTS != start || s.packets[74].PTS >= start+time.Second {
				t.Errorf("%v behind: shot %d is from %v to %v", lag, i, s.packets[0].PTS, s.packets[74].PTS)
			}
			if !slices.IsSortedFunc(s.packets, func(a, b *media.Packet) int { return int(a.PTS - b.PTS) }) {
				t.Errorf("%v behind: shot %d is not in order", lag, i)
			}
		}
		if rest := c.rest(); len(rest) != 1 || !rest[0].packets[0].Key || rest[0].packets[0].PTS != 3*time.Second {
			t.Errorf("%v behind: the rest is %+v", lag, rest)
		}
		if len(c.rest()) > 0 || c.bytes != 0 {
			t.Errorf("%v behind: something is left", lag)
		}
	}
}

func TestCutterWithoutSound(t *testing.T) {
	shots := call(new(cutter), 3, false, 0)
	if len(shots) != 2 || len(shots[0].tracks) != 1 || len(shots[0].packets) != 25 {
		t.Errorf("%d shots, the first %+v", len(shots), shots[0])
	}
}

// Each shot is told how its picture is coded, however late it is cut.
func TestCutterKnowsTheCoding(t *testing.T) {
	c, widths := new(cutter), []int(nil)
	for i := range 100 {
		tracks := slices.Clone(callTracks)
		tracks[0].Width = 100 + i/25
		if s, _ := c.put(&media.Packet{Track: 1, PTS: time.Duration(i) * 40 * time.Millisecond, Key: i%25 == 0}, tracks); s != nil {
			widths = append(widths, s.tracks[0].Width)
		}
	}
	for _, s := range c.rest() {
		widths = append(widths, s.tracks[0].Width)
	}
	if !slices.Equal(widths, []int{100, 101, 102, 103}) {
		t.Errorf("widths %v", widths)
	}
}

// Sound stays in its order when its time is corrected by the master's clock.
func TestCutterKeepsSoundInOrder(t *testing.T) {
	c := new(cutter)
	var heard []byte
	for i := range 100 {
		at := time.Duration(i) * 40 * time.Millisecond
		s, _ := c.put(&media.Packet{Track: 1, PTS: at, Key: i%25 == 0}, callTracks)
		if i >= 10 {
			at -= 100 * time.Millisecond
		}
		if also, _ := c.put(&media.Packet{Track: 2, PTS: at, Data: []byte{byte(i)}}, callTracks); also != nil {
			s = also
		}
		if s == nil {
			continue
		}
		for _, p := range s.packets {
			if p.Track == 2 {
				heard = append(heard, p.Data...)
			}
		}
	}
	if len(heard) < 70 || !slices.IsSorted(heard) {
		t.Errorf("heard was %v", heard)
	}
}

// What no key frame ends is given up, and the next one begins anew.
func TestCutterIsBounded(t *testing.T) {
	c, lost := new(cutter), 0
	for i := range 60 * 25 {
		if s, gone := c.put(&media.Packet{Track: 1, PTS: time.Duration(i) * 40 * time.Millisecond, Key: i == 10}, callTracks); s != nil {
			t.Fatalf("a shot: %+v", s)
		} else if gone {
			lost++
		}
		c.put(&media.Packet{Track: 2, PTS: time.Duration(i) * 40 * time.Millisecond}, callTracks)
		if len(c.pictures) > 400 || len(c.sounds) > mostSounds+1 {
			t.Fatalf("%d pictures and %d sounds are held", len(c.pictures), len(c.sounds))
		}
	}
	if lost != 1 || len(c.pictures) != 0 {
		t.Errorf("%d were lost, %d pictures are held", lost, len(c.pictures))
	}
}
