package ui

import (
	"slices"

	"kinora/app"
)

// The phases of the source that is open, as far as windows tell them apart.
type intakePhase int

const (
	intakeOpening intakePhase = iota
	intakeRunning
	intakeReopening
	intakeBroken
)

// phaseOf reads the phase from what a source says of itself.
func phaseOf(st app.IntakeState) intakePhase {
	switch {
	case st.Err != nil && !st.NextTry.IsZero():
		return intakeReopening
	case st.Err != nil:
		return intakeBroken
	case len(st.Tracks) > 0:
		return intakeRunning
	default:
		return intakeOpening
	}
}

// target is the recording into the stream that the Record page is about, when one runs.
func (m *model) target() (app.Recording, bool) {
	rec, ok := m.recording(m.plan.Stream)
	return rec, ok && !rec.Ended
}

// intake is what comes in from the camera that is recorded into the target stream, or else from the one that is shown.
func (m *model) intake() app.IntakeState {
	if rec, ok := m.target(); ok {
		return rec.Source
	}
	return m.preview.State
}

// take is the newest take of the target stream: the one that is recorded, or the last.
func (m *model) take() (app.Take, bool) {
	if m.account == nil {
		return app.Take{}, false
	}
	i := slices.IndexFunc(m.takes, func(t app.Take) bool {
		return t.Here && t.Stream == m.plan.Stream && t.Account == m.account.Name()
	})
	if i < 0 {
		return app.Take{}, false
	}
	return m.takes[i], true
}

// uploads counts the streams for which something waits on this computer.
func (m *model) uploads() int {
	streams := map[[2]string]bool{}
	for _, t := range m.takes {
		if t.Figures.Fragments > 0 {
			streams[[2]string{t.Account, t.Stream}] = true
		}
	}
	return len(streams)
}

// signedOut reports whether an upload waits for a person to sign in.
func signedOut(st app.UploadState) bool {
	return st.Err != nil && st.Class == app.SignInAgain
}
