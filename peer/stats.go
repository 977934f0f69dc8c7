package peer

import (
	"time"

	"github.com/pion/webrtc/v4"

	"kinora/media"
)

// Stats is what is known of a call.
type Stats struct {
	Relayed   bool          // by a TURN server
	RoundTrip time.Duration // zero: not known yet
	Jitter    time.Duration // of the picture's frames, as RFC 3550 reckons it
	Restarts  int           // of the way to the other side

	Packets, Lost, Recovered, Asked uint64 // of the picture: received, given up, come after they were asked for, requests
	Bytes                           uint64 // of the picture
	Frames                          uint64
	Freezes                         uint64        // pauses of the picture that can be seen, with the one that lasts
	Frozen                          time.Duration // all of them together
	Standing                        time.Duration // how long the picture stands still by now; zero: it moves, or there was none yet
	Still                           Standstill    // why
	KeyFramesAsked                  uint64
	Dropped                         uint64 // frames that nobody read in time
}

func (s *source) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

// figures returns what is known at a moment, with a pause that lasts.
func (s *source) figures(now time.Time) Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.stats
	if d := s.pace.pause(now); d > 0 && s.err == nil {
		known.Standing, known.Still = d, s.pace.why(now)
		if s.pace.usual > 0 {
			known.Freezes++
			known.Frozen += d
		}
	}
	return known
}

// arrived takes note of a packet.
func (s *source) arrived(k media.Kind, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.came(k, now)
	if k == media.Video && s.first.IsZero() {
		s.first = now
	}
}

// answered takes note of an answer on the way to the other side.
func (s *source) answered(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.answer = now
}

// tear takes note of whether nothing can be decoded before a key frame.
func (s *source) tear(torn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.torn = torn
}

// paced takes note of a picture that is whole now, and whose last packet arrived a little earlier. Jitter is how unevenly those come,
// against the times that the pictures were captured at.
func (s *source) paced(arrived, now time.Time, ts uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pace.last.IsZero() {
		late := arrived.Sub(s.pictured) - time.Duration(int32(ts-s.captured))*time.Second/90000
		s.stats.Frames++
		s.stats.Jitter += (min(late.Abs(), time.Second) - s.stats.Jitter) / 16
	}
	if d := s.pace.picture(now); d > 0 {
		s.stats.Freezes++
		s.stats.Frozen += d
	}
	s.pictured, s.captured = arrived, ts
}

// note takes over what the picture's jitter has counted.
func (s *source) note(j *jitter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Packets, s.stats.Lost, s.stats.Recovered, s.stats.Asked, s.stats.Bytes = j.received, j.lost, j.recovered, j.requested, j.bytes
}

// route is the way to the other side.
type route struct {
	relayed bool
	rtt     time.Duration
	answers uint64 // on it
}

// way returns the way of a connection; ok is false when there is none. Before the first one is found nothing else is looked at, which
// is being made then.
func way(pc *webrtc.PeerConnection) (r route, ok bool) {
	if s := pc.ICEConnectionState(); s == webrtc.ICEConnectionStateNew || s == webrtc.ICEConnectionStateChecking {
		return route{}, false
	}
	sctp := pc.SCTP()
	if sctp == nil || sctp.Transport() == nil {
		return route{}, false
	}
	ice := sctp.Transport().ICETransport()
	pair, err := ice.GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return route{}, false
	}
	r.relayed = pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay
	if s, ok := ice.GetSelectedCandidatePairStats(); ok {
		r.rtt, r.answers = time.Duration(s.CurrentRoundTripTime*float64(time.Second)), s.ResponsesReceived
	}
	return r, true
}
