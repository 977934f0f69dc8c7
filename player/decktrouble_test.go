package player

import (
	"context"
	"errors"
	"image"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
)

// Time leaps over a gap, or goes through it, as was chosen.
func TestGaps(t *testing.T) {
	for _, skip := range []bool{true, false} {
		bubble(t, func(t *testing.T) {
			a := newArchive(2)
			behind := a.record(30 * time.Second)
			s := newStage(t, a, day.Add(3*time.Second))
			defer s.stop()
			s.transport.SetSkipGaps(skip)
			pass(time.Second)
			s.pictures()
			begin := time.Now()
			s.transport.Play()
			pass(10 * time.Second)
			if st := s.deck.State(); skip == (st.Phase == DeckVacant) {
				t.Errorf("ten seconds later the phase is %v", st.Phase)
			} else if !skip && (!st.Gap.To.Equal(behind.Start) || st.Fragment.Number != "") {
				t.Errorf("the gap is %+v, the fragment %q", st.Gap, st.Fragment.Number)
			}
			pass(30 * time.Second)
			var entered, last time.Duration
			for _, p := range s.pictures() {
				if p.at.Equal(behind.Start) {
					entered = p.wall.Sub(begin)
				}
				last = p.at.Sub(day)
			}
			want := time.Second
			if !skip {
				want += 30 * time.Second
			}
			if (entered - want).Abs() > 100*time.Millisecond {
				t.Errorf("with gaps skipped %v, what is behind the gap was seen after %v", skip, entered)
			}
			if end := behind.End().Sub(day); last != end {
				t.Errorf("the last picture is that of %v, want %v", last, end)
			}
			if !s.transport.AtEnd() || s.deck.State().Phase != DeckEnd {
				t.Errorf("at the end the phase is %v", s.deck.State().Phase)
			}
		})
	}
}

func TestGapsBackwards(t *testing.T) {
	for _, rate := range []float64{-1, -4} {
		bubble(t, func(t *testing.T) {
			a := newArchive(2)
			behind := a.record(30 * time.Second)
			s := newStage(t, a, behind.Start.Add(time.Second))
			defer s.stop()
			s.transport.SetRate(rate)
			s.transport.Play()
			pass(20 * time.Second)
			got := s.pictures()
			if last := got[len(got)-1].at.Sub(day); last != 0 {
				t.Errorf("at %g the last picture is that of %v", rate, last)
			}
			if !s.transport.AtEnd() || s.transport.Position().Sub(day).Abs() > 10*time.Millisecond {
				t.Errorf("at %g the playhead ends at %v", rate, s.transport.Position().Sub(day))
			}
			s.transport.SetRate(1)
			pass(2 * time.Second)
			if at := s.transport.Position().Sub(day); at < 1800*time.Millisecond {
				t.Errorf("from the beginning forwards again the playhead comes to %v", at)
			}
		})
	}
}

func TestSeekIntoGapsAndBeyond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(2)
		a.record(30 * time.Second)
		s := newStage(t, a, day.Add(10*time.Second))
		defer s.stop()
		for _, test := range []struct {
			at    time.Duration
			phase DeckPhase
		}{{10 * time.Second, DeckVacant}, {-time.Hour, DeckVacant}, {time.Hour, DeckEnd}, {time.Second, DeckReady}} {
			s.transport.Seek(day.Add(test.at))
			pass(time.Second)
			if st := s.deck.State(); st.Phase != test.phase {
				t.Errorf("at %v the phase is %v, want %v", test.at, st.Phase, test.phase)
			}
			if got := s.transport.Position().Sub(day); got != test.at {
				t.Errorf("the playhead is at %v, want %v", got, test.at)
			}
		}
		s.transport.Seek(day.Add(10 * time.Second))
		s.transport.Play()
		pass(time.Second)
		if at := s.transport.Position(); at.Before(a.fragments[2].Start) {
			t.Errorf("play out of a gap leads to %v", at.Sub(day))
		}
	})
}

// The end of an archive that grows is no end.
func TestPlayGoesOnWhenTheArchiveGrows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(1)
		s := newStage(t, a, day)
		defer s.stop()
		s.transport.Play()
		pass(10 * time.Second)
		if !s.transport.AtEnd() {
			t.Error("it is not at the end")
		}
		if at := s.transport.Position().Sub(day); at < 1900*time.Millisecond || at > 2100*time.Millisecond {
			t.Errorf("the playhead stands at %v", at)
		}
		a.record(0)
		a.record(0)
		pass(4 * time.Second)
		if at := s.transport.Position().Sub(day); at < 4500*time.Millisecond || s.deck.State().Phase != DeckReady {
			t.Errorf("after more has come it is %v at %v", s.deck.State().Phase, at)
		}
	})
}

func TestEmptyArchive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(0)
		s := newStage(t, a, day)
		defer s.stop()
		s.transport.Play()
		pass(5 * time.Second)
		if st := s.deck.State(); st.Phase != DeckEnd || !s.transport.AtEnd() {
			t.Errorf("the state is %+v", st)
		}
		a.record(0)
		pass(3 * time.Second)
		if len(s.pictures()) == 0 {
			t.Error("what came later was not seen")
		}
	})
}

// A fragment that cannot be had or decoded costs itself.
func TestDamagedFragments(t *testing.T) {
	damaged := errors.Join(errors.New("fragment 3: its checksum is wrong"), media.ErrDamaged)
	for name, hurt := range map[string]func(*stage){
		"not to be had": func(s *stage) { s.archive.refuse[s.archive.fragments[2].Number] = damaged },
		"gone":          func(s *stage) { s.archive.refuse[s.archive.fragments[2].Number] = media.ErrGone },
		"garbage": func(s *stage) {
			for _, p := range s.archive.fragments[2].Packets {
				p.Data = p.Data[:1]
			}
		},
	} {
		for _, rate := range []float64{1, 16, -1, -4} {
			bubble(t, func(t *testing.T) {
				from := day.Add(2 * time.Second)
				if rate < 0 {
					from = day.Add(8 * time.Second)
				}
				s := newStage(t, newArchive(6), from, hurt)
				defer s.stop()
				s.transport.SetRate(rate)
				s.transport.Play()
				pass(12 * time.Second)
				for _, p := range s.pictures() {
					if at := p.at.Sub(day); at >= 4*time.Second && at < 6*time.Second {
						t.Fatalf("%s, at %g: a picture of %v was seen", name, rate, at)
					}
				}
				if !s.transport.AtEnd() {
					t.Errorf("%s, at %g: the playhead has come to %v only: %+v", name, rate, s.transport.Position().Sub(day), s.deck.State())
				}
				if st := s.deck.State(); name != "garbage" && (st.Lost != 1 || st.Missed.Number != s.archive.fragments[2].Number || !lost(st.Missed.Err)) {
					t.Errorf("%s, at %g: %d fragments were lost, %+v last", name, rate, st.Lost, st.Missed)
				}
				s.transport.Pause()
				s.transport.Seek(day.Add(5 * time.Second))
				pass(time.Second)
				if st := s.deck.State(); st.Phase != DeckDamaged || st.Err == nil || st.Fragment.Number != s.archive.fragments[2].Number {
					t.Errorf("%s: the state is %v, %v", name, st.Phase, st.Err)
				}
			})
		}
	}
}

// Half of a group is damaged: what can be decoded is shown in its place.
func TestSeekToAPictureThatDoesNotComeOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(3)
		p := a.fragments[1].Packets[40]
		p.Data = p.Data[:1]
		s := newStage(t, a, day.Add(frameAt(60+50)))
		defer s.stop()
		pass(time.Second)
		if got := s.last(); got != frameAt(60+39) || s.deck.State().Damaged == 0 {
			t.Errorf("it shows %v, %+v", got, s.deck.State())
		}
	})
}

func TestArchiveThatCannotBeAskedIsAskedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(3)
		a.asked = errors.New("the service cannot be reached")
		s := newStage(t, a, day.Add(time.Second))
		defer s.stop()
		pass(10 * time.Second)
		if st := s.deck.State(); st.Phase != DeckOffline || st.Err == nil {
			t.Errorf("the state is %+v", st)
		}
		a.mu.Lock()
		a.asked = nil
		a.mu.Unlock()
		pass(11 * time.Second)
		if st := s.deck.State(); st.Phase != DeckReady || s.last() != time.Second {
			t.Errorf("the state is %+v", st)
		}
	})
}

// Codec and size may change from fragment to fragment; a codec that nobody knows, and fragments without video, are said
// and passed in time.
func TestTracksThatChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(1)
		other := media.Track{ID: 2, Kind: media.Video, Codec: media.H265, Private: []byte{9}}
		text := media.Track{ID: 3, Kind: media.Data, Codec: media.Text, Name: "gps"}
		a.add(0, 60, 30, func(i int) bool { return i == 0 }, other)
		a.add(0, 60, 30, func(i int) bool { return true }, text)
		a.record(0)
		s := newStage(t, a, day)
		defer s.stop()
		s.transport.Play()
		pass(5 * time.Second)
		if st := s.deck.State(); st.Phase != DeckBlank || st.Err != nil || len(st.Tracks) != 1 {
			t.Errorf("without video the state is %+v", st)
		}
		if at := s.transport.Position().Sub(day); at < 4900*time.Millisecond {
			t.Errorf("the playhead is at %v", at)
		}
		pass(2 * time.Second)
		if n := len(s.pictures()); s.codecs.made != 3 || n < 145 {
			t.Errorf("%d decoders were made, %d pictures seen", s.codecs.made, n)
		}
		s.transport.Pause()
		s.transport.Seek(a.fragments[2].Start.Add(time.Second))
		pass(time.Second)
		if st := s.deck.State(); st.Phase != DeckBlank {
			t.Errorf("the state is %+v", st)
		}
	})
	for _, rate := range []float64{1, 16, -1, -4} {
		bubble(t, func(t *testing.T) {
			s := newStage(t, newArchive(3), day.Add(3*time.Second), func(s *stage) { s.codecs.err = errors.New("this codec cannot be shown") })
			defer s.stop()
			s.transport.SetRate(rate)
			s.transport.Play()
			pass(500 * time.Millisecond)
			if st := s.deck.State(); rate*rate == 1 && (st.Phase != DeckBlank || st.Err == nil || !strings.Contains(st.Err.Error(), "cannot be shown")) {
				t.Errorf("at %g the state is %v, %v", rate, st.Phase, st.Err)
			}
			pass(5 * time.Second)
			if !s.transport.AtEnd() {
				t.Errorf("at %g the playhead stands at %v", rate, s.transport.Position().Sub(day))
			}
		})
	}
}

func TestReadingsAndTags(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(3)
		rec := a.fragments[1]
		rec.Tracks = append(rec.Tracks, media.Track{ID: 7, Kind: media.Data, Codec: media.Text, Name: "gps"})
		rec.Tags = []media.Tag{{Name: "door", Value: "open"}}
		for i := range 4 {
			rec.Packets = append(rec.Packets, &media.Packet{Track: 7, PTS: time.Duration(i) * 500 * time.Millisecond, Data: []byte{byte(i)}})
		}
		s := newStage(t, a, day.Add(3600*time.Millisecond))
		defer s.stop()
		pass(time.Second)
		st := s.deck.State()
		if len(st.Data) != 1 || st.Data[0].Data[0] != 3 || st.Data[0].Track.Name != "gps" || !st.Data[0].At.Equal(day.Add(3500*time.Millisecond)) {
			t.Errorf("the readings are %+v", st.Data)
		}
		if len(st.Tags) != 1 || st.Tags[0].Value != "open" {
			t.Errorf("the tags are %v", st.Tags)
		}
	})
}

func TestFitOfADeck(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(3), day.Add(time.Second))
		defer s.stop()
		pass(time.Second)
		s.deck.SetFit(image.Pt(32, 18))
		pass(100 * time.Millisecond)
		if got := s.deck.Frames().Take(time.Now()).Image.Rect.Max; got != image.Pt(32, 18) {
			t.Errorf("the picture has %v", got)
		}
		sent := s.codecs.sent.Load()
		s.deck.SetFit(image.Pt(0, 0))
		pass(100 * time.Millisecond)
		s.deck.SetFit(image.Pt(64, 36))
		pass(100 * time.Millisecond)
		if got := s.deck.Frames().Take(time.Now()).Image.Rect.Max; got != image.Pt(64, 36) || s.codecs.sent.Load() != sent {
			t.Errorf("the picture has %v, %d packets were decoded for it", got, s.codecs.sent.Load()-sent)
		}
		synctest.Wait()
	})
}

// Who pauses live is where the archive has not come to yet.
func TestPauseAheadOfTheArchive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(0)
		now := time.Now().UTC()
		for _, gap := range []time.Duration{now.Sub(day) - 20*time.Second, 0, 0} {
			a.record(gap)
		}
		at := now.Add(-9 * time.Second) // five seconds behind what is stored
		s := newStage(t, a, at)
		defer s.stop()
		pass(time.Second)
		if st := s.deck.State(); st.Phase != DeckEnd || len(s.pictures()) > 0 {
			t.Errorf("the state is %+v", st)
		}
		for range 3 {
			a.record(0)
		}
		pass(1100 * time.Millisecond)
		if st := s.deck.State(); st.Phase != DeckReady || st.At.Sub(at).Abs() > 34*time.Millisecond {
			t.Errorf("after it has come the phase is %v, the picture that of %v", st.Phase, st.At.Sub(at))
		}
	})
}

// Of two decks one is at the end of its archive while the other plays: what comes to the first is shown, also when it is heard.
func TestOneOfTwoArchivesGrows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(1)
		s := newStage(t, newArchive(60), day, func(s *stage) { s.voice = &fakeVoice{} })
		defer s.stop()
		other := NewDeck(DeckOptions{Transport: s.transport, Archive: a, Codecs: soundingCodecs{newArchiveCodecs(), s.voice}, Voice: &fakeVoice{}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- other.Run(ctx) }()
		defer func() { cancel(); <-done }()
		pass(time.Second)
		s.transport.Play()
		pass(10 * time.Second)
		if other.State().Phase != DeckEnd {
			t.Errorf("the other is %v, want the end", other.State().Phase)
		}
		for range 10 {
			a.record(0)
		}
		pass(4 * time.Second)
		if st := other.State(); st.Phase != DeckReady || s.transport.Position().Sub(st.At).Abs() > time.Second {
			t.Errorf("after more has come it is %v with the picture of %v; the playhead is at %v", st.Phase, st.At.Sub(day), s.transport.Position().Sub(day))
		}
	})
}

// Each trouble is the first one when all went well before: who plays for hours waits no longer for the tenth than for the first.
func TestTroublesInPlayDoNotAddUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(100)
		s := newStage(t, a, day)
		defer s.stop()
		s.transport.Play()
		fail := func(err error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.asked = err
		}
		for range 10 {
			fail(errors.New("the service cannot be reached"))
			for s.deck.State().Phase != DeckOffline {
				pass(100 * time.Millisecond)
			}
			fail(nil)
			pass(2 * time.Second)
			if st := s.deck.State(); st.Phase != DeckReady {
				t.Fatalf("two seconds after the service was back it is %v", st.Phase)
			}
		}
	})
}
