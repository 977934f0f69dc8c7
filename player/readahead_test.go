package player

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// calls returns the fragments that were loaded, in the order in which that was asked for, counted from 0.
func (a *fakeArchive) calls(t *testing.T) []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []int
	for _, number := range a.loads {
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n-1)
	}
	return list
}

// forget forgets which fragments were loaded.
func (a *fakeArchive) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loads = nil
}

// playhead returns the fragment that a stage is at.
func (s *stage) playhead() int { return int(s.transport.Position().Sub(day) / (2 * time.Second)) }

// depths follows a stage that plays, from a fragment on, and returns the fewest and the most fragments that were loaded beyond the one
// at the playhead. None may be loaded twice, or where the playhead comes from.
func depths(t *testing.T, s *stage, from int, rate float64, span time.Duration) (least, most int) {
	t.Helper()
	least = len(s.archive.fragments)
	for begin := time.Now(); time.Since(begin) < span; pass(17 * time.Millisecond) {
		playhead := s.playhead()
		calls := s.archive.calls(t)
		ahead := slices.Max(calls) - playhead
		if rate < 0 {
			ahead = playhead - slices.Min(calls)
		}
		least, most = min(least, ahead), max(most, ahead)
	}
	calls := s.archive.calls(t)
	slices.Sort(calls)
	if len(slices.Compact(slices.Clone(calls))) != len(calls) {
		t.Errorf("at %g fragments are loaded twice: %v", rate, calls)
	}
	if rate > 0 && calls[0] < from || rate < 0 && calls[len(calls)-1] > from {
		t.Errorf("at %g from fragment %d on others are loaded than those that come: %v", rate, from, calls)
	}
	return least, most
}

// What is read ahead is a second of watching, at whatever speed, and a fragment more.
func TestReadAheadFollowsSpeedAndDirection(t *testing.T) {
	for rate, want := range map[float64]int{1: 2, 4: 3, 8: 5, 16: 9, 32: 16, -1: 2, -4: 3, -8: 5} {
		bubble(t, func(t *testing.T) {
			a := newArchive(400)
			a.latency = 20 * time.Millisecond
			s := newStage(t, a, day.Add(400*time.Second+time.Millisecond))
			defer s.stop()
			pass(time.Second)
			s.transport.SetRate(rate)
			s.transport.Play()
			pass(time.Second)
			least, most := depths(t, s, 200, rate, 5*time.Second)
			// A fragment is used up a moment before the playhead has come to its end, backwards one group of pictures before.
			if least < want-1 || most < want || most > want+1 {
				t.Errorf("at %g %d to %d fragments are read ahead, want %d", rate, least, most, want)
			}
		})
	}
}

func TestReadAheadTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newStage(t, newArchive(400), day.Add(400*time.Second+time.Millisecond))
		defer s.stop()
		s.transport.SetRate(8)
		s.transport.Play()
		pass(2 * time.Second)
		s.archive.forget()
		turn := s.playhead()
		s.transport.SetRate(-8)
		pass(time.Second)
		if least, most := depths(t, s, turn, -8, 2*time.Second); least < 4 || most > 6 {
			t.Errorf("backwards %d to %d fragments are read ahead, want 5", least, most)
		}
		s.transport.Pause()
		pass(time.Second)
		s.archive.forget()
		pass(10 * time.Second)
		if calls := s.archive.calls(t); len(calls) != 0 {
			t.Errorf("fragments %v are loaded while the playhead stands", calls)
		}
	})
}

// However fast it goes, 32 MiB are enough.
func TestReadAheadIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(400)
		for _, f := range a.fragments {
			f.Size = 10 << 20
		}
		s := newStage(t, a, day)
		defer s.stop()
		s.transport.SetRate(32)
		s.transport.Play()
		pass(time.Second)
		if _, most := depths(t, s, 0, 32, 5*time.Second); most < 3 || most > 4 {
			t.Errorf("%d fragments of 10 MiB are read ahead, want 3", most)
		}
	})
}

// What follows was looked for when there was none yet, and has come before it is needed.
func TestReadAheadSeesWhatHasComeSince(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := newArchive(2)
		a.latency = 100 * time.Millisecond
		s := newStage(t, a, day.Add(100*time.Millisecond))
		defer s.stop()
		pass(time.Second)
		s.pictures()
		s.transport.Play()
		begin := time.Now()
		for n := 2; n < 8; n++ {
			pass(time.Until(begin.Add(time.Duration(n)*2*time.Second - 1300*time.Millisecond)))
			a.record(0)
			for range 120 {
				pass(10 * time.Millisecond)
				if st := s.deck.State(); s.transport.AtEnd() || st.Phase != DeckReady {
					t.Fatalf("at %v it is %v, with %d fragments", s.transport.Position().Sub(day), st.Phase, n+1)
				}
			}
		}
		for i, p := range s.pictures() {
			if want := frameAt(4 + i); p.at.Sub(day) != want {
				t.Fatalf("picture %d is that of %v, want %v", i, p.at.Sub(day), want)
			}
		}
	})
}
