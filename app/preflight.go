package app

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"kinora/media"
)

// Check is one test of a pre-flight.
type Check struct {
	Name   CheckName
	State  CheckState
	Detail string // a sentence with the figure: "8.2 Mb/s up, 2.4 needed"
}

// CheckName names a test.
type CheckName int

// The tests of a pre-flight, in order.
const (
	CheckCredentials CheckName = iota
	CheckClock
	CheckUplink
	CheckDisk
	CheckLevel
	checkCount
)

// CheckState is how a test went.
type CheckState int

// The states of a test.
const (
	CheckRunning CheckState = iota
	CheckPassed
	CheckWarns
	CheckFailed
	CheckSkipped
)

// Preflight is the result of the tests, and what they propose.
type Preflight struct {
	Checks  []Check
	Uplink  float64  // bits a second; 0: not measured
	Propose Settings // quality, ceiling and key interval that fit
	Why     string   // of the proposal, a sentence
	Done    bool
}

const (
	flight   = 10 * time.Second // how long a pre-flight takes at most, but for answers that are on their way
	probing  = 6 * time.Second
	hearing  = 4 * time.Second
	skewOK   = 5 * time.Second
	skewMost = 4 * time.Minute // the service refuses calls at five
	roomOK   = time.Hour
	roomLow  = 15 * time.Minute
)

// Preflight tests credentials, clock, uplink, disk and level side by side for about ten seconds, reporting as it goes, from
// one goroutine at a time. The level is that of what is shown; an uplink over which this stream is recorded is not
// tested. It blocks. The error says why nothing could be tested, or that ctx has ended.
func (r *Recordings) Preflight(ctx context.Context, p Plan, report func(Preflight)) (Preflight, error) {
	acc := r.account()
	if acc == nil {
		return Preflight{}, errNoAccount
	}
	f := &flightTest{r: r, account: acc, plan: p, report: report, result: Preflight{Checks: make([]Check, checkCount), Propose: p.Settings}}
	for i := range f.result.Checks {
		f.result.Checks[i].Name = CheckName(i)
	}
	limited, cancel := context.WithTimeout(ctx, flight)
	defer cancel()
	var tests sync.WaitGroup
	for name, test := range [checkCount]func(context.Context) (CheckState, string){
		CheckCredentials: f.credentials, CheckClock: f.clock, CheckUplink: f.uplink, CheckDisk: f.disk, CheckLevel: f.level,
	} {
		tests.Go(func() {
			state, detail := test(limited)
			f.say(func(p *Preflight) { p.Checks[name].State, p.Checks[name].Detail = state, detail })
		})
	}
	tests.Wait()
	f.say(func(x *Preflight) {
		x.Propose, x.Why = r.propose(p.Settings, x.Uplink)
		x.Done = true
	})
	return f.result, ctx.Err()
}

// flightTest is a pre-flight that is under way.
type flightTest struct {
	r       *Recordings
	account Account
	plan    Plan
	report  func(Preflight)

	mu     sync.Mutex // also while reporting
	result Preflight
}

// say changes the result and reports it.
func (f *flightTest) say(change func(*Preflight)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.result)
	if f.report != nil {
		shown := f.result
		shown.Checks = append([]Check(nil), f.result.Checks...)
		f.report(shown)
	}
}

func (f *flightTest) credentials(ctx context.Context) (CheckState, string) {
	if _, err := f.account.Owner(ctx, f.plan.Stream); err != nil {
		return CheckFailed, err.Error()
	}
	return CheckPassed, fmt.Sprintf("%s knows you and the stream %s", f.account.Name(), f.plan.Stream)
}

func (f *flightTest) clock(ctx context.Context) (CheckState, string) {
	skew, err := f.account.Skew(ctx)
	if err != nil {
		return CheckFailed, err.Error()
	}
	side := "behind"
	if skew < 0 {
		side = "ahead of"
	}
	detail := fmt.Sprintf("this computer's clock is %v %s the service's", skew.Abs().Round(time.Second), side)
	switch {
	case skew.Abs() <= skewOK:
		return CheckPassed, "this computer's clock is right"
	case skew.Abs() <= skewMost:
		return CheckWarns, detail + "; times in the archive will be off by as much"
	}
	return CheckFailed, detail + "; set it, or the service will refuse what is sent"
}

func (f *flightTest) uplink(ctx context.Context) (CheckState, string) {
	if f.r.Active(f.plan.Stream) {
		return CheckSkipped, "the stream is being recorded into; its own upload shows how fast the way is"
	}
	bps, err := f.account.Probe(ctx, f.plan.Stream, probing, func(bps float64) {
		f.say(func(p *Preflight) { p.Checks[CheckUplink].Detail = megabits(bps) + " up so far" })
	})
	if err != nil {
		return CheckFailed, err.Error()
	}
	f.say(func(p *Preflight) { p.Uplink = bps })
	needed := float64(f.r.Bitrate(f.plan.Settings))
	detail := fmt.Sprintf("%s up, %s needed", megabits(bps), megabits(needed))
	switch {
	case bps < needed:
		return CheckWarns, detail + "; the recording is kept on this disk and sent later"
	case bps*headroom < needed:
		return CheckWarns, detail + "; it will do if nothing else is sent"
	}
	return CheckPassed, detail
}

func (f *flightTest) disk(context.Context) (CheckState, string) {
	if f.r.o.Spool == nil {
		return CheckFailed, cmp.Or(f.r.o.SpoolErr, errNoSpool).Error()
	}
	left := room(f.r.o.Spool.Usage(), f.r.settings.Get().MaxBytes, float64(f.r.Bitrate(f.plan.Settings)))
	detail := fmt.Sprintf("room for %s without a network", inHours(left))
	switch {
	case left < roomLow:
		return CheckFailed, detail + "; free some space first"
	case left < roomOK:
		return CheckWarns, detail
	}
	return CheckPassed, detail
}

// level listens to what is shown for some seconds.
func (f *flightTest) level(ctx context.Context) (CheckState, string) {
	const silent, clipping = -55, -0.5 // dBFS
	ctx, cancel := context.WithTimeout(ctx, hearing)
	defer cancel()
	tick := time.NewTicker(glances)
	defer tick.Stop()
	loudest, sound := math.Inf(-1), false
	for {
		shown := f.r.shown.Get()
		if shown.Camera.ID != f.plan.Camera.ID || shown.Player == nil {
			return CheckSkipped, "the camera is not open"
		}
		if _, ok := media.AudioTrack(shown.State.Tracks); ok {
			sound, loudest = true, max(loudest, shown.State.Peak)
		}
		select {
		case <-ctx.Done():
			switch {
			case !sound:
				return CheckSkipped, "no sound is recorded"
			case loudest < silent:
				return CheckWarns, "nothing is to be heard; check the microphone"
			case loudest > clipping:
				return CheckWarns, "the sound is too loud and distorted; turn the microphone down"
			}
			return CheckPassed, fmt.Sprintf("the loudest sound was at %.0f dB", loudest)
		case <-tick.C:
		}
	}
}
