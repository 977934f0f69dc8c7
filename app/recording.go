package app

import (
	"cmp"
	"context"
	"errors"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

// Plan is a recording as it is asked for.
type Plan struct {
	Stream               string
	Camera               Camera
	Settings             Settings
	Name, Operator, Note string
	Telemetry            string // a telemetry source such as udp::5555; empty: none
}

// MarkerTag is the tag of a fragment during which the marker was pressed; its value is the label.
const MarkerTag = "KINORA_MARKER"

// beginAgain is the pause between two attempts to begin a take on a disk that is full or cannot be written.
const beginAgain = 5 * time.Second

// entry is a recording on the list. Its upper fields do not change, but for recording; that and the lower ones are
// guarded by Recordings.mu.
type entry struct {
	recording Recording // without figures
	plan      Plan
	account   Account
	target    spool.Target
	input     *input
	shared    bool // the input was open before, for the preview
	stop      context.CancelFunc
	done      chan struct{} // closed when all that was recorded is safe on this disk

	take    *spool.Take     // nil until the spool has begun it
	trouble error           // why it has not
	adapter *upload.Adapter // nil until the bitrate follows the network
}

// wrong is what keeps the recording from being as it should, as far as the camera and the disk are concerned.
func (e *entry) wrong(s IntakeState) error { return cmp.Or(e.trouble, s.Err, s.Full, s.Trouble) }

// Begin records into a stream of the chosen account until Stop, the camera's proper end, or an error that no further
// attempt can mend. A camera that Show has open goes on, and is recorded from its next key frame; any other opens in the
// background. The error is about what was asked for, or the disk.
func (r *Recordings) Begin(p Plan) error {
	acc := r.account()
	if acc == nil {
		return errNoAccount
	}
	return r.begin(acc, p, false)
}

func (r *Recordings) begin(acc Account, p Plan, resumed bool) error {
	switch {
	case !ValidName(p.Stream):
		return &RecordingError{Stream: p.Stream, Reason: "that cannot be the name of a stream"}
	case r.o.Spool == nil:
		return &RecordingError{Stream: p.Stream, Reason: "nothing can be recorded", Err: cmp.Or(r.o.SpoolErr, errNoSpool)}
	}
	target := spool.Target{Account: acc.ID(), Stream: p.Stream}
	stop, end := context.WithCancel(context.Background())
	e := &entry{plan: p, account: acc, target: target, stop: end, done: make(chan struct{}), recording: Recording{
		Account: acc.Name(), Stream: p.Stream, Camera: p.Camera, Since: time.Now(), Resumed: resumed,
	}}
	r.mu.Lock()
	if old := r.entries[target]; old != nil && !old.recording.Ended {
		r.mu.Unlock()
		end()
		return &RecordingError{Stream: p.Stream, Reason: old.recording.Camera.Name + " is already being recorded into it"}
	}
	if r.closed {
		r.mu.Unlock()
		end()
		return &RecordingError{Stream: p.Stream, Reason: "Kinora is closing"}
	}
	e.input, e.shared = r.inputFor(p)
	e.input.recorded = true
	r.entries[target] = e
	r.send(target)
	r.running.Go(func() {
		defer end()
		if resumed {
			r.interruptions.note(target.Account, target.Stream, e.recording.Since, media.GapOff)
		}
		r.remember()
		err := r.record(stop, e)
		r.noteEnd(e, stop.Err() != nil, err)
		r.ended(e, err)
	})
	r.mu.Unlock()
	r.publish()
	return nil
}

var errNoSpool = errors.New("there is no directory to keep recordings in")

// inputFor returns what is to be recorded: what is shown, if it is open as it is wanted, or else a new input, which is then
// shown in its place. An archive is always opened anew, at its beginning. r.mu is held.
func (r *Recordings) inputFor(p Plan) (in *input, shared bool) {
	shown := r.preview
	if shown == nil || shown.input.camera.ID != p.Camera.ID || shown.input.recorded {
		return r.input(p.Camera, p.Settings, p.Telemetry), false
	}
	if old := shown.input; old.settings == p.Settings && old.telemetry == p.Telemetry && !p.Camera.Archive && !old.borrowed && !old.over() {
		return old, true
	}
	r.unshow()
	in = r.input(p.Camera, p.Settings, p.Telemetry)
	r.exhibit(in, p.Settings)
	return in, false
}

// record begins a take and keeps it until stop ends or its input does. The error is why it ended by itself.
func (r *Recordings) record(stop context.Context, e *entry) error {
	begun := r.beginTake(stop, e)
	if begun {
		sampled := r.sample(stop, e)
		defer func() { <-sampled }()
		select {
		case <-stop.Done():
		case <-e.input.done:
		}
	}
	var err error
	if begun {
		err = e.input.intake.End()
	}
	asked := stop.Err() != nil
	r.mu.Lock()
	e.input.recorded = false
	if e.adapter != nil {
		e.input.intake.SetBitrate(e.adapter.Ceiling)
	}
	e.input.leave()
	r.mu.Unlock()
	name := e.plan.Camera.Name
	switch {
	case err != nil:
		return &RecordingError{Stream: e.plan.Stream, Reason: "the end of the recording of " + name + " is not safe on this disk", Err: err}
	case asked:
		return nil
	}
	<-e.input.done
	switch {
	case e.input.err != nil:
		return &RecordingError{Stream: e.plan.Stream, Reason: "the recording of " + name + " ended", Err: e.input.err}
	case e.plan.Camera.Kind != File && e.plan.Camera.Kind != Conversation:
		return &RecordingError{Stream: e.plan.Stream, Reason: "the recording of " + name + " ended", Err: errors.New("the camera sends nothing any more")}
	}
	return nil
}

// sample keeps stills of what is recorded until stop or the input ends; then the returned channel is closed.
func (r *Recordings) sample(stop context.Context, e *entry) <-chan struct{} {
	done := make(chan struct{})
	if r.o.Codecs == nil || e.plan.Camera.Archive { // nobody decodes it, or it goes by faster than anybody looks
		close(done)
		return done
	}
	s := sampler{codecs: r.o.Codecs, see: r.glimpse(e.account, e.target.Stream)}
	source := e.input.intake.Tap()
	go func() {
		defer close(done)
		if err := s.sample(stop, source); err != nil {
			r.log.Warn("looking at what is recorded", "stream", e.target.Stream, "err", err)
		}
	}()
	return done
}

// beginTake begins a take, as soon as the disk allows it, and then opens the camera, so that nothing of it is missed. A
// camera that gives pictures of this moment only is opened in any case. It reports whether there is a take.
func (r *Recordings) beginTake(stop context.Context, e *entry) bool {
	p := e.plan
	about := spool.About{Name: p.Name, Operator: p.Operator, Note: p.Note, Source: p.Camera.Name}
	opened := e.shared
	for told := false; ; told = true {
		take, err := e.input.intake.Begin(r.o.Spool, e.target, about)
		r.mu.Lock()
		e.take, e.trouble = take, err
		r.mu.Unlock()
		r.publish()
		if !opened && (err == nil || !p.Camera.Archive) {
			opened = true
			close(e.input.start)
		}
		if err == nil {
			return true
		}
		if !told { // a disk may be full for hours
			r.log.Warn("a recording cannot begin; it is tried again and again", "stream", p.Stream, "pause", beginAgain, "err", err)
		}
		select {
		case <-stop.Done():
			return false
		case <-e.input.done:
			return false
		case <-time.After(beginAgain):
		}
	}
}

// ended takes a recording that was asked to end off the list, and keeps one that ended by itself in trouble.
func (r *Recordings) ended(e *entry, err error) {
	r.mu.Lock()
	e.recording.Ended, e.recording.Err = true, err
	if err == nil && r.entries[e.target] == e {
		delete(r.entries, e.target)
	}
	r.mu.Unlock()
	close(e.done)
	if err != nil {
		r.log.Warn("recording ended", "stream", e.plan.Stream, "err", err)
	}
	r.remember()
	r.publish()
}

// Mark presses the marker of the recording into a stream of the chosen account: the fragment that is being recorded gets
// a tag with the label.
func (r *Recordings) Mark(stream, label string) error {
	acc := r.account()
	if acc == nil {
		return errNoAccount
	}
	r.mu.Lock()
	e := r.entries[spool.Target{Account: acc.ID(), Stream: stream}]
	r.mu.Unlock()
	if e == nil {
		return &RecordingError{Stream: stream, Reason: "nothing is being recorded into it that could be marked"}
	}
	if err := e.input.intake.Mark(mkv.Tag{Name: MarkerTag, Value: label}); err != nil {
		return &RecordingError{Stream: stream, Reason: "the marker was not set", Err: err}
	}
	return nil
}
