package app

import (
	"errors"
	"testing"
	"time"
)

func TestDiagnosis(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	fine := Progress{
		Calls:     []ServiceCall{{Name: "DescribeSignalingChannel", Began: at(0), Ended: at(10)}, {Name: "GetIceServerConfig", Began: at(10), Ended: at(30)}},
		Signaling: at(40), Offered: at(50), Answered: at(80), Connected: at(100), Secured: at(120), Packet: at(130),
	}
	for name, tt := range map[string]struct {
		change  func(p *Progress)
		phase   CallPhase
		picture int // ms; 0: none
		fault   Fault
		now     int
		want    Diagnosis
	}{
		"all is well": {phase: CallConnected, picture: 200, now: 60_000},
		"hung up":     {phase: CallEnded, now: 60_000},
		"just begun":  {phase: CallConnecting, change: func(p *Progress) { *p = Progress{} }, now: 300},
		"no master": {phase: CallFailed, change: func(p *Progress) {
			p.Answered, p.Connected, p.Secured, p.Packet = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		}, fault: Fault{Kind: FaultNoMaster}, now: 15_050, want: Diagnosis{Ill: true, Failed: true, Stage: StageAnswer, Fault: Fault{Kind: FaultNoMaster}}},
		"waits for long": {phase: CallConnecting, change: func(p *Progress) {
			p.Answered, p.Connected, p.Secured, p.Packet = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		}, now: 5050, want: Diagnosis{Ill: true, Stage: StageAnswer, Took: 5 * time.Second}},
		"no way, and no TURN": {phase: CallFailed, change: func(p *Progress) {
			p.Connected, p.Secured, p.Packet = time.Time{}, time.Time{}, time.Time{}
			p.Calls[1].Err = errors.New("refused")
		}, fault: Fault{Kind: FaultNoWay}, now: 30_000, want: Diagnosis{Ill: true, Failed: true, Stage: StageWay, Fault: Fault{Kind: FaultNoWay}, Unlent: true}},
		"not permitted":     {phase: CallFailed, change: func(p *Progress) { *p = Progress{} }, fault: Fault{Kind: FaultForbidden, Action: "GetSignalingChannelEndpoint"}, now: 50, want: Diagnosis{Ill: true, Failed: true, Stage: StageEndpoint, Fault: Fault{Kind: FaultForbidden, Action: "GetSignalingChannelEndpoint"}}},
		"refused":           {phase: CallFailed, change: func(p *Progress) { *p = Progress{} }, fault: Fault{Kind: FaultSignedOut, Action: "ConnectAsViewer"}, now: 50, want: Diagnosis{Ill: true, Failed: true, Stage: StageSignaling, Fault: Fault{Kind: FaultSignedOut, Action: "ConnectAsViewer"}}},
		"too many viewers":  {phase: CallFailed, change: func(p *Progress) { *p = Progress{} }, fault: Fault{Kind: FaultViewerLimit}, now: 50, want: Diagnosis{Ill: true, Failed: true, Stage: StageSignaling, Fault: Fault{Kind: FaultViewerLimit}}},
		"broke off":         {phase: CallFailed, picture: 200, fault: Fault{Kind: FaultLost}, now: 90_000, want: Diagnosis{Ill: true, Failed: true, Stage: StagePicture, Fault: Fault{Kind: FaultLost}}},
		"hung up there":     {phase: CallFailed, picture: 200, fault: Fault{Kind: FaultHungUp}, now: 90_000, want: Diagnosis{Ill: true, Failed: true, Stage: StagePicture, Fault: Fault{Kind: FaultHungUp}}},
		"not understood":    {phase: CallFailed, change: func(p *Progress) { p.Answered = time.Time{} }, fault: Fault{Kind: FaultForeign}, now: 500, want: Diagnosis{Ill: true, Failed: true, Stage: StageAnswer, Fault: Fault{Kind: FaultForeign}}},
		"anything":          {phase: CallFailed, change: func(p *Progress) { p.Secured, p.Packet = time.Time{}, time.Time{} }, now: 90_000, want: Diagnosis{Ill: true, Failed: true, Stage: StageSecured}},
		"slow to say hello": {phase: CallConnected, picture: 9200, change: func(p *Progress) { p.Secured, p.Packet = at(9000), at(9100) }, now: 10_000, want: Diagnosis{Ill: true, Stage: StageSecured, Took: 8900 * time.Millisecond}},
		"no key frame":      {phase: CallConnected, now: 5130, want: Diagnosis{Ill: true, Stage: StagePicture, Took: 5 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			p := fine
			p.Calls = append([]ServiceCall(nil), fine.Calls...)
			if tt.change != nil {
				tt.change(&p)
			}
			picture := time.Time{}
			if tt.picture > 0 {
				picture = at(tt.picture)
			}
			c := Call{Phase: tt.phase, Fault: tt.fault, Stages: waterfall(began, p, picture)}
			if got := Diagnose(c, at(tt.now)); got != tt.want {
				t.Errorf("diagnosis %+v, want %+v", got, tt.want)
			}
		})
	}
}
