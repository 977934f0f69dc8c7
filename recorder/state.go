package recorder

import "time"

// Phase says what a recorder is doing.
type Phase int

const (
	Idle         Phase = iota // Run was not called yet
	Connecting                // nothing was acknowledged so far
	Recording                 // the service acknowledges what is sent
	Reconnecting              // the connection failed; Err says why
	Finishing                 // the source has ended; the last acknowledgements are awaited
	Ended                     // all is safe
	Failed                    // Run has returned the error Err
)

// String returns the phase in one word.
func (p Phase) String() string {
	return [...]string{"idle", "connecting", "recording", "reconnecting", "finishing", "ended", "failed"}[p]
}

// State is a snapshot. Durations are media time, counted from the beginning of the recording, gaps left out.
type State struct {
	Phase     Phase
	Started   time.Time     // when Run began
	Captured  time.Duration // taken from the source
	Sent      time.Duration // given to the network at least once
	Persisted time.Duration // safe with the service, by Options.AckLevel
	Backlog   int           // bytes in memory that are not safe yet
	Dropped   int           // fragments that were lost: no memory left, or the service refused them
	Skipped   int           // frames that could not be recorded, such as those before the first key frame
	Bitrate   float64       // bits a second of the last whole fragment
	Err       error         // why the connection failed last; nil once the service acknowledges again
}

// State returns what the recorder is doing. It is cheap and may be called from any goroutine.
func (r *Recorder) State() State {
	s := r.backlog.state()
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Phase, s.Started, s.Err = r.phase, r.began, r.err
	return s
}

func (r *Recorder) setPhase(p Phase) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase = p
}

// note remembers why a connection failed.
func (r *Recorder) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	if r.phase == Recording {
		r.phase = Reconnecting
	}
}

// alive notes that the service acknowledges.
func (r *Recorder) alive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = nil
	if r.phase == Connecting || r.phase == Reconnecting {
		r.phase = Recording
	}
}

func (r *Recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase, r.err = Failed, err
}

// because returns the last failure as the end of a sentence.
func (r *Recorder) because() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		return ""
	}
	return ": " + r.err.Error()
}
