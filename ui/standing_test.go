package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kinora/app"
	"kinora/media"
)

func TestStandingSaysWhatHappens(t *testing.T) {
	full := errors.New("the disk is full")
	for _, c := range []struct {
		name  string
		of    func(*window) model
		title string
		words string // among the lines
		mark  condition
		offer offer // the first; offersEnd: none
	}{
		{"ready", (*window).ready, "Ready", "written to this disk first", conditionLive, offersEnd},
		{"no camera", func(w *window) model {
			m := w.ready()
			m.preview = app.Preview{}
			return m
		}, "No camera", "Choose a source", conditionSilent, offersEnd},
		{"no stream", func(w *window) model {
			m := w.ready()
			m.plan.Stream = ""
			return m
		}, "No stream", "Choose the stream", conditionSilent, offerNew},
		{"opening", func(w *window) model {
			m := w.ready()
			m.preview.State = app.IntakeState{}
			return m
		}, "Opening Front camera", "", conditionSilent, offersEnd},
		{"busy", func(w *window) model {
			m := w.ready()
			m.preview.State = app.IntakeState{Err: errors.New("the camera is used by another program; close it and try again")}
			return m
		}, "Front camera cannot be used", "used by another program", conditionFailed, offersEnd},
		{"no signal", func(w *window) model {
			m := w.ready()
			m.preview.State = app.IntakeState{Err: errLine, NextTry: now.Add(4 * time.Second)}
			return m
		}, "No signal", "Next attempt in 4 s.", conditionFailed, offersEnd},
		{"recording behind", (*window).recording, "Recording 00:12:31", "Uploading backlog, 3 min left", conditionRecord, offersEnd},
		{"recording in time", func(w *window) model {
			m := w.recording()
			m.takes[0].Upload.Behind = 4 * time.Second
			return m
		}, "Recording 00:12:31", "", conditionRecord, offersEnd},
		{"recording offline", func(w *window) model {
			m := w.recording()
			m.takes[0].Upload = app.UploadState{Phase: app.UploadOffline, Backlog: 412e6, Err: errLine, NextTry: now.Add(8 * time.Second)}
			return m
		}, "Recording 00:12:31", "Offline: safe on disk, 412 MB", conditionRecord, offerSend},
		{"device lost", func(w *window) model {
			m := w.recording()
			m.recordings[0].Source.Trouble, m.troubled = errors.New("the camera was unplugged"), now.Add(-time.Minute)
			return m
		}, "Device lost at 10:41:07", "with a card", conditionRecord, offersEnd},
		{"copied device lost", func(w *window) model {
			m := w.recording()
			m.recordings[0].Source.Trouble, m.troubled = errors.New("the camera was unplugged"), now.Add(-time.Minute)
			m.recordings[0].Source.Encoder = copied
			return m
		}, "Device lost at 10:41:07", "with a gap", conditionRecord, offersEnd},
		{"disk full", func(w *window) model {
			m := w.recording()
			m.recordings[0].Source.Full = full
			return m
		}, "Disk full", "goes on by itself", conditionFailed, offersEnd},
		{"another camera's trouble", func(w *window) model {
			m := w.recording()
			m.preview.Camera = app.Camera{ID: "other"}
			m.preview.State.Full = full
			return m
		}, "Recording 00:12:31", "Uploading", conditionRecord, offersEnd},
		{"finishing", func(w *window) model {
			m := w.recording()
			m.recordings[0].Stopping = true
			return m
		}, "Finishing", "written to this disk", conditionRecord, offersEnd},
		{"ended", func(w *window) model {
			m := w.recording()
			m.recordings[0].Ended, m.recordings[0].Err = true, errDown
			return m
		}, "The recording ended", "does not answer", conditionFailed, offerDismiss},
		{"backlog", func(w *window) model {
			m := w.recording()
			m.recordings, m.takes[0].Open = nil, false
			return m
		}, "Uploading backlog, 3 min left", "", conditionLive, offersEnd},
		{"paused by hand", func(w *window) model {
			m := w.recording()
			m.recordings = nil
			m.takes[0].Upload.Phase, m.safety.Paused = app.UploadPaused, "paused by you"
			return m
		}, "Paused: by you", "11.4 MB wait on this disk", conditionSilent, offerResume},
		{"metered", func(w *window) model {
			m := w.recording()
			m.recordings = nil
			m.takes[0].Upload.Phase, m.safety.Metered = app.UploadPaused, true
			return m
		}, "Paused: the network is metered", "11.4 MB wait on this disk", conditionSilent, offerMetered},
		{"signed out", func(w *window) model {
			m := w.recording()
			m.recordings = nil
			m.takes[0].Upload.Phase, m.takes[0].Upload.Err = app.UploadHeld, errors.New("the keys have expired")
			m.takes[0].Upload.Class = app.SignInAgain
			return m
		}, "Waiting for sign-in", "The keys have expired.", conditionFailed, offerSend},
		{"stream gone", func(w *window) model {
			m := w.recording()
			m.recordings, m.list.Rows = nil, nil
			m.takes[0].Upload.Phase, m.takes[0].Upload.Err = app.UploadHeld, errors.New("there is no such stream")
			return m
		}, "Stream gone", "Make it again", conditionFailed, offerNew},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWindow(t, Options{})
			m := c.of(w)
			s := standingOf(&m)
			if s.title != c.title || s.mark != c.mark {
				t.Errorf("says %q with the mark %v, want %q with %v", s.title, s.mark, c.title, c.mark)
			}
			if lines := strings.Join(s.lines, "\n"); !strings.Contains(lines, c.words) || c.words == "" && lines != "" {
				t.Errorf("says %q, want %q in it", lines, c.words)
			}
			if first := append(s.offers, offersEnd)[0]; first != c.offer {
				t.Errorf("offers %v first, want %v", first, c.offer)
			}
		})
	}
}

// TestRedDotOnlyWhileRecording walks through the states without a recording.
func TestRedDotOnlyWhileRecording(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.recording()
	m.recordings, m.takes[0].Open = nil, false
	for _, phase := range []app.UploadState{{Phase: app.UploadIdle}, {Phase: app.UploadConnecting, Behind: time.Minute},
		{Phase: app.Uploading, Behind: time.Minute}, {Phase: app.UploadOffline}, {Phase: app.UploadPaused}, {Phase: app.UploadHeld, Err: errDown}} {
		m.takes[0].Upload = phase
		if s := standingOf(&m); s.mark == conditionRecord {
			t.Errorf("nothing is recorded, and the mark of %q is red", s.title)
		}
	}
}

func TestPhaseOfASource(t *testing.T) {
	tracks := []media.Track{{ID: 1}}
	for _, c := range []struct {
		st   app.IntakeState
		want intakePhase
	}{
		{app.IntakeState{}, intakeOpening},
		{app.IntakeState{Tracks: tracks}, intakeRunning},
		{app.IntakeState{Tracks: tracks, Err: errDown, NextTry: now}, intakeReopening},
		{app.IntakeState{Err: errDown}, intakeBroken},
	} {
		if got := phaseOf(c.st); got != c.want {
			t.Errorf("%+v is %v, want %v", c.st, got, c.want)
		}
	}
}

func TestOutagesAreSaidWithoutTheCall(t *testing.T) {
	for err, want := range map[string]string{
		`GetDataEndpoint of stream "dock" failed: the connection was cut`: "The connection was cut.",
		`ListStreams failed: no answer within 20 s`:                       "No answer within 20 s.",
		`the cable is out`: "The cable is out.",
	} {
		if got := outage(errors.New(err)); got != want {
			t.Errorf("%q is said as %q, want %q", err, got, want)
		}
	}
	if got := outage(nil); got != "" {
		t.Errorf("no error is said as %q", got)
	}
}
