package app

import "time"

// CallQuality is how good a call is, in a word.
type CallQuality int

// The qualities of a call.
const (
	CallUnrated CallQuality = iota // too young to tell, or there is no picture
	CallGood
	CallFair
	CallPoor
)

// CallReason is why a call is not better.
type CallReason int

// The reasons.
const (
	ReasonNone   CallReason = iota
	ReasonLost              // the way is lost and looked for
	ReasonFrozen            // the picture stood still
	ReasonLoss              // packets are lost for good
	ReasonDelay             // the round trip is long
	ReasonJitter            // packets come unevenly
	ReasonRelay             // it goes by a TURN server
	ReasonLate              // this computer does not keep up
	ReasonStill             // the picture stands still, see Figures.Still
)

// CallStats is how a call did over the last ten seconds.
type CallStats struct {
	Figures
	Span    time.Duration // that the next are about; zero: not known yet
	Loss    float64       // of packets that were given up, 0 to 1
	Again   float64       // of packets that had to be sent again, 0 to 1
	Bitrate float64       // bits a second
	FPS     float64
	Stood   time.Duration // how long the picture stood still, until now if it does
	Missed  uint64        // frames that this computer was too slow for
	Away    bool          // the way is lost
}

// standing is how long a picture stands until that is said: what is shorter is over before it is read.
const standing = 500 * time.Millisecond

// Assess says in a word how good a call is, and why it is not better. The bounds are what a person notices: a picture that stands,
// smears after loss, and half a second to an answer.
func Assess(s CallStats) (CallQuality, CallReason) {
	stood := float64(s.Stood) / float64(max(s.Span, 1))
	lost := s.Loss
	switch {
	case s.Away:
		return CallPoor, ReasonLost
	case s.Span == 0 || s.Packets == 0:
		return CallUnrated, ReasonNone
	case s.Standing >= standing && (s.Still == NoPictures || s.Still == SoundAlone):
		return CallFair, ReasonStill // the other side may want it so
	case s.Standing >= standing:
		return CallPoor, ReasonStill
	case stood > 0.1:
		return CallPoor, ReasonFrozen
	case lost > 0.02:
		return CallPoor, ReasonLoss
	case s.RoundTrip > 500*time.Millisecond:
		return CallPoor, ReasonDelay
	case s.Missed > 0:
		return CallFair, ReasonLate
	case s.Stood > 0:
		return CallFair, ReasonFrozen
	case lost > 0 || s.Again > 0.02:
		return CallFair, ReasonLoss
	case s.RoundTrip > 200*time.Millisecond:
		return CallFair, ReasonDelay
	case s.Jitter > 40*time.Millisecond:
		return CallFair, ReasonJitter
	case s.Relayed:
		return CallGood, ReasonRelay
	}
	return CallGood, ReasonNone
}

const (
	statsSpan  = 10 * time.Second // how far CallStats look back
	statsEvery = time.Second      // between two figures that are kept
)

// sampled are Figures of a moment.
type sampled struct {
	at time.Time
	Figures
}

// history makes stats of the figures of the last seconds. The zero value is ready.
type history struct{ samples []sampled }

// add takes the figures of a moment. They take the place of the last ones until those are to be kept; old ones are forgotten, and
// those from before the first packet.
func (h *history) add(at time.Time, f Figures) {
	if n := len(h.samples); n > 1 && h.samples[n-1].at.Sub(h.samples[n-2].at) < statsEvery {
		h.samples = h.samples[:n-1]
	}
	h.samples = append(h.samples, sampled{at, f})
	first := 0
	for first < len(h.samples)-1 && (at.Sub(h.samples[first].at) > statsSpan || h.samples[first].Packets == 0) {
		first++
	}
	h.samples = append(h.samples[:0], h.samples[first:]...)
}

// stats is how the call did.
func (h *history) stats() CallStats {
	if len(h.samples) == 0 {
		return CallStats{}
	}
	old, now := h.samples[0], h.samples[len(h.samples)-1]
	s := CallStats{Figures: now.Figures, Span: now.at.Sub(old.at)}
	if s.Span <= 0 || old.Packets == 0 {
		s.Span = 0
		return s
	}
	seconds := s.Span.Seconds()
	if sent := float64(now.Packets - old.Packets + now.Lost - old.Lost); sent > 0 {
		s.Loss = float64(now.Lost-old.Lost) / sent
		s.Again = float64(now.Recovered-old.Recovered) / sent
	}
	s.Bitrate = float64(now.Bytes-old.Bytes) * 8 / seconds
	s.FPS = float64(now.Frames-old.Frames) / seconds
	s.Stood = now.Frozen - old.Frozen
	s.Missed = now.Dropped - old.Dropped
	return s
}
