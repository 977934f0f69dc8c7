package player

import (
	"context"
	"image"
	"testing"
	"testing/synctest"
	"time"
)

// The newest wish wins: what an older one asked for is abandoned.
func TestNewestSeekWins(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(100)
		a.latency = 50 * time.Millisecond
		s := newStage(t, a, day)
		defer s.stop()
		pass(time.Second)
		s.pictures()
		for i := range 20 {
			s.transport.Seek(day.Add(time.Duration(10+i) * 2 * time.Second))
			time.Sleep(10 * time.Millisecond)
		}
		begin := time.Now()
		pass(time.Second)
		got := s.pictures()
		if len(got) != 1 || got[0].at.Sub(day) != 58*time.Second {
			t.Fatalf("pictures %v", got)
		}
		if took := got[0].wall.Sub(begin); took > 60*time.Millisecond {
			t.Errorf("the last one was seen after %v", took)
		}
		if a.abandoned != 19 {
			t.Errorf("%d of 19 were abandoned", a.abandoned)
		}
	})
}

// Pictures follow a pointer over a day, and the last is exact soon after it stops.
func TestPicturesFollowThePointer(t *testing.T) {
	for _, test := range []struct {
		name    string
		latency time.Duration
		speed   time.Duration // of the archive's time, for each movement
	}{
		{"over hours", 5 * time.Millisecond, 20 * time.Second},
		{"slow archive", 45 * time.Millisecond, 20 * time.Second},
		{"within a second", 5 * time.Millisecond, 10 * time.Millisecond},
		{"backwards", 5 * time.Millisecond, -10 * time.Millisecond},
		{"fast backwards", 5 * time.Millisecond, -20 * time.Second},
	} {
		bubble(t, func(t *testing.T) {
			a := newArchive(1300)
			a.latency = test.latency
			s := newStage(t, a, day.Add(1300*time.Second), func(s *stage) { s.codecs.work = 2 * time.Millisecond; s.codecs.delay = 1 })
			defer s.stop()
			pass(time.Second)
			s.pictures()
			at := s.transport.Position()
			begin := time.Now()
			for range 60 {
				at = at.Add(test.speed)
				s.transport.Scrub(at)
				time.Sleep(16 * time.Millisecond)
			}
			s.transport.Rest()
			stopped := time.Now()
			dragging := len(s.pictures())
			if rate := float64(dragging) / stopped.Sub(begin).Seconds(); rate < 15 {
				t.Errorf("%s: %.1f pictures a second followed", test.name, rate)
			}
			pass(time.Second)
			rec, want := a.fragments[at.Sub(day)/(2*time.Second)], at
			for _, p := range rec.Packets {
				if frame := rec.Start.Add(p.PTS); !frame.After(at) {
					want = frame
				}
			}
			got := s.pictures()
			if s.last() != want.Sub(day) || !s.deck.State().Exact {
				t.Errorf("%s: the last picture is that of %v, want %v", test.name, s.last(), want.Sub(day))
			}
			if n := len(got); n > 0 && got[n-1].wall.Sub(stopped) > 150*time.Millisecond+test.latency {
				t.Errorf("%s: it was seen %v after the pointer stopped", test.name, got[n-1].wall.Sub(stopped))
			}
		})
	}
}

// Within a group of pictures that was decoded, going back and forth decodes little.
func TestScrubWithinAGroupGoesOnDecoding(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(3), day)
		defer s.stop()
		pass(time.Second)
		for i := 1; i < 29; i++ {
			s.transport.Scrub(day.Add(frameAt(i)))
			pass(20 * time.Millisecond)
		}
		if s.codecs.sent.Load() > 30 {
			t.Errorf("%d packets were decoded for 28 frames forwards", s.codecs.sent.Load())
		}
		sent := s.codecs.sent.Load()
		for i := 28; i >= 0; i-- {
			s.transport.Scrub(day.Add(frameAt(i)))
			pass(20 * time.Millisecond)
			if s.last() != frameAt(i) {
				t.Fatalf("it shows %v, want %v", s.last(), frameAt(i))
			}
		}
		if s.codecs.sent.Load() > sent+31 {
			t.Errorf("%d packets were decoded for 28 frames backwards", s.codecs.sent.Load()-sent)
		}
	})
}

// Play pauses while the pointer drags, and goes on where it lets go.
func TestReleaseGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(100), day)
		defer s.stop()
		s.transport.Play()
		pass(time.Second)
		s.transport.Scrub(day.Add(50 * time.Second))
		pass(2 * time.Second)
		if at := s.transport.Position().Sub(day); at != 50*time.Second || !s.transport.Playing() {
			t.Errorf("while it is held the playhead is at %v", at)
		}
		s.transport.Release()
		pass(2 * time.Second)
		if at := s.transport.Position().Sub(day); at < 51900*time.Millisecond || at > 52*time.Second {
			t.Errorf("two seconds after it was let go the playhead is at %v", at)
		}
	})
}

// A key while the pointer drags moves the playhead, exactly, and time stands until the pointer lets go.
func TestASeekWhileThePointerHolds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(100), day)
		defer s.stop()
		s.transport.Play()
		pass(time.Second)
		s.transport.Scrub(day.Add(50 * time.Second))
		pass(time.Second)
		at := 45*time.Second + frameAt(7)
		s.transport.Seek(day.Add(at))
		pass(2 * time.Second)
		if got := s.transport.Position().Sub(day); got != at || s.last() != at || !s.deck.State().Exact {
			t.Errorf("while it is held the playhead is at %v over the picture of %v, want %v", got, s.last(), at)
		}
		s.transport.Release()
		pass(2 * time.Second)
		if got := s.transport.Position().Sub(day) - at; got < 1900*time.Millisecond || got > 2*time.Second {
			t.Errorf("two seconds after it was let go the playhead is %v farther", got)
		}
	})
}

// The key frame in front of where the pointer is comes first, and stays alone until the pointer rests; then the exact picture comes.
func TestKeyFrameFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(100), day, func(s *stage) { s.codecs.work = 3 * time.Millisecond })
		defer s.stop()
		pass(time.Second)
		s.pictures()
		group, want := 40*time.Second, 40*time.Second+frameAt(20)
		s.transport.Scrub(day.Add(want))
		pass(time.Second)
		if got := s.pictures(); len(got) != 1 || got[0].at.Sub(day) != group {
			t.Errorf("while the pointer may move on, pictures %v came; want the key frame alone", got)
		}
		s.transport.Rest()
		pass(time.Second)
		if got := s.pictures(); len(got) != 1 || got[0].at.Sub(day) != want {
			t.Errorf("when it rests, pictures %v came; want the exact one", got)
		}
		s.transport.Scrub(day.Add(group + 10*time.Second + frameAt(20)))
		s.transport.Release() // a click
		pass(time.Second)
		if got := s.pictures(); len(got) == 0 || got[len(got)-1].at.Sub(day) != want+10*time.Second {
			t.Errorf("after a click, pictures %v came", got)
		}
	})
}

// Two decks are one time: where one has a gap the other plays, where both have one it is skipped.
func TestTwoDecksOnOneTransport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newArchive(2), newArchive(4)
		a.record(10 * time.Second) // at 14 s
		b.record(12 * time.Second) // at 20 s
		s := newStage(t, a, day.Add(time.Second))
		defer s.stop()
		other := NewDeck(DeckOptions{Transport: s.transport, Archive: b, Codecs: newArchiveCodecs()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- other.Run(ctx) }()
		defer func() { cancel(); <-done }()
		pass(time.Second)
		s.transport.Play()
		pass(5 * time.Second)
		if at := s.transport.Position().Sub(day); (at - 6*time.Second).Abs() > 50*time.Millisecond {
			t.Errorf("after five seconds the playhead is at %v", at)
		}
		if s.deck.State().Phase != DeckVacant || other.State().Phase != DeckReady {
			t.Errorf("the phases are %v and %v", s.deck.State().Phase, other.State().Phase)
		}
		pass(3 * time.Second)
		if at := s.transport.Position().Sub(day); at < 14500*time.Millisecond || at > 16*time.Second {
			t.Errorf("where both have nothing the playhead is at %v", at)
		}
		if s.deck.State().Phase != DeckReady || other.State().Phase != DeckVacant {
			t.Errorf("the phases are %v and %v", s.deck.State().Phase, other.State().Phase)
		}
	})
}

// A speed stays what it is where one recording ends and another begins, in both directions.
func TestSpeedSticksAcrossGaps(t *testing.T) {
	for _, rate := range []float64{4, -4} {
		bubble(t, func(t *testing.T) {
			a := newArchive(20) // up to 40 s
			a.record(time.Hour)
			for range 19 {
				a.record(0)
			}
			begin, end := 38*time.Second, 40*time.Second+time.Hour // a second of play before the gap
			if rate < 0 {
				begin, end = end+2*time.Second, begin
			}
			s := newStage(t, a, day.Add(begin))
			defer s.stop()
			pass(time.Second)
			s.transport.SetRate(rate)
			s.transport.Play()
			pass(4 * time.Second)
			beyond := s.transport.Position().Sub(day) - end
			if s.transport.Rate() != rate || beyond*time.Duration(rate) < 0 || beyond.Abs() > 16*time.Second {
				t.Errorf("at speed %v, after the gap the speed is %v and the playhead %v beyond it", rate, s.transport.Rate(), beyond)
			}
			before := s.transport.Position()
			pass(time.Second)
			if went := s.transport.Position().Sub(before); (went - time.Duration(rate)*time.Second).Abs() > 100*time.Millisecond {
				t.Errorf("at speed %v the playhead goes %v in a second behind the gap", rate, went)
			}
		})
	}
}

// A deck that has to load lets time stand; when there is another one that need not, not for long.
func TestLoadingHoldsTime(t *testing.T) {
	for _, test := range []struct {
		latency     time.Duration
		others      int
		least, most time.Duration
	}{
		{10 * time.Millisecond, 0, 5900 * time.Millisecond, 6 * time.Second},
		{20 * time.Second, 0, 1900 * time.Millisecond, 2100 * time.Millisecond},
		{20 * time.Second, 1, 4900 * time.Millisecond, 5100 * time.Millisecond},
	} {
		bubble(t, func(t *testing.T) {
			a := newArchive(30)
			s := newStage(t, a, day)
			defer s.stop()
			for range test.others {
				other := NewDeck(DeckOptions{Transport: s.transport, Archive: newArchive(30), Codecs: newArchiveCodecs()})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- other.Run(ctx) }()
				defer func() { cancel(); <-done }()
			}
			pass(time.Second)
			a.mu.Lock()
			a.latency = test.latency
			a.mu.Unlock()
			s.transport.Play()
			pass(6 * time.Second)
			if at := s.transport.Position().Sub(day); at < test.least || at > test.most {
				t.Errorf("with loads of %v the playhead is at %v after 6 s", test.latency, at)
			}
			if test.latency > time.Second && s.deck.State().Phase != DeckLoading {
				t.Errorf("the phase is %v", s.deck.State().Phase)
			}
			pass(20 * time.Second)
			if n := len(s.pictures()); n < 62 && test.others == 0 {
				t.Errorf("with loads of %v it did not go on: %d pictures", test.latency, n)
			}
		})
	}
}

func TestStill(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(3)
		codecs := newArchiveCodecs()
		at := day.Add(3700 * time.Millisecond)
		for _, test := range []struct {
			exact bool
			want  time.Duration
		}{{false, 3 * time.Second}, {true, 3700 * time.Millisecond}} {
			img, got, err := Still(t.Context(), a, codecs, at, image.Pt(32, 32), test.exact)
			if err != nil || got.Sub(day) != test.want || img.Rect.Max != image.Pt(32, 18) {
				t.Errorf("a still of %v is of %v, %v, %v", at.Sub(day), got.Sub(day), img.Rect, err)
			}
		}
		if _, _, err := Still(t.Context(), a, codecs, day.Add(time.Hour), image.Pt(32, 32), false); err == nil {
			t.Error("there is a still of nothing")
		}
		if codecs.made != codecs.closed {
			t.Errorf("%d decoders were made, %d closed", codecs.made, codecs.closed)
		}
		synctest.Wait()
	})
}

// What is sought is known until every deck shows it; a pointer that drags seeks nothing.
func TestSought(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(100)
		a.latency = 50 * time.Millisecond
		s := newStage(t, a, day)
		defer s.stop()
		pass(time.Second)
		if since, ok := s.transport.Sought(); ok {
			t.Errorf("at rest something is sought since %v", since)
		}
		begin := time.Now()
		s.transport.Seek(day.Add(20 * time.Second))
		time.Sleep(20 * time.Millisecond)
		if since, ok := s.transport.Sought(); !ok || !since.Equal(begin) {
			t.Errorf("sought since %v: %v; want %v", since, ok, begin)
		}
		pass(time.Second)
		if _, ok := s.transport.Sought(); ok {
			t.Error("what is shown is still sought")
		}
		s.transport.Scrub(day.Add(40 * time.Second))
		if _, ok := s.transport.Sought(); ok {
			t.Error("a pointer seeks")
		}
		s.transport.Release()
		if _, ok := s.transport.Sought(); !ok {
			t.Error("what a pointer has left is not sought")
		}
	})
}

// Whoever looks at pictures does so behind them: they are in the mailbox, and what was asked for is said to be there.
func TestPicturesDoNotWaitForAGlimpse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var s *stage
		glimpses := 0
		s = newStage(t, newArchive(10), day.Add(5*time.Second), func(s *stage) {
			s.glimpse = func(at time.Time, _ *image.RGBA) {
				glimpses++
				if f := s.deck.Frames().Take(time.Now()); f == nil || !f.At.Equal(at) || !s.deck.State().Exact {
					t.Errorf("at the glimpse at %v the mailbox has %+v", at, f)
				}
			}
		})
		defer s.stop()
		pass(time.Second)
		if glimpses != 1 {
			t.Errorf("%d glimpses, want 1", glimpses)
		}
	})
}

// What a pointer passes nobody glimpses at, and while it waits for a picture none is called the exact one.
func TestAPointerIsNotGlimpsedAt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		glimpses := 0
		a := newArchive(100)
		s := newStage(t, a, day.Add(5*time.Second), func(s *stage) { s.glimpse = func(time.Time, *image.RGBA) { glimpses++ } })
		defer s.stop()
		pass(time.Second)
		if glimpses != 1 || !s.deck.State().Exact {
			t.Fatalf("%d glimpses before the pointer moves, exact: %v", glimpses, s.deck.State().Exact)
		}
		a.mu.Lock()
		a.latency = 50 * time.Millisecond
		a.mu.Unlock()
		for i := range 40 {
			s.transport.Scrub(day.Add(time.Duration(i+2)*4*time.Second + 700*time.Millisecond))
			time.Sleep(20 * time.Millisecond)
			if i == 0 && s.deck.State().Exact {
				t.Error("the picture from which the pointer has moved away is called the exact one")
			}
		}
		if glimpses != 1 {
			t.Errorf("%d glimpses at what the pointer has passed", glimpses-1)
		}
		s.transport.Release()
		s.transport.Seek(day.Add(20 * time.Second))
		pass(time.Second)
		if glimpses != 2 {
			t.Errorf("%d glimpses after it has let go, want 1", glimpses-1)
		}
	})
}

// While a pointer moves over groups of pictures no more than their key frames is decoded, whatever the decoder holds back.
func TestAPointerCostsKeyFramesOnly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(100), day, func(s *stage) { s.codecs.delay = 2 })
		defer s.stop()
		pass(time.Second)
		before := s.codecs.sent.Load()
		s.pictures()
		for i := range 50 {
			s.transport.Scrub(day.Add(time.Duration(i+1)*3*time.Second + 700*time.Millisecond))
			time.Sleep(20 * time.Millisecond)
		}
		if sent := s.codecs.sent.Load() - before; sent > 55 {
			t.Errorf("%d packets were decoded for 50 places", sent)
		}
		if shown := len(s.pictures()); shown < 45 {
			t.Errorf("%d pictures followed over 50 places", shown)
		}
		before = s.codecs.sent.Load()
		pass(time.Second) // of a window that is painted too slowly to move it
		if sent := s.codecs.sent.Load() - before; sent > 2 || s.deck.State().Exact {
			t.Errorf("%d packets were decoded before the pointer was said to rest, exact: %v", sent, s.deck.State().Exact)
		}
		s.transport.Rest()
		pass(time.Second)
		if want := s.transport.Position(); s.last() > want.Sub(day) || want.Sub(day)-s.last() > time.Second/30 {
			t.Errorf("at rest it shows %v, want %v", s.last(), want.Sub(day))
		}
	})
}

// A key frame that gives no picture costs the group of pictures, and is not said of the fragment.
func TestAPointerOnADamagedKeyFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(10)
		a.fragments[3].Packets[0].Data = []byte{0}
		s := newStage(t, a, day)
		defer s.stop()
		pass(time.Second)
		at := a.fragments[3].Start.Add(1500 * time.Millisecond)
		s.transport.Scrub(at.Add(-time.Second))
		pass(time.Second)
		s.transport.Scrub(at)
		s.transport.Rest()
		pass(time.Second)
		if st := s.deck.State(); st.Phase != DeckReady || st.At.Sub(at).Abs() > time.Second/30 {
			t.Errorf("behind a damaged key frame it is %v at %v: %v", st.Phase, st.At, st.Err)
		}
	})
}

// From a key frame that play has decoded alone, steps lead to the pictures behind it.
func TestStepsBehindALoneKeyFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(400), day)
		defer s.stop()
		pass(time.Second)
		s.transport.SetRate(MaxRate)
		s.transport.Play()
		pass(2 * time.Second)
		s.transport.Pause()
		pass(time.Second)
		at := s.last()
		for i := range 3 {
			s.transport.Step(1)
			pass(time.Second)
			if moved := s.last() - at; (moved - time.Duration(i+1)*time.Second/30).Abs() > 2*time.Millisecond {
				t.Fatalf("after %d steps the picture is %v behind the key frame", i+1, moved)
			}
		}
	})
}

// What is kept is for going on frame by frame. Who goes far has none of it, whichever way.
func TestFarSeeksKeepOnePicture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(100), day.Add(150*time.Second))
		defer s.stop()
		for _, to := range []int{2750, 1310, 4000, 50} {
			s.transport.Seek(day.Add(frameAt(to)))
			pass(time.Second)
			if got := s.last(); got != frameAt(to) {
				t.Fatalf("it shows %v, want %v", got, frameAt(to))
			}
		}
		if s.codecs.most > 1 {
			t.Errorf("%d pictures were kept at a time", s.codecs.most)
		}
		s.transport.Step(-1)
		pass(time.Second)
		if got := s.last(); got != frameAt(49) || s.codecs.most < 20 {
			t.Errorf("a step goes to %v, with %d pictures kept for more of them", got, s.codecs.most)
		}
	})
}
