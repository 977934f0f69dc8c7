package ffmpeg

/*
#include <stdint.h>
#include <time.h>

// Linux stops its monotonic clock while the machine sleeps; elsewhere that goes on.
#ifdef CLOCK_BOOTTIME
#define STEADY CLOCK_BOOTTIME
#else
#define STEADY CLOCK_MONOTONIC
#endif

static int64_t steady(void)
{
	struct timespec t;
	clock_gettime(STEADY, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
*/
import "C"

import "time"

// clock counts media time: evenly, whatever somebody does to the computer's wall clock meanwhile, and through its sleep.
// Its value is what the steady clock said at media time zero.
type clock time.Duration

// startClock begins at an epoch, which is cut to milliseconds, the unit of times in fragments.
func startClock() (epoch time.Time, c clock) {
	return time.Now().Truncate(time.Millisecond), clock(steady())
}

func (c clock) now() time.Duration { return steady() - time.Duration(c) }

// at is the media time of a moment.
func (c clock) at(moment time.Duration) time.Duration { return moment - time.Duration(c) }

func steady() time.Duration { return time.Duration(C.steady()) }

// stamps turns times by the wall clock, since 1970, into media times. A wall clock that is set in between changes what
// the times count from, at some frame: those before it still count from the old.
type stamps struct {
	zero time.Duration // media time zero by the wall clock
}

// A wall clock that is off by less was slewed, not set.
const clockStep = 50 * time.Millisecond

// media gives the media time of a frame, when it is now by the wall clock and in media time. Of two readings of a time
// the one nearer to the present is right.
func (s *stamps) media(own, wall, now time.Duration) time.Duration {
	zero := wall - now
	if (zero-s.zero).Abs() > clockStep && (own-zero-now).Abs() < (own-s.zero-now).Abs() {
		s.zero = zero
	}
	return own - s.zero
}
