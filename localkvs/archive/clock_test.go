package archive

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tidied waits until Run has looked for what is to be dropped, and has dropped it.
func (r *rig) tidied() {
	for range 3 { // the third is taken in when the round of the first is over
		r.untidy <- struct{}{}
	}
}

// hourly is a stream with 24 hours of retention that got a fragment an hour for some hours, each in a segment of its own.
func (r *rig) hourly(hours int) (s *Stream, all []*Fragment) {
	s = r.stream("door")
	for range hours {
		r.clock.add(time.Hour)
		all = append(all, r.append(s, r.fragment(s, 100)))
	}
	return s, all
}

// left checks what is shown and what is on the disk.
func (r *rig) left(s *Stream, want ...*Fragment) {
	r.t.Helper()
	r.tidied()
	holds(r.t, s, want...)
	if files, err := s.segmentFiles(); err != nil || len(files) != len(want) {
		r.t.Errorf("the segments %v are left for %d fragments, %v", files, len(want), err)
	}
}

func segmentsOfOne(r *rig) *rig { r.options.SegmentSize = 1; return r }

const years = 4 * 365 * 24 * time.Hour

func TestClockThatLeapsAheadForAWhileExpiresNothing(t *testing.T) {
	r := segmentsOfOne(newRig(t)).run()
	s, all := r.hourly(3)
	r.clock.leap(years)
	r.left(s, all...)
	if ahead := r.Held(); ahead < years-time.Hour {
		t.Errorf("retention is held back by %s", ahead)
	}
	r.clock.add(59 * time.Minute)
	r.left(s, all...)
	r.clock.leap(-years)
	r.left(s, all...)
	if ahead := r.Held(); ahead != 0 {
		t.Errorf("retention is held back by %s after the clock is right again", ahead)
	}
	r.clock.leap(years) // the doubt begins anew
	r.left(s, all...)
	r.clock.add(59 * time.Minute)
	r.left(s, all...)
	r.clock.leap(-years)
	r.clock.add(21 * time.Hour) // the archive is 26 hours old all in all, less a minute or two
	r.left(s, all[1:]...)
}

func TestClockIsBelievedWhenItHasBeenSteady(t *testing.T) {
	r := segmentsOfOne(newRig(t)).run()
	s, all := r.hourly(2)
	r.clock.leap(10 * 24 * time.Hour)
	r.left(s, all...)
	young := r.append(s, r.fragment(s, 100))
	for range 3 {
		r.clock.add(19 * time.Minute)
		r.left(s, all[0], all[1], young)
	}
	r.clock.add(4 * time.Minute)
	r.left(s, young)
	if ahead := r.Held(); ahead != 0 {
		t.Errorf("retention is held back by %s", ahead)
	}
}

func TestSmallLeapCountsAtOnce(t *testing.T) {
	r := segmentsOfOne(newRig(t)).run()
	s, all := r.hourly(2)
	r.clock.add(22*time.Hour + 55*time.Minute)
	r.left(s, all...)
	r.clock.leap(9 * time.Minute)
	r.left(s, all[1])
}

// A clock that was set back shows more at once, and costs nothing when it comes back.
func TestClockThatGoesBackAndReturns(t *testing.T) {
	r := segmentsOfOne(newRig(t)).run()
	s, all := r.hourly(2)
	r.clock.leap(-years)
	r.clock.add(22 * time.Minute)
	r.left(s, all...)
	r.clock.leap(years)
	r.clock.add(22*time.Hour + 40*time.Minute)
	r.left(s, all[1])

	// One that stays back is believed in time: what it says next counts, and what it said before does not.
	r.clock.leap(-20 * time.Hour)
	r.left(s, all[1])
	r.clock.add(2 * time.Hour)
	r.left(s, all[1])
	if ahead := r.Held(); ahead != 0 {
		t.Errorf("retention is held back by %s", ahead)
	}
	r.clock.leap(20 * time.Hour)
	if ahead := r.Held(); ahead < 19*time.Hour {
		t.Errorf("a leap from what was believed holds retention back by %s", ahead)
	}
	r.left(s, all[1])
}

// off lets the service be off for so long.
func (r *rig) off(d time.Duration) *Stream {
	r.stop()
	r.clock.add(d)
	return r.run().stream("door")
}

func TestWhatExpiredWhileTheServiceWasOffGoesAfterADoubt(t *testing.T) {
	r := segmentsOfOne(newRig(t)).run()
	_, all := r.hourly(2)
	if r.off(9 * time.Minute); r.Held() != 0 {
		t.Errorf("a short pause holds retention back by %s", r.Held())
	}
	s := r.off(10 * 24 * time.Hour)
	r.left(s, all...)
	r.clock.add(59 * time.Minute)
	r.left(s, all...)
	r.clock.add(2 * time.Minute)
	r.left(s)
}

// A computer that is never on for an hour expires all the same: the doubt goes on where it ended.
func TestDoubtGoesOnOverRestarts(t *testing.T) {
	r := segmentsOfOne(newRig(t)).run()
	_, all := r.hourly(2)
	for range 3 {
		s := r.off(23 * time.Hour)
		r.clock.add(19 * time.Minute)
		r.left(s, all...)
	}
	s := r.off(23 * time.Hour)
	r.clock.add(19 * time.Minute)
	r.left(s)
}

// A wrong clock at the start is not made right by starting once more.
func TestRestartsUnderAWrongClock(t *testing.T) {
	r := segmentsOfOne(newRig(t)).run()
	_, all := r.hourly(2)
	r.clock.leap(years)
	r.clock.add(20 * time.Minute)
	s := r.off(time.Minute)
	r.left(s, all...)
	r.clock.leap(-years)
	s = r.off(time.Minute)
	r.left(s, all...)
	if ahead := r.Held(); ahead != 0 {
		t.Errorf("retention is held back by %s", ahead)
	}
}

func TestTimeThatIsNotKnownExpiresNothing(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"missing": os.Remove,
		"damaged": func(path string) error { return os.WriteFile(path, []byte(`{"Time":"2026-0`), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			r := segmentsOfOne(newRig(t)).run()
			_, all := r.hourly(2)
			r.stop()
			if err := spoil(filepath.Join(r.dir, clockFile)); err != nil {
				t.Fatal(err)
			}
			r.clock.leap(years)
			s := r.run().stream("door")
			r.left(s, all...)
			r.clock.add(61 * time.Minute)
			r.left(s)
		})
	}
}
