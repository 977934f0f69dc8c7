package player

import (
	"image"
	"testing"
	"testing/synctest"
	"time"
)

// frameAt is the time of the i-th frame of newArchive.
func frameAt(i int) time.Duration {
	return time.Duration(i/60)*2*time.Second + (time.Duration(i%60) * time.Second / 30).Truncate(time.Millisecond)
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestPausedDeckShowsThePicture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(10), day.Add(5*time.Second+10*time.Millisecond))
		defer s.stop()
		pass(time.Second)
		if got := s.last(); got != 5*time.Second {
			t.Errorf("it shows %v, want 5s", got)
		}
		st := s.deck.State()
		if st.Phase != DeckReady || !st.Exact || st.Fragment.Number != s.archive.fragments[2].Number || !st.At.Equal(day.Add(5*time.Second)) {
			t.Errorf("the state is %+v", st)
		}
		if len(s.pictures()) != 1 || s.codecs.drawn != 1 {
			t.Errorf("%d pictures were drawn for one", s.codecs.drawn)
		}
		if got := s.transport.Position(); !got.Equal(day.Add(5*time.Second + 10*time.Millisecond)) {
			t.Errorf("the playhead is at %v", got)
		}
	})
}

func TestPlayShowsEveryFrameInTime(t *testing.T) {
	for _, delay := range []int{0, 2} {
		bubble(t, func(t *testing.T) {
			s := newStage(t, newArchive(10), day.Add(3*time.Second), func(s *stage) { s.codecs.delay = delay })
			defer s.stop()
			pass(time.Second)
			s.pictures()
			begin := time.Now()
			s.transport.Play()
			pass(4 * time.Second)
			got := s.pictures()
			if len(got) < 119 || len(got) > 121 {
				t.Fatalf("%d pictures in 4 s", len(got))
			}
			for i, p := range got {
				if want := frameAt(91 + i); p.at.Sub(day) != want {
					t.Fatalf("picture %d is that of %v, want %v", i, p.at.Sub(day), want)
				}
				if off := p.wall.Sub(begin) - (p.at.Sub(day) - 3*time.Second); off.Abs() > 18*time.Millisecond {
					t.Errorf("the picture of %v was seen %v off", p.at.Sub(day), off)
				}
			}
			if st := s.deck.State(); st.Late != 0 || st.Phase != DeckReady {
				t.Errorf("the state is %+v", st)
			}
		})
	}
}

func TestPauseStandsAtThePictureShown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(10), day)
		defer s.stop()
		s.transport.Play()
		pass(2345 * time.Millisecond)
		sent := s.codecs.sent.Load()
		s.transport.Pause()
		pass(time.Second)
		if got, want := s.last(), s.transport.Position().Sub(day); got != want {
			t.Errorf("it shows %v, the playhead is at %v", got, want)
		}
		if s.codecs.sent.Load() > sent+1 {
			t.Errorf("%d packets were decoded to pause", s.codecs.sent.Load()-sent)
		}
		s.pictures()
		s.transport.Play()
		pass(time.Second)
		if got := s.pictures(); len(got) < 28 || got[0].at.Sub(got[len(got)-1].at) > 0 {
			t.Errorf("after the pause %d pictures were seen", len(got))
		}
	})
}

func TestSpeeds(t *testing.T) {
	for _, rate := range []float64{1.0 / 8, 0.5, 2, 4, 8, 16, 32, -1, -2, -4, -8} {
		bubble(t, func(t *testing.T) {
			s := newStage(t, newArchive(200), day.Add(200*time.Second))
			defer s.stop()
			pass(time.Second)
			s.pictures()
			s.transport.SetRate(rate)
			s.transport.Play()
			pass(4 * time.Second)
			got := s.pictures()
			moved := s.transport.Position().Sub(day.Add(200 * time.Second)).Seconds()
			if want := 4 * rate; moved/want < 0.98 || moved/want > 1.02 {
				t.Errorf("at %g the playhead moved %.2f s in 4 s", rate, moved)
			}
			speed := max(rate, -rate)
			least := min(50, 29*speed) // the screen has 60 ticks, all frames
			if rate <= -4 || rate >= 16 {
				least = min(25, 0.9*speed) // a key frame each second
			}
			if float64(len(got)) < 4*least {
				t.Errorf("at %g %d pictures were seen in 4 s, want %g", rate, len(got), 4*least)
			}
			for i := 1; i < len(got); i++ {
				if ahead := got[i].at.Sub(got[i-1].at); (ahead < 0) != (rate < 0) {
					t.Fatalf("at %g %v was seen after %v", rate, got[i].at.Sub(day), got[i-1].at.Sub(day))
				}
			}
			if st := s.deck.State(); st.Late > 3 {
				t.Errorf("at %g %d pictures were late", rate, st.Late)
			}
		})
	}
}

func TestReverseShowsEveryFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(10), day.Add(10*time.Second), func(s *stage) { s.codecs.work = 2 * time.Millisecond })
		defer s.stop()
		pass(time.Second)
		s.pictures()
		s.transport.SetRate(-1)
		s.transport.Play()
		pass(6 * time.Second)
		for i, p := range s.pictures() {
			if want := frameAt(299 - i); p.at.Sub(day) != want {
				t.Fatalf("picture %d is that of %v, want %v", i, p.at.Sub(day), want)
			}
		}
		if at := s.transport.Position().Sub(day); at > 4300*time.Millisecond {
			t.Errorf("the playhead has come to %v", at)
		}
	})
}

func TestSteps(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(3)
		a.record(time.Hour)
		s := newStage(t, a, day.Add(4*time.Second+20*time.Millisecond))
		defer s.stop()
		pass(time.Second)
		at := 120
		for _, n := range []int{1, 1, -1, -1, -1, -1, 5, -70, 60, 1, 50} {
			at += n
			s.transport.Step(n)
			pass(300 * time.Millisecond)
			if got, want := s.last(), frameAt(at); got != want || s.transport.Position().Sub(day) != want {
				t.Fatalf("after a step of %d it shows %v, the playhead is at %v; want %v", n, got, s.transport.Position().Sub(day), want)
			}
		}
		s.transport.Step(50)
		pass(time.Second)
		hour := a.fragments[3].Start.Sub(day)
		if want := hour + frameAt(at+50-180); s.last() != want {
			t.Errorf("a step over a gap leads to %v, want %v", s.last(), want)
		}
		for range 5 {
			s.transport.Step(1)
		}
		pass(time.Second)
		if want := hour + frameAt(at+55-180); s.last() != want {
			t.Errorf("steps that come fast lead to %v, want %v", s.last(), want)
		}
		s.transport.Step(1000)
		pass(time.Second)
		if want := hour + frameAt(59); s.last() != want {
			t.Errorf("a step beyond the end leads to %v, want %v", s.last(), want)
		}
		s.transport.Step(-10000)
		pass(time.Second)
		if s.last() != 0 {
			t.Errorf("a step beyond the beginning leads to %v", s.last())
		}
	})
}

func TestGlimpsesAreOfEveryPicture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen []time.Duration
		s := newStage(t, newArchive(10), day.Add(3*time.Second), func(s *stage) {
			s.glimpse = func(at time.Time, img *image.RGBA) {
				if img.Rect.Empty() {
					t.Error("a glimpse is of nothing")
				}
				seen = append(seen, at.Sub(day))
			}
		})
		defer s.stop()
		pass(time.Second)
		if len(seen) != 1 || seen[0] != 3*time.Second {
			t.Errorf("the glimpses are of %v, want the picture that is shown, of 3 s", seen)
		}
	})
}
