package app

import (
	"errors"
	"testing"
	"time"
)

func TestWaterfallBeginsWithWhatAStageNeeds(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	failed := errors.New("refused")
	p := Progress{
		Calls: []ServiceCall{
			{Name: "DescribeSignalingChannel", Began: at(0), Ended: at(10)},
			{Name: "GetSignalingChannelEndpoint", Began: at(10), Ended: at(25)},
			{Name: "GetIceServerConfig", Began: at(25), Ended: at(60), Err: failed},
		},
		Signaling: at(40), Offered: at(65), Answered: at(90), Connected: at(120), Secured: at(150), Packet: at(140),
	}
	want := map[StageName][2]int{StageDescribe: {0, 10}, StageEndpoint: {10, 25}, StageServers: {25, 60}, StageSignaling: {25, 40}, StageOffer: {60, 65},
		StageAnswer: {65, 90}, StageWay: {90, 120}, StageSecured: {120, 150}, StagePacket: {140, 140}, StagePicture: {140, 200}}
	stages := waterfall(began, p, at(200))
	if len(stages) != len(want) {
		t.Fatalf("stages %+v", stages)
	}
	for i, s := range stages {
		if w := want[s.Name]; s.Name != StageName(i) || !s.Began.Equal(at(w[0])) || !s.Ended.Equal(at(w[1])) || (s.Err == failed) != (s.Name == StageServers) {
			t.Errorf("stage %d from %v to %v, want %v", s.Name, s.Began.Sub(began), s.Ended.Sub(began), w)
		}
	}
}

func TestWaterfallOfACallThatIsBeingMade(t *testing.T) {
	began := time.Unix(1000, 0)
	stages := waterfall(began, Progress{}, time.Time{})
	if s := stages[StageSignaling]; !s.Began.Equal(began) || !s.Ended.IsZero() || s.Took(began.Add(time.Second)) != time.Second {
		t.Errorf("signaling %+v", s)
	}
	away := errors.New("away")
	if s := waterfall(began, Progress{Unheard: away}, time.Time{})[StageSignaling]; s.Err != away {
		t.Errorf("signaling that is not reached: %+v", s)
	}
	for _, s := range waterfall(began, Progress{Signaling: began.Add(time.Second), Unheard: away}, time.Time{}) {
		if s.Err != nil {
			t.Errorf("signaling that was reached and lost: %+v", s)
		}
	}
	if s := stages[StageOffer]; !s.Began.IsZero() || s.Took(began.Add(time.Second)) != 0 {
		t.Errorf("an offer before signaling: %+v", s)
	}
	// What is remembered is not asked for: there is no stage of it once the next has been reached.
	for _, s := range waterfall(began, Progress{Signaling: began.Add(time.Second)}, time.Time{}) {
		if s.Name <= StageServers {
			t.Errorf("stage %d is told, but was left out", s.Name)
		}
	}
}
