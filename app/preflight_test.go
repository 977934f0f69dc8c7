package app

import (
	"errors"
	"image"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPreflight(t *testing.T) {
	plan := Plan{Stream: "gate", Camera: camera("c"), Settings: Settings{Mode: Mode{image.Pt(1280, 720), 30}}}
	for name, tc := range map[string]struct {
		account *fakeAccount
		want    [checkCount]CheckState
		propose Settings
	}{
		"all is well": {&fakeAccount{uplink: 8e6},
			[...]CheckState{CheckPassed, CheckPassed, CheckPassed, CheckPassed, CheckSkipped},
			Settings{Mode: plan.Settings.Mode, KeyInterval: defaultInterval}},
		"a clock a minute ahead": {&fakeAccount{uplink: 8e6, skew: -time.Minute},
			[...]CheckState{CheckPassed, CheckWarns, CheckPassed, CheckPassed, CheckSkipped},
			Settings{Mode: plan.Settings.Mode, KeyInterval: defaultInterval}},
		"a clock an hour behind": {&fakeAccount{uplink: 8e6, skew: time.Hour},
			[...]CheckState{CheckPassed, CheckFailed, CheckPassed, CheckPassed, CheckSkipped},
			Settings{Mode: plan.Settings.Mode, KeyInterval: defaultInterval}},
		"a slow network": {&fakeAccount{uplink: 2e6},
			[...]CheckState{CheckPassed, CheckPassed, CheckWarns, CheckPassed, CheckSkipped},
			Settings{Mode: plan.Settings.Mode, Quality: LowBandwidth, Ceiling: 1_400_000, Adapt: true, KeyInterval: defaultInterval}},
		"wrong keys": {&fakeAccount{uplink: 8e6, owner: func() (string, error) { return "", errExpired }},
			[...]CheckState{CheckFailed, CheckPassed, CheckPassed, CheckPassed, CheckSkipped},
			Settings{Mode: plan.Settings.Mode, KeyInterval: defaultInterval}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tc.account.name = "a"
				a := running(t, Options{Accounts: []Account{tc.account}})
				reports := 0
				got, err := a.Recordings.Preflight(t.Context(), plan, func(p Preflight) {
					reports++
					if p.Done != (p.Why != "") {
						t.Errorf("done is %v with the proposal %q", p.Done, p.Why)
					}
				})
				if err != nil || !got.Done || reports < int(checkCount) {
					t.Fatalf("Preflight: %v, done %v, %d reports", err, got.Done, reports)
				}
				for i, c := range got.Checks {
					if c.Name != CheckName(i) || c.State != tc.want[i] || c.Detail == "" {
						t.Errorf("check %d is %+v, want state %d", i, c, tc.want[i])
					}
				}
				if got.Propose != tc.propose || got.Uplink != tc.account.uplink {
					t.Errorf("of %.0f bit/s up it proposes %+v, want %+v", got.Uplink, got.Propose, tc.propose)
				}
			})
		})
	}
}

func TestPreflightWithoutASpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}, SpoolErr: errors.New("the disk is read-only")})
		got, err := a.Recordings.Preflight(t.Context(), Plan{Stream: "gate", Camera: camera("c")}, nil)
		if c := got.Checks[CheckDisk]; err != nil || c.State != CheckFailed || !strings.Contains(c.Detail, "read-only") {
			t.Errorf("%v, %+v", err, c)
		}
	})
}

// The fake camera has no sound, and none is expected of a camera that is not shown.
func TestPreflightListensToWhatIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a", uplink: 8e6}}})
		c := camera("c")
		a.Recordings.Show(&c, Settings{})
		time.Sleep(time.Second)
		got, err := a.Recordings.Preflight(t.Context(), Plan{Stream: "gate", Camera: c}, nil)
		if level := got.Checks[CheckLevel]; err != nil || level.State != CheckSkipped || level.Detail != "no sound is recorded" {
			t.Errorf("%v, %+v", err, level)
		}
	})
}
