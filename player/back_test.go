package player

import (
	"image"
	"testing"
	"time"
)

// What a track says of its size is not what its pictures take.
func TestReverseIsBoundedByThePictures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		lying := testTrack
		lying.Width, lying.Height = 0, 0
		a := newArchive(0)
		for range 3 {
			a.add(0, 60, 30, func(i int) bool { return i == 0 }, lying)
		}
		s := newStage(t, a, day.Add(6*time.Second), func(s *stage) { s.codecs.size = image.Pt(1920, 1080) })
		defer s.stop()
		s.deck.SetFit(image.Pt(64, 36))
		pass(time.Second)
		s.pictures()
		s.transport.SetRate(-1)
		s.transport.Play()
		pass(5 * time.Second)
		got := s.pictures()
		for i, p := range got {
			if want := frameAt(178 - i); p.at.Sub(day) != want {
				t.Fatalf("picture %d is that of %v, want %v", i, p.at.Sub(day), want)
			}
		}
		if len(got) < 140 {
			t.Errorf("%d pictures were seen", len(got))
		}
		one := 1920 * 1080 * 3 / 2
		if most := 2*keptBytes/one + 3; s.codecs.most > most { // what seeks keep counts for itself
			t.Errorf("%d pictures were kept, want at most %d", s.codecs.most, most)
		}
	})
}
