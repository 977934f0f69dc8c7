package peer

import (
	"testing"
	"time"

	"kinora/media"
)

func TestAPictureThatStandsStillIsNoticedWhileItStands(t *testing.T) {
	begin := time.Unix(1000, 0)
	at := func(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }
	moving := func() *source { // for a second, with a picture each 40 ms
		s := newSource()
		for ms := 0; ms <= 1000; ms += 40 {
			s.arrived(media.Video, at(ms))
			s.paced(at(ms), at(ms), uint32(ms)*90)
		}
		return s
	}
	for name, tt := range map[string]struct {
		then func(s *source)
		now  int
		want Standstill
	}{
		"between two pictures": {func(*source) {}, 1100, Moving},
		"nothing comes":        {func(*source) {}, 3000, Silence},
		"answers before the pause say nothing": {func(s *source) {
			s.answered(at(1200))
		}, 2000, Silence},
		"the way works": {func(s *source) { s.answered(at(2500)) }, 3000, NoPictures},
		"the way has worked": {func(s *source) {
			s.answered(at(2500))
		}, 6000, Silence},
		"sound goes on": {func(s *source) { s.arrived(media.Audio, at(2980)); s.answered(at(2500)) }, 3000, SoundAlone},
		"no key frame":  {func(s *source) { s.arrived(media.Video, at(2980)); s.tear(true) }, 3000, NoKeyFrame},
		"half a picture": {func(s *source) {
			s.arrived(media.Video, at(2980))
		}, 3000, Incomplete},
		"the call is over": {func(s *source) { s.end(ErrHungUp) }, 3000, Moving},
	} {
		t.Run(name, func(t *testing.T) {
			s := moving()
			tt.then(s)
			got := s.figures(at(tt.now))
			if got.Still != tt.want {
				t.Errorf("it stands still for %d, want %d", got.Still, tt.want)
			}
			standing := time.Duration(0)
			if tt.want != Moving {
				standing = at(tt.now).Sub(at(1000))
			}
			if got.Standing != standing || got.Frozen != standing || (got.Freezes == 1) != (standing > 0) {
				t.Errorf("it stands for %v, frozen %v in %d, want %v", got.Standing, got.Frozen, got.Freezes, standing)
			}
		})
	}
	t.Run("it moves again", func(t *testing.T) {
		s := moving()
		during := s.figures(at(3000))
		s.paced(at(3000), at(3000), 3000*90)
		after := s.figures(at(3010))
		if after.Still != Moving || after.Standing != 0 || after.Freezes != during.Freezes || after.Frozen != during.Frozen {
			t.Errorf("after a pause %+v, at the end of it %+v", after, during)
		}
	})
	t.Run("after the first picture", func(t *testing.T) {
		s := newSource()
		s.paced(begin, begin, 0)
		if got := s.figures(at(900)); got.Standing != 0 {
			t.Errorf("it stands for %v", got.Standing)
		}
		if got := s.figures(at(1500)); got.Standing != 1500*time.Millisecond || got.Freezes != 0 {
			t.Errorf("it stands for %v, which is %d freezes", got.Standing, got.Freezes)
		}
	})
	t.Run("a slow camera does not stand", func(t *testing.T) {
		s := newSource()
		for ms := 0; ms <= 10_000; ms += 2000 {
			s.paced(at(ms), at(ms), uint32(ms)*90)
		}
		if got := s.figures(at(12_500)); got.Standing != 0 || got.Freezes != 0 {
			t.Errorf("stands for %v, %d freezes", got.Standing, got.Freezes)
		}
	})
}
