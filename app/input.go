package app

import (
	"context"

	"kinora/recorder"
)

// input is a source that is open: for the preview, for a recording, or for both.
type input struct {
	camera    Camera
	settings  Settings
	telemetry string
	intake    *recorder.Intake
	start     chan struct{} // closed when it may be opened
	end       context.CancelFunc
	done      chan struct{} // closed when the source is closed
	err       error         // why it ended; to be read once done is closed

	shown, recorded bool // who uses it; guarded by Recordings.mu
	borrowed        bool // what it gives comes from an offer that has the camera open; likewise guarded
}

// input returns a source that opens once start is closed. One that nobody uses any more is closed first, when it is the
// same device: most can be open once only. r.mu is held.
func (r *Recordings) input(c Camera, s Settings, telemetry string) *input {
	ctx, end := context.WithCancel(context.Background())
	in := &input{camera: c, settings: s, telemetry: telemetry, start: make(chan struct{}), end: end, done: make(chan struct{})}
	open := r.instead(in, c.opener(s))
	if telemetry != "" && r.o.Telemetry != nil {
		open = r.o.Telemetry(open, telemetry)
	}
	in.intake = recorder.NewIntake(recorder.IntakeOptions{
		Open: open, Retry: openedAgain(c), FragmentLength: s.KeyInterval, Patient: c.Archive, Log: r.log.With("camera", c.Name),
	})
	before := r.inputs[c.ID]
	if before != nil && (before.shown || before.recorded) {
		before = nil
	}
	r.inputs[c.ID] = in
	r.running.Go(func() {
		defer end()
		wait(ctx, in.start)
		if before != nil {
			wait(ctx, before.done)
		}
		in.err = in.intake.Run(ctx)
		close(in.done)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.inputs[c.ID] == in {
			delete(r.inputs, c.ID)
		}
	})
	return in
}

// wait returns when c is closed or ctx ends.
func wait(ctx context.Context, c <-chan struct{}) {
	select {
	case <-c:
	case <-ctx.Done():
	}
}

// leave closes an input that nobody uses any more. r.mu is held.
func (in *input) leave() {
	if !in.shown && !in.recorded {
		in.end()
	}
}

// over reports whether the source has ended.
func (in *input) over() bool {
	select {
	case <-in.done:
		return true
	default:
		return false
	}
}
