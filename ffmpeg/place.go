package ffmpeg

import (
	"context"
	"errors"
	"time"

	"github.com/asticode/go-astiav"
)

// errOld: a frame is from before the capture began.
var errOld = errors.New("too old")

// aheadLimit is how far what an address sends may come before its time. What is cut into files, as HLS is, comes in bursts.
const aheadLimit = time.Minute

// schedule says at which media time a frame of the input's own time ts belongs, and waits for it where the input is paced.
func (in *input) schedule(ctx context.Context, s *stream, ts int64, length time.Duration) (time.Duration, error) {
	at := in.place(s, ts)
	if at < in.from && s.coded == nil && !in.owed { // what is coded may count from before zero: its pictures come later
		return 0, errOld
	}
	to, jumped := in.jump(s, at)
	if jumped {
		s.shift += to - at
		at = to
		in.discontinue()
	}
	if s == in.streams[0] && s.coded == nil && in.device() {
		gap := at - s.next
		if jumped || s.next == 0 {
			gap = 0
		}
		in.missed.frame(gap, length, in.clock.now())
	}
	if in.paced {
		late, err := pace(ctx, in.clock.now(), at-s.lead)
		if err != nil {
			return 0, err
		}
		if late > lagLimit {
			if s == in.streams[0] {
				in.missed.late(late, length, in.clock.now())
			}
			switch {
			case in.Graph == nil:
				in.offset += late
				at += late
				in.discontinue()
			case !in.owed:
				return 0, errLate // its picture of the time would be old
			}
		}
	}
	in.owed = false
	s.next = at + length
	in.end = max(in.end, s.next)
	return at, nil
}

// jump says where a frame belongs whose time has jumped: the device's clock was set, or the times of a file, where paced,
// are not one line. Each stream comes to that place at its own time.
func (in *input) jump(s *stream, at time.Duration) (to time.Duration, jumped bool) {
	switch {
	case s.next-at > lagLimit:
	case in.paced:
		jumped = in.end > 0 && at-in.end > patience
		return s.next, jumped
	case in.address():
		ahead := at - in.clock.now()
		if ahead < aheadLimit && (s.next == 0 || at-s.next < patience || ahead < patience) {
			return at, false
		}
	default:
		return at, false
	}
	if in.address() {
		return max(s.next, in.clock.now()), true
	}
	return s.next, true
}

// place is a time of the input's own on the capture's timeline.
func (in *input) place(s *stream, ts int64) time.Duration {
	if in.untimed {
		return in.clock.now()
	}
	if ts == astiav.NoPtsValue {
		return in.end
	}
	own := duration(ts, s.base)
	if !in.placed {
		in.placed = true
		in.findBase(own)
	}
	if in.stamped {
		return in.stamps.media(own, time.Duration(time.Now().UnixNano()), in.clock.now()) + s.shift
	}
	return own - in.base + in.offset + s.shift
}

// findBase says which of the input's own times the offset stands for, given the first it has shown. Generated inputs
// start at zero. Capture devices tell the wall clock. Everything else begins with its first frame.
func (in *input) findBase(own time.Duration) {
	in.stamped, in.base = false, 0
	if in.Graph != nil {
		return
	}
	if !in.paced {
		wall := time.Duration(time.Now().UnixNano())
		if (wall - own).Abs() < time.Hour {
			in.stamped, in.stamps = true, stamps{wall - in.clock.now()}
			return
		}
	}
	if start := in.format.StartTime(); start != astiav.NoPtsValue {
		own = min(own, duration(start, astiav.TimeBaseQ))
	}
	in.base = own
}

// duration converts a count of FFmpeg's time units.
func duration(ts int64, unit astiav.Rational) time.Duration {
	n, den := ts*int64(unit.Num()), int64(unit.Den())
	return time.Duration(n/den)*time.Second + time.Duration(n%den*int64(time.Second)/den)
}

// length is how long a frame lasts, for a picture at the nominal rate.
func (s *stream) length(f *astiav.Frame) time.Duration {
	if f != nil && f.NbSamples() > 0 {
		return time.Duration(f.NbSamples()) * time.Second / time.Duration(f.SampleRate())
	}
	return time.Duration(float64(time.Second) / s.rate)
}
