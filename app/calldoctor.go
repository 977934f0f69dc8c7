package app

import "time"

// Diagnosis says of a call what kept it from being made, or made it slow.
type Diagnosis struct {
	Ill    bool      // it failed, or a stage was slow; otherwise there is nothing to say
	Failed bool      // it came to no picture, or to its end
	Stage  StageName // that failed, or was the slowest beyond what is usual
	Took   time.Duration
	Fault  Fault // of one that failed
	Unlent bool  // no TURN server could be had, so that only direct ways were tried
}

// usual is how long a stage takes at most where all is well, also across the world.
var usual = [stagesEnd]time.Duration{
	StageDescribe: time.Second, StageEndpoint: time.Second, StageServers: time.Second, StageSignaling: 2 * time.Second, StageOffer: time.Second,
	StageAnswer: 2 * time.Second, StageWay: 2 * time.Second, StageSecured: time.Second, StagePacket: time.Second, StagePicture: 1500 * time.Millisecond,
}

// Diagnose looks at the stages of a call at a moment.
func Diagnose(c Call, now time.Time) Diagnosis {
	d := Diagnosis{Fault: c.Fault}
	for _, s := range c.Stages {
		d.Unlent = d.Unlent || s.Name == StageServers && s.Err != nil
	}
	switch c.Phase {
	case NoCall, CallEnded:
		return Diagnosis{}
	case CallFailed:
		d.Ill, d.Failed = true, true
		d.Stage = failedStage(c)
		return d
	}
	worst := time.Duration(0)
	for _, s := range c.Stages {
		if beyond := s.Took(now) - usual[s.Name]; beyond > worst {
			worst = beyond
			d.Ill, d.Stage, d.Took = true, s.Name, s.Took(now)
		}
	}
	return d
}

// failedStage is the stage at which a call that failed was stopped: the one that its error belongs to, or else the first that was
// never reached; after all of them the picture.
func failedStage(c Call) StageName {
	switch c.Fault.Kind {
	case FaultNoMaster, FaultForeign:
		return StageAnswer
	case FaultNoWay:
		return StageWay
	case FaultLost, FaultHungUp:
		return StagePicture
	case FaultViewerLimit:
		return StageSignaling
	}
	if name, ok := stageOfCall[c.Fault.Action]; ok {
		return name
	}
	if c.Fault.Action == "ConnectAsViewer" {
		return StageSignaling
	}
	for _, s := range c.Stages {
		if s.Name != StageServers && s.Ended.IsZero() {
			return s.Name
		}
	}
	return StagePicture
}
