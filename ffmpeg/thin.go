package ffmpeg

import "time"

// thinner drops pictures that come faster than wanted, by their times. The zero value lets all pass.
type thinner struct {
	step time.Duration // between pictures; zero: all pass
	due  time.Duration // of the next
	met  bool          // due is known
}

// newThinner lets at most rate pictures a second pass; zero: all.
func newThinner(rate float64) thinner {
	if !(rate > 0) {
		return thinner{}
	}
	return thinner{step: time.Duration(float64(time.Second) / rate)}
}

// pass reports whether the picture of a time is one to keep. Times may be a quarter of a step early, as cameras are; the
// mean does not exceed the rate.
func (t *thinner) pass(at time.Duration) bool {
	if t.step == 0 {
		return true
	}
	if t.met && at < t.due-t.step/4 {
		return false
	}
	if !t.met || at > t.due+t.step { // the first, or the first after a pause
		t.due = at
	}
	t.due, t.met = t.due+t.step, true
	return true
}
