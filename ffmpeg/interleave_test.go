package ffmpeg

import (
	"testing"
	"time"

	"kinora/media"
)

func TestInterleaverOrdersByDecodeTime(t *testing.T) {
	const ms = time.Millisecond
	now := time.Unix(0, 0)
	q := newInterleaver([]media.Track{{ID: 1}, {ID: 2}})
	put := func(track int, at time.Duration) { q.put(&media.Packet{Track: track, DTS: at}, now) }
	expect := func(track int, at time.Duration) {
		t.Helper()
		p, _, _ := q.take(now, holdLimit)
		if p == nil || p.Track != track || p.DTS != at {
			t.Errorf("take = %+v, want track %d at %v", p, track, at)
		}
	}
	expectWait := func(want time.Duration) {
		t.Helper()
		if p, wait, ended := q.take(now, holdLimit); p != nil || wait != want || ended {
			t.Errorf("take = %v, %v, %v; want to wait %v", p, wait, ended, want)
		}
	}
	expectWait(0)
	put(1, 0)
	expectWait(holdLimit)
	put(2, 5*ms)
	expect(1, 0)
	now = now.Add(20 * ms)
	expectWait(holdLimit - 20*ms)
	put(1, 33*ms)
	expect(2, 5*ms)
	now = now.Add(holdLimit)
	expect(1, 33*ms) // the other track is late: not waited for any longer
	put(2, 26*ms)
	q.end(1)
	expect(2, 26*ms)
	if _, _, ended := q.take(now, holdLimit); ended {
		t.Error("it ended with a track still to come")
	}
	q.end(2)
	if _, _, ended := q.take(now, holdLimit); !ended {
		t.Error("it has not ended with its tracks")
	}
}

func TestInterleaverIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	q := newInterleaver([]media.Track{{ID: 1}, {ID: 2}})
	for i := range queueLimit {
		if room := q.put(&media.Packet{Track: 1, DTS: time.Duration(i)}, now); room != (i < queueLimit-1) {
			t.Fatalf("after %d packets: room %v", i+1, room)
		}
	}
	if p, _, _ := q.take(now, holdForever); p == nil {
		t.Error("a full queue waits for the other track, which cannot come")
	}
	if !q.room() {
		t.Error("no room after one was taken")
	}
	if p, wait, _ := q.take(now, holdForever); p != nil || wait <= 0 {
		t.Error("out of order though there is room to wait")
	}
}
