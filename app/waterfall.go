package app

import "time"

// StageName is one of the stages from a click to a picture.
type StageName int

// The stages. The first four run side by side, as far as one does not need what another has found.
const (
	StageDescribe  StageName = iota // what the channel is
	StageEndpoint                   // where its services are
	StageServers                    // TURN servers
	StageSignaling                  // the WebSocket
	StageOffer
	StageAnswer
	StageWay     // ICE
	StageSecured // DTLS
	StagePacket
	StagePicture
	stagesEnd
)

// CallStage is one of the stages of a call. The zero Began: it has not begun. The zero Ended: it goes on.
type CallStage struct {
	Name         StageName
	Began, Ended time.Time
	Err          error // why it failed
}

// Took is how long the stage took, up to now when it goes on.
func (s CallStage) Took(now time.Time) time.Duration {
	switch {
	case s.Began.IsZero():
		return 0
	case s.Ended.IsZero():
		return now.Sub(s.Began)
	}
	return s.Ended.Sub(s.Began)
}

var stageOfCall = map[string]StageName{
	"DescribeSignalingChannel": StageDescribe, "GetSignalingChannelEndpoint": StageEndpoint, "GetIceServerConfig": StageServers,
}

// waterfall tells the moments of a call as stages, in their order: of each when it began, which is when the last thing that it
// needs was there. What was remembered from an earlier call, and so not asked for, is left out.
func waterfall(began time.Time, p Progress, picture time.Time) []CallStage {
	var stages [stagesEnd]CallStage
	for i := range stages {
		stages[i].Name = StageName(i)
	}
	for _, c := range p.Calls {
		if name, ok := stageOfCall[c.Name]; ok {
			stages[name] = CallStage{name, c.Began, c.Ended, c.Err}
		}
	}
	known := latest(began, stages[StageDescribe].Ended, stages[StageEndpoint].Ended)
	step := func(name StageName, from, to time.Time) {
		if !to.IsZero() && from.After(to) {
			from = to // packets may overtake each other
		}
		stages[name].Began, stages[name].Ended = from, to
	}
	step(StageSignaling, known, p.Signaling)
	if p.Signaling.IsZero() { // lost later, it is missed by nobody
		stages[StageSignaling].Err = p.Unheard
	}
	last := time.Time{}
	if !p.Signaling.IsZero() {
		last = latest(p.Signaling, stages[StageServers].Ended)
	}
	for _, next := range []struct {
		name StageName
		at   time.Time
	}{{StageOffer, p.Offered}, {StageAnswer, p.Answered}, {StageWay, p.Connected}, {StageSecured, p.Secured}, {StagePacket, p.Packet}, {StagePicture, picture}} {
		step(next.name, last, next.at)
		last = next.at
	}
	all := make([]CallStage, 0, stagesEnd)
	for _, s := range stages {
		if asked := s.Name <= StageServers; asked && s.Began.IsZero() && !p.Signaling.IsZero() {
			continue
		}
		all = append(all, s)
	}
	return all
}

// latest is the last of some times.
func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}
