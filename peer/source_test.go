package peer

import (
	"testing"
	"time"

	"kinora/media"
)

var (
	calledPicture = media.Track{ID: videoID, Kind: media.Video, Codec: media.H264}
	calledSound   = media.Track{ID: audioID, Kind: media.Audio, Codec: media.Opus, Rate: 48000}
)

// incoming puts pictures, 25 a second, and sound into a source and reads them. Everything comes late; the sender's clock is told at a frame.
func incoming(t *testing.T, late time.Duration, toldAt int) (r *reader, began time.Time, pictures, sounds []*media.Packet) {
	t.Helper()
	s := newSource()
	r = &reader{source: s, closed: make(chan struct{})}
	began = time.Now()
	for i := range 200 {
		captured := time.Duration(i) * 40 * time.Millisecond
		came := began.Add(captured + late)
		s.put(calledSound, false, []byte{1}, uint32(1000+captured/time.Millisecond*48), true, came.Add(10*time.Millisecond)) // sound comes later still
		s.put(calledPicture, false, []byte{1}, uint32(5000+captured/time.Millisecond*90), true, came)
		if i >= toldAt {
			s.report(media.Video, began.Add(captured), uint32(5000+captured/time.Millisecond*90), came)
			s.report(media.Audio, began.Add(captured), uint32(1000+captured/time.Millisecond*48), came)
		}
		for range 2 {
			p, err := r.Read()
			if err != nil {
				t.Fatal(err)
			}
			if p.Track == videoID {
				pictures = append(pictures, p)
			} else {
				sounds = append(sounds, p)
			}
		}
	}
	return r, began, pictures, sounds
}

// What a packet's time says with the epoch becomes the time of its capture, and no packet's time goes back on the way there.
func TestTimesFollowTheSendersClock(t *testing.T) {
	for _, late := range []time.Duration{0, 30 * time.Millisecond, 300 * time.Millisecond} {
		for _, toldAt := range []int{0, 25} {
			r, began, pictures, sounds := incoming(t, late, toldAt)
			for name, list := range map[string][]*media.Packet{"pictures": pictures, "sounds": sounds} {
				for i := range list[1:] {
					if list[i+1].PTS <= list[i].PTS {
						t.Errorf("late by %v, told at %d: of the %s %v follows %v", late, toldAt, name, list[i+1].PTS, list[i].PTS)
					}
				}
				last := r.Epoch().Add(list[199].PTS)
				if off := last.Sub(began.Add(199 * 40 * time.Millisecond)); off.Abs() > time.Millisecond {
					t.Errorf("late by %v, told at %d: the last of the %s is wrong by %v", late, toldAt, name, off)
				}
			}
		}
	}
}

// Sound that came before the first picture lies before it.
func TestSoundBeforeThePicture(t *testing.T) {
	s := newSource()
	began := time.Now()
	for i := range uint32(10) {
		s.put(calledSound, false, []byte{1}, 960*i, true, began.Add(time.Duration(i)*20*time.Millisecond))
	}
	s.put(calledPicture, false, []byte{1}, 7, true, began.Add(200*time.Millisecond))
	r := &reader{source: s, closed: make(chan struct{})}
	for i := range 11 {
		p, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		if want := time.Duration(i-10) * 20 * time.Millisecond; p.PTS != want {
			t.Errorf("packet %d is of %v, want %v", i, p.PTS, want)
		}
	}
	if !r.Epoch().Equal(began.Add(200 * time.Millisecond)) {
		t.Errorf("the epoch is %v", r.Epoch())
	}
}
