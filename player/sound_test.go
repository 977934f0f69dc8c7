package player

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
)

// soundingSource is a source of pictures and sound, which comes that much later than they do.
func soundingSource(n int, late time.Duration) func() *fakeSource {
	return func() *fakeSource {
		s := newSource(withSound(steady(n, 30, nil), late))
		s.tracks = []media.Track{testTrack, soundTrack}
		return s
	}
}

// inTurn fails unless the sounds follow upon one another, each played not too long before it is due.
func inTurn(t *testing.T, got []played) {
	t.Helper()
	for i, p := range got {
		if i > 0 && p.pts-got[i-1].pts != soundStep {
			t.Fatalf("a sound of %v follows upon that of %v", p.pts, got[i-1].pts)
		}
		if lead := p.due.Sub(p.wall); lead > soundLead+soundStep {
			t.Fatalf("the sound of %v is played %v before it is due", p.pts, lead)
		}
	}
}

func TestSoundGoesByTheClockOfThePictures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		v := &fakeVoice{}
		p := New(Options{Codecs: soundingCodecs{newCodecs(), v}, Voice: v, Open: opener(soundingSource(300, 0))})
		stop := start(t, p)
		pass(5 * time.Second)
		got, follows := v.take()
		if len(got) < 240 || len(got) > 255 || !follows {
			t.Errorf("%d sounds of 20 ms in 5 s; follows: %v", len(got), follows)
		}
		inTurn(t, got)
		f := p.Frames().Take(time.Now())
		if off := v.clock.Due(f.PTS).Sub(f.Due); off.Abs() > time.Millisecond {
			t.Errorf("the clock of the sound is %v beside that of the pictures", off)
		}
		if st := p.State(); st.Sound != media.AAC || st.SoundErr != nil {
			t.Errorf("the state says %q, %v", st.Sound, st.SoundErr)
		}
		stop()
		if _, follows := v.take(); follows || v.made != 1 || v.closed != 1 {
			t.Errorf("after the end: follows: %v; %d decoders were made, %d closed", follows, v.made, v.closed)
		}
	})
}

// Pictures wait for sound that comes later, as far as it would be beside them, but only where somebody hears it.
func TestPicturesWaitForSoundThatIsHeard(t *testing.T) {
	for name, c := range map[string]struct{ ahead, late, least, most time.Duration }{
		"nobody hears it":    {0, 200 * time.Millisecond, 10 * time.Millisecond, 40 * time.Millisecond},
		"somebody hears it":  {60 * time.Millisecond, 200 * time.Millisecond, 220 * time.Millisecond, 270 * time.Millisecond},
		"it comes with them": {60 * time.Millisecond, 0, 30 * time.Millisecond, 80 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				v := &fakeVoice{ahead: c.ahead}
				p := New(Options{Codecs: soundingCodecs{newCodecs(), v}, Voice: v, Open: opener(soundingSource(600, c.late))})
				defer start(t, p)()
				pass(15 * time.Second)
				if delay := p.State().Delay; delay < c.least || delay > c.most {
					t.Errorf("pictures are held back by %v", delay)
				}
				got, _ := v.take()
				inTurn(t, got[len(got)/2:])
				for _, p := range got[len(got)/2:] {
					if behind := p.wall.Add(c.ahead).Sub(p.due); c.ahead > 0 && behind > 40*time.Millisecond {
						t.Fatalf("the sound of %v is heard %v behind its picture", p.pts, behind)
					}
				}
			})
		})
	}
}

// A producer that begins anew, with another time: what waits of the old sound is not heard by the new clock.
func TestSoundAcrossADiscontinuity(t *testing.T) {
	bubble(t, func(t *testing.T) {
		v := &fakeVoice{}
		first, second := withSound(steady(90, 30, nil), 0), withSound(steady(150, 30, nil), 0)
		marked := false
		p := New(Options{Codecs: soundingCodecs{newCodecs(), v}, Voice: v, Open: opener(func() *fakeSource {
			s := newSource(func() (arrival, bool) {
				if a, ok := first(); ok {
					return a, true
				}
				a, ok := second()
				a.at += 3 * time.Second
				a.packet.PTS += time.Hour
				a.packet.DTS += time.Hour
				if !marked && a.packet.Track == 1 {
					a.packet.Discontinuity, marked = true, true
				}
				return a, ok
			})
			s.tracks = []media.Track{testTrack, soundTrack}
			return s
		})})
		defer start(t, p)()
		pass(7 * time.Second)
		got, follows := v.take()
		for _, p := range got {
			if lead := p.due.Sub(p.wall); lead > soundLead+soundStep || lead < -soundHistory {
				t.Fatalf("the sound of %v is played %v before it is due", p.pts, lead)
			}
		}
		if last := got[len(got)-1].pts; last < time.Hour+3500*time.Millisecond || !follows || v.hushed < 2 {
			t.Errorf("the last sound is of %v; follows: %v; hushed %d times", last, follows, v.hushed)
		}
	})
}

func TestSoundThatCannotBeDecodedLeavesThePictures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		v := &fakeVoice{err: errors.New("no such codec")}
		p := New(Options{Codecs: soundingCodecs{newCodecs(), v}, Voice: v, Open: opener(soundingSource(300, 0))})
		defer start(t, p)()
		pass(3 * time.Second)
		if st := p.State(); st.Decoded < 80 || !errors.Is(st.SoundErr, v.err) {
			t.Errorf("%d pictures; the error is %v", st.Decoded, st.SoundErr)
		}
	})
}

// Sound whose pictures never come does not pile up.
func TestSoundInTheQueueIsBounded(t *testing.T) {
	v := &fakeVoice{}
	h := newHearing(Options{Codecs: soundingCodecs{newCodecs(), v}, Voice: v}.withDefaults(), func(error) {})
	for i := range 4 * soundPackets {
		h.put(heard{packet: &media.Packet{PTS: time.Duration(i), Data: make([]byte, 100)}}, time.Now())
	}
	if first := <-h.packets; len(h.packets) != soundPackets-1 || first.packet.PTS != 3*soundPackets {
		t.Errorf("%d packets wait, the first of %d", len(h.packets)+1, first.packet.PTS)
	}
	for range 20 {
		h.put(heard{packet: &media.Packet{Data: make([]byte, soundBytes/4)}}, time.Now())
	}
	if n := h.bytes.Load(); n > soundBytes {
		t.Errorf("%d bytes wait", n)
	}
}

// An archive is heard at its own speed alone, without a gap from fragment to fragment.
func TestArchiveIsHeardAtItsOwnSpeed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(10)
		addSound(a)
		v := &fakeVoice{}
		s := newStage(t, a, day.Add(3*time.Second), func(s *stage) { s.voice = v })
		pass(time.Second)
		if got, follows := v.take(); len(got) > 0 || follows {
			t.Errorf("paused, %d sounds are played", len(got))
		}
		s.transport.Play()
		pass(6 * time.Second)
		got, follows := v.take()
		inTurn(t, got)
		if n := len(got); n < 300 || n > 325 || !follows {
			t.Errorf("%d sounds of 20 ms in 6 s; follows: %v", n, follows)
		}
		if first := time.Unix(0, int64(got[0].pts)); first.Sub(day.Add(3*time.Second)).Abs() > soundBefore+soundStep {
			t.Errorf("the first sound is of %v", first.Sub(day))
		}
		for _, p := range got[25:] {
			if lead := p.due.Sub(p.wall); lead < soundLead/2 {
				t.Fatalf("the sound of %v is played %v before it is due", time.Unix(0, int64(p.pts)).Sub(day), lead)
			}
		}
		at := time.Unix(0, int64(v.clock.At(time.Now())))
		if off := at.Sub(s.transport.Position()); off.Abs() > time.Millisecond {
			t.Errorf("the clock of the sound is %v beside the playhead", off)
		}
		for name, quiet := range map[string]func(){
			"faster":    func() { s.transport.SetRate(2) },
			"slower":    func() { s.transport.SetRate(0.5) },
			"backwards": func() { s.transport.SetRate(-1) },
			"dragged":   func() { s.transport.Scrub(day.Add(8 * time.Second)) },
			"paused":    func() { s.transport.Pause() },
		} {
			s.transport.Release()
			s.transport.Seek(day.Add(5 * time.Second))
			s.transport.SetRate(1)
			s.transport.Play()
			pass(time.Second)
			if got, follows := v.take(); len(got) < 40 || !follows {
				t.Errorf("before %s: %d sounds in a second; follows: %v", name, len(got), follows)
			}
			quiet()
			pass(100 * time.Millisecond)
			v.take()
			pass(time.Second)
			if got, follows := v.take(); len(got) > 0 || follows {
				t.Errorf("%s: %d sounds; follows: %v", name, len(got), follows)
			}
		}
		s.stop()
		if v.made != v.closed {
			t.Errorf("%d decoders were made, %d closed", v.made, v.closed)
		}
	})
}

// A gap that play leaps over is silent, and behind it sound goes on in time.
func TestArchiveIsHeardBehindAGap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(2)
		a.record(time.Minute)
		a.record(0)
		addSound(a)
		v := &fakeVoice{}
		s := newStage(t, a, day.Add(2*time.Second), func(s *stage) { s.voice = v })
		defer s.stop()
		s.transport.Play()
		pass(4 * time.Second)
		synctest.Wait()
		got, follows := v.take()
		behind := 0
		for _, p := range got {
			if at := time.Unix(0, int64(p.pts)).Sub(day); at > time.Minute {
				behind++
			}
		}
		if behind < 60 || !follows {
			t.Errorf("%d of %d sounds are of behind the gap; follows: %v", behind, len(got), follows)
		}
		at := time.Unix(0, int64(v.clock.At(time.Now())))
		if off := at.Sub(s.transport.Position()); off.Abs() > time.Millisecond {
			t.Errorf("the clock of the sound is %v beside the playhead", off)
		}
	})
}

// An archive without pictures is heard all the same, in time and without a gap, up to its end.
func TestArchiveOfSoundAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(4)
		addSound(a)
		for _, rec := range a.fragments {
			rec.Tracks = rec.Tracks[1:]
			rec.Packets = slices.DeleteFunc(rec.Packets, func(p *media.Packet) bool { return p.Track != rec.Tracks[0].ID })
		}
		v := &fakeVoice{}
		s := newStage(t, a, day.Add(time.Second), func(s *stage) { s.voice = v })
		defer s.stop()
		pass(time.Second)
		if st := s.deck.State(); st.Phase != DeckBlank || st.Err != nil {
			t.Errorf("before it plays the deck is %v: %v", st.Phase, st.Err)
		}
		s.transport.Play()
		pass(5 * time.Second)
		got, follows := v.take()
		inTurn(t, got)
		if n := len(got); n < 250 || n > 275 || !follows {
			t.Errorf("%d sounds of 20 ms in 5 s; follows: %v", n, follows)
		}
		if st := s.deck.State(); st.Phase != DeckBlank || st.Err != nil {
			t.Errorf("while it plays the deck is %v: %v", st.Phase, st.Err)
		}
		pass(5 * time.Second)
		if !s.transport.AtEnd() {
			t.Errorf("the playhead stands at %v", s.transport.Position().Sub(day))
		}
		s.transport.Seek(day.Add(3 * time.Second))
		s.transport.Play()
		pass(time.Second)
		if got, follows := v.take(); len(got) < 45 || !follows {
			t.Errorf("%d sounds in a second behind a seek; follows: %v", len(got), follows)
		}
	})
}
