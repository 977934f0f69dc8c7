package player

import (
	"sync"
	"time"
)

// The speeds of a Transport. Backwards there is nothing slower than the time itself.
const (
	MinRate    = 1.0 / 8
	MaxRate    = 32
	MaxReverse = 8
)

// patience is how long a deck that has to load holds the time of others that need not. Beyond, time goes on and the deck,
// whose State says that it loads, goes to where the others are.
const patience = time.Second

// Transport is one time for one to four decks: where the playhead stands, and how it moves. It starts no goroutine. Its
// methods may be called from any goroutine, return at once, and work the same whether a deck runs or not.
//
// Time stands while its decks look for what a seek asked for or have to load, when that is not all of them at most for a
// second; and where there is nothing more recorded in its direction. It goes on by itself.
type Transport struct {
	mu      sync.Mutex
	course  course
	rate    float64
	playing bool
	held    bool // the pointer drags
	rests   bool // and has come to rest
	skip    bool
	place   uint64    // counts the wishes to be somewhere
	wished  time.Time // when the newest of them was made
	steps   int       // frames to step that the first deck has not resolved yet
	seats   []*seat
}

// NewTransport returns a transport that stands at a time, at rate 1, and skips gaps.
func NewTransport(at time.Time) *Transport {
	return &Transport{course: course{at: at}, rate: 1, skip: true, place: 1}
}

// Play lets time go by.
func (t *Transport) Play() {
	t.change(func(time.Time) { t.playing = true })
}

// Pause makes time stand, at the picture on the screen.
func (t *Transport) Pause() {
	t.change(func(now time.Time) {
		if t.playing {
			t.stop(now)
		}
	})
}

// stop pauses at the picture that the first deck has made last, which may be due in a moment.
func (t *Transport) stop(now time.Time) {
	t.playing = false
	at := t.course.position(now)
	if !t.held && len(t.seats) > 0 {
		if put := t.seats[0].put; put.Sub(at).Abs() < time.Duration(float64(maxLead)*max(1, t.rate, -t.rate)) {
			at = put
		}
	}
	t.moveTo(at)
}

// Playing says whether time goes by, or would if nobody dragged.
func (t *Transport) Playing() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.playing
}

// SetRate sets the speed, from 1/8 to 32 forwards and from -1 to -8 backwards; others become the nearest of these. It
// holds for pauses and gaps too.
func (t *Transport) SetRate(rate float64) {
	switch {
	case rate < 0:
		rate = max(-MaxReverse, min(-1, rate))
	case rate == 0:
		rate = 1
	default:
		rate = max(MinRate, min(MaxRate, rate))
	}
	t.change(func(time.Time) { t.rate = rate })
}

// Rate is the speed that SetRate has set.
func (t *Transport) Rate() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rate
}

// Seek goes to a time, exactly. The newest wish wins: what a deck is doing for an older one is abandoned. While a pointer drags, time
// stands there until Release.
func (t *Transport) Seek(at time.Time) {
	t.change(func(time.Time) {
		t.rests = true
		t.moveTo(at)
		t.abandon()
	})
}

// Scrub is Seek while a pointer drags: decks show the nearest picture that they have at once, and the exact one after Rest. Time
// stands until Release.
func (t *Transport) Scrub(at time.Time) {
	t.change(func(time.Time) {
		t.held, t.rests = true, false
		t.moveTo(at)
	})
}

// Rest says that the pointer that drags has come to rest. Whoever moves it knows, also when that has no time to move it; for a deck,
// to which both look alike, the exact picture would be work for nothing, just when there is too much of that.
func (t *Transport) Rest() {
	t.change(func(time.Time) { t.rests = true })
}

// Held says that a pointer drags, so that time stands whatever else is wished.
func (t *Transport) Held() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.held
}

// Release ends dragging; play goes on from there if it was on.
func (t *Transport) Release() {
	t.change(func(time.Time) { t.held = false })
}

// Step pauses and goes to the n-th frame behind the present one, or in front of it when n is negative: frames of the
// first deck, across fragments and gaps. Steps that come faster than they can be made add up.
func (t *Transport) Step(n int) {
	t.change(func(now time.Time) {
		if t.playing {
			t.stop(now)
		}
		t.held = false
		t.steps += n
	})
}

// Position is the time at which the playhead stands now.
func (t *Transport) Position() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.course.position(time.Now())
}

// SetSkipGaps says whether play leaps over times in which no deck has anything recorded, or goes through them.
func (t *Transport) SetSkipGaps(skip bool) {
	t.change(func(time.Time) { t.skip = skip })
}

// AtEnd says that time stands because no deck has anything more recorded in its direction at present. Forwards, what
// follows is live.
func (t *Transport) AtEnd() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.playing && !t.held && t.ended()
}

// Sought says that a deck does not show yet what was wished last, and since when. While a pointer drags nothing is sought: what it
// holds has moved already.
func (t *Transport) Sought() (since time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.seats {
		ok = ok || s.placed != t.place
	}
	return t.wished, ok && !t.held
}

// moveTo makes a new place the wish of all decks.
func (t *Transport) moveTo(at time.Time) {
	t.course = course{at: at}
	t.place++
	t.steps = 0
	now := time.Now()
	t.wished = now
	for _, s := range t.seats {
		s.since, s.starving, s.vacant = now, false, false
	}
}

// change does f and lets the decks know.
func (t *Transport) change(f func(now time.Time)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.course.at = t.course.position(now)
	t.course.from = now
	f(now)
	t.steer(now)
}

// steer lets time run or stand from where it is now, as what is wished and what the decks say makes it.
func (t *Transport) steer(now time.Time) {
	c := course{at: t.course.position(now), from: now}
	if t.playing && !t.held && !t.ended() {
		c.rate = t.rate
		if to, ok := t.leap(c.at); ok {
			c.at = to
		}
		waiting := 0
		for _, s := range t.seats {
			if !s.starving && s.placed == t.place {
				continue
			}
			waiting++
			if until := s.since.Add(patience); until.After(c.from) {
				c.from = until
			}
		}
		if waiting > 0 && waiting == len(t.seats) {
			c.rate = 0
		}
	}
	t.course = c
	for _, s := range t.seats {
		s.notify()
	}
}

// ended says whether all decks are where nothing more is recorded.
func (t *Transport) ended() bool {
	for _, s := range t.seats {
		if !s.vacant || !s.until.IsZero() {
			return false
		}
	}
	return len(t.seats) > 0
}

// leap returns where to go on when at is in a gap of all decks that is to be skipped.
func (t *Transport) leap(at time.Time) (to time.Time, ok bool) {
	if !t.skip {
		return to, false
	}
	for _, s := range t.seats {
		if !s.vacant {
			return to, false
		}
		if !s.until.IsZero() && ahead(s.until, at, t.rate) && (!ok || ahead(to, s.until, t.rate)) {
			to, ok = s.until, true
		}
	}
	return to, ok
}

func (t *Transport) abandon() {
	for _, s := range t.seats {
		if s.abandon != nil {
			s.abandon()
		}
	}
}
