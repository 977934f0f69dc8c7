package player

import (
	"testing"
	"time"

	"kinora/media"
)

// soundAlone is a source of n packets of sound without a picture, of which the first ones come at once, and later pictures beside it.
func soundAlone(n, backlog int, then ...arrival) func() *fakeSource {
	return func() *fakeSource {
		var all []arrival
		for i := range n {
			pts := time.Duration(i) * soundStep
			all = append(all, arrival{max(0, pts-time.Duration(backlog)*soundStep), media.Packet{Track: 2, PTS: pts, DTS: pts, Data: []byte{1}}})
		}
		s := newSource(arrivals(append(all, then...)...))
		s.tracks = []media.Track{soundTrack, {ID: 5, Codec: media.Text}}
		return s
	}
}

func TestSoundWithoutAPictureIsHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		v := &fakeVoice{ahead: 60 * time.Millisecond}
		p := New(Options{Codecs: soundingCodecs{newCodecs(), v}, Voice: v, Open: opener(soundAlone(1000, 100))})
		stop := start(t, p)
		pass(10 * time.Second)
		st := p.State()
		if st.Phase != Live || !st.Alone || st.Sound != media.AAC || st.Dropped > 0 || st.Delay > 200*time.Millisecond {
			t.Errorf("the state is %+v", st)
		}
		got, follows := v.take()
		if len(got) < 450 || !follows {
			t.Errorf("%d sounds of 20 ms in 10 s; follows: %v", len(got), follows)
		}
		inTurn(t, got[len(got)/2:])
		for _, p := range got[len(got)/2:] {
			if behind := p.wall.Add(v.ahead).Sub(p.due); behind > 40*time.Millisecond {
				t.Fatalf("the sound of %v is heard %v too late", p.pts, behind)
			}
		}
		pass(15 * time.Second)
		if st := p.State(); st.Phase != Stalled && st.Phase != Reconnecting {
			t.Errorf("after the last sound the phase is %v", st.Phase)
		}
		stop()
		if _, follows := v.take(); follows || v.made != v.closed {
			t.Errorf("after the end: follows: %v; %d decoders were made, %d closed", follows, v.made, v.closed)
		}
	})
}
