package upload

import "time"

const (
	adaptWindow = 12 * time.Second // over which the backlog is judged; longer than a fragment, whose acknowledgement comes as one step
	adaptCalm   = 10 * time.Second // without a backlog before the bitrate goes up by a step
	adaptEffect = 6 * time.Second  // that a step down gets to show effect
	noBacklog   = 15 * time.Second // that waits at most, with what is under way, when there is no backlog
	maxPatience = 5 * time.Minute
)

// Adapter lowers a bitrate while the backlog grows and raises it again afterwards. It is a value for one goroutine.
//
// It goes down at once to 80 % of what the line was measured to carry, and up again by 10 % at a time. A bitrate that was too much
// before is tried again after longer and longer, so that it does not go up and down on a line that stays as it is.
type Adapter struct {
	Ceiling, Floor int // bits a second

	window   time.Time     // when the present window began
	least    time.Duration // that waited in the present window
	before   time.Duration // likewise in the last one
	windows  int
	live     time.Duration // of the last call
	rising   int           // calls in a row in which the live edge fell behind further
	calm     time.Time     // since when there is no backlog; zero: there is one
	down     time.Time     // when the bitrate went down last
	raised   time.Time     // when it went up last
	wall     int           // the bitrate that was too much
	patience time.Duration // before that is tried again
}

// Next is called about once a second with the uploader's state and the encoder's present bitrate, and returns the bitrate to use.
func (a *Adapter) Next(now time.Time, s State, bitrate int) int {
	bitrate = min(max(bitrate, a.Floor), a.Ceiling)
	if s.Phase != Uploading { // nothing is known of the line
		a.window, a.windows, a.rising, a.live, a.calm = time.Time{}, 0, 0, s.Live, time.Time{}
		return bitrate
	}
	switch {
	case a.falling(now, s):
		a.calm = time.Time{}
		if now.Sub(a.down) < adaptEffect {
			return bitrate
		}
		return a.lower(now, s, bitrate)
	case s.Live > 0 || s.Behind > noBacklog:
		a.calm = time.Time{}
	case a.calm.IsZero():
		a.calm = now
	case now.Sub(a.calm) >= adaptCalm:
		return a.raise(now, bitrate)
	}
	return bitrate
}

// falling reports whether the upload falls behind what is recorded.
func (a *Adapter) falling(now time.Time, s State) bool {
	if s.Live > a.live && s.Live > time.Second {
		a.rising++
	} else {
		a.rising = 0
	}
	a.live = s.Live
	if a.window.IsZero() {
		a.window, a.least = now, s.Behind
	}
	a.least = min(a.least, s.Behind)
	grew := false
	if now.Sub(a.window) >= adaptWindow {
		grew = a.windows > 0 && a.least > a.before+2*time.Second
		a.before, a.window, a.least = a.least, now, s.Behind
		a.windows++
	}
	return grew || a.rising >= 3
}

func (a *Adapter) lower(now time.Time, s State, bitrate int) int {
	if a.patience == 0 || now.Sub(a.raised) < adaptWindow*2 {
		a.patience = min(max(2*a.patience, 3*adaptCalm), maxPatience)
	}
	a.down, a.wall, a.rising, a.windows = now, bitrate, 0, 0
	next := bitrate * 8 / 10
	if uplink := int(s.Rate * 0.8); uplink > 0 {
		next = min(next, uplink)
	}
	return max(next, a.Floor)
}

func (a *Adapter) raise(now time.Time, bitrate int) int {
	next := min(bitrate+max(bitrate/10, 1), a.Ceiling)
	if a.wall > 0 && next >= a.wall*9/10 && now.Sub(a.down) < a.patience {
		return bitrate
	}
	if next > bitrate {
		a.calm, a.raised = now, now
	}
	return next
}
