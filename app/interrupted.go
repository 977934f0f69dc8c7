package app

import (
	"time"

	"kinora/media"
	"kinora/recorder"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

// noteInterruptions notes what keeps recordings from their streams since it looked last. It is called by the goroutine of run alone.
func (r *Recordings) noteInterruptions() {
	now := time.Now()
	present := make(map[spool.Target]string)
	r.mu.Lock()
	for t, e := range r.entries {
		if why := r.interruption(e); why != "" {
			present[t] = why
		}
	}
	r.mu.Unlock()
	for t, why := range present {
		if r.interrupted[t] != why {
			r.interruptions.note(t.Account, t.Stream, now, why)
		}
	}
	r.interrupted = present
}

// interruption says why nothing of a recording comes into its stream at the moment, as in media.Gap; empty: it does, or nobody knows. r.mu is
// held.
func (r *Recordings) interruption(e *entry) string {
	if e.recording.Ended || e.recording.Stopping {
		return ""
	}
	source := e.input.intake.State()
	switch {
	case e.trouble != nil || source.Full != nil:
		return media.GapDisk
	case source.Phase == recorder.Reopening:
		return media.GapDevice
	}
	if u := r.uploads[e.target]; u != nil {
		switch u.uploader.State().Phase {
		case upload.Offline, upload.Held:
			return media.GapLost
		case upload.Paused:
			return media.GapPaused
		}
	}
	return ""
}

// noteEnd notes that a recording has ended: asked to by a person or with the program, or by itself, with an error or at the end of a file.
func (r *Recordings) noteEnd(e *entry, asked bool, err error) {
	r.mu.Lock()
	why := media.GapEnded
	switch {
	case e.trouble != nil || e.input.intake.State().Full != nil:
		why = media.GapDisk
	case asked && r.leaves:
		why = media.GapOff
	case asked:
		why = media.GapPaused
	case err != nil:
		why = media.GapDevice
	}
	r.mu.Unlock()
	r.interruptions.note(e.target.Account, e.target.Stream, time.Now(), why)
}
