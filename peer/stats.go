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
	Freezes                         uint64        // pauses of the picture that can be seen
	Frozen                          time.Duration // all of them together
	KeyFramesAsked                  uint64
	Dropped                         uint64 // frames that nobody read in time
}

func (s *source) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

// begun takes note of a packet of the picture before there was one.
func (s *source) begun(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first.IsZero() {
		s.first = now
	}
}

// note takes over what jitter has counted.
func (s *source) note(j *jitter, k media.Kind) {
	if k != media.Video {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Packets, s.stats.Lost, s.stats.Recovered, s.stats.Asked, s.stats.Bytes = j.received, j.lost, j.recovered, j.requested, j.bytes
}

// way returns whether a connection is relayed, and its round trip; ok is false when there is none.
func way(pc *webrtc.PeerConnection) (relayed bool, rtt time.Duration, ok bool) {
	sctp := pc.SCTP()
	if sctp == nil || sctp.Transport() == nil {
		return false, 0, false
	}
	ice := sctp.Transport().ICETransport()
	pair, err := ice.GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return false, 0, false
	}
	relayed = pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay
	if s, ok := ice.GetSelectedCandidatePairStats(); ok {
		rtt = time.Duration(s.CurrentRoundTripTime * float64(time.Second))
	}
	return relayed, rtt, true
}
