package ui

import (
	"regexp"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// standing says in words how the recording into the target stream stands: the big line of the Record page.
type standing struct {
	mark   condition // red only while something is recorded
	title  string
	lines  []string
	offers []offer
	alarm  bool // something is wrong
}

// standingOf decides what is to be said at the moment.
func standingOf(m *model) standing {
	rec, recording := m.target()
	switch {
	case recording && rec.Stopping:
		return standing{mark: conditionRecord, title: lang.L("Finishing"), lines: []string{
			lang.L("The last fragment is being written to this disk.")}}
	case recording:
		return recordingStands(m, rec)
	}
	if last, there := m.recording(m.plan.Stream); there && last.Err != nil {
		return standing{mark: conditionFailed, alarm: true, title: lang.L("The recording ended"),
			lines: []string{sentence(last.Err), lang.L("What was recorded before is on this disk or in the stream.")}, offers: []offer{offerDismiss}}
	}
	if s, ok := uploadStands(m); ok {
		return s
	}
	return idleStands(m)
}

// copied is the encoder of a source that is recorded as it comes.
const copied = "copy"

// recordingStands is standingOf while the target is recorded into: first what is wrong with the camera or the disk, then
// what the network does, which harms nothing.
func recordingStands(m *model, rec app.Recording) standing {
	in := m.intake()
	s := standing{mark: conditionRecord, title: lang.L("Recording {{.Time}}", values{"Time": elapsed(m.now.Sub(rec.Since))})}
	up, waits := uploadStands(m)
	take, _ := m.take()
	switch {
	case in.Full != nil:
		return standing{mark: conditionFailed, alarm: true, title: lang.L("Disk full"), lines: []string{sentence(in.Full),
			lang.L("What was recorded is safe on disk. Recording goes on by itself as soon as there is room.")}}
	case in.Trouble != nil:
		s.alarm, s.title = true, lang.L("Device lost at {{.Time}}", values{"Time": clock(m.troubled)})
		instead := lang.L("The take goes on with a card or silence instead, and with the device when it returns.")
		if in.Encoder == copied {
			instead = lang.L("The take goes on with a gap, and with the device when it returns.")
		}
		s.lines = []string{sentence(in.Trouble), instead}
		return s
	case phaseOf(in) == intakeReopening:
		return standing{mark: conditionRecord, alarm: true, title: lang.L("No signal"),
			lines: []string{sentence(in.Err), nextTry(m.now, in.NextTry)}}
	case phaseOf(in) == intakeOpening:
		return standing{mark: conditionSilent, title: lang.L("Opening {{.Camera}}", values{"Camera": rec.Camera.Name}),
			lines: []string{lang.L("Recording begins with its first picture.")}}
	case rec.Err != nil && take.ID == "":
		return standing{mark: conditionFailed, alarm: true, title: lang.L("Nothing is recorded yet"), lines: []string{sentence(rec.Err),
			lang.L("Kinora tries again by itself.")}}
	case waits:
		s.lines, s.offers, s.alarm = append([]string{up.title}, up.lines...), up.offers, up.alarm
	}
	if rec.Resumed {
		s.lines = append(s.lines, lang.L("Taken up again by itself after Kinora had ended unexpectedly."))
	}
	return s
}

// uploadStands says what the upload to the target stream does; false when there is nothing worth saying.
func uploadStands(m *model) (standing, bool) {
	take, ok := m.take()
	if !ok {
		return standing{}, false
	}
	st := take.Upload
	kept := lang.L("Nothing is lost: {{.Amount}} wait on this disk.", values{"Amount": amount(st.Backlog)})
	switch {
	case st.Phase == app.UploadPaused:
		s := standing{mark: conditionSilent, title: lang.L("Paused: {{.Reason}}", values{"Reason": pauseReason(m, st)}), lines: []string{kept}}
		s.offers = []offer{offerResume}
		if m.safety.Metered && !m.standing.Metered {
			s.offers = []offer{offerMetered}
		}
		return s, true
	case st.Phase == app.UploadHeld && m.gone(m.plan.Stream):
		return standing{mark: conditionFailed, alarm: true, title: lang.L("Stream gone"), lines: []string{
			lang.L("{{.Stream}} was deleted. Make it again under the same name, and what waits is sent.", values{"Stream": m.plan.Stream}), kept},
			offers: []offer{offerNew}}, true
	case st.Phase == app.UploadHeld && signedOut(st):
		return standing{mark: conditionFailed, alarm: true, title: lang.L("Waiting for sign-in"),
			lines: []string{sentence(st.Err), kept}, offers: []offer{offerSend}}, true
	case st.Phase == app.UploadHeld:
		return standing{mark: conditionFailed, alarm: true, title: lang.L("The service refuses the upload"),
			lines: []string{sentence(st.Err), kept, nextTry(m.now, st.NextTry)}, offers: []offer{offerSend}}, true
	case st.Phase == app.UploadOffline:
		return standing{mark: conditionFailed, alarm: true,
			title: lang.L("Offline: safe on disk, {{.Amount}}", values{"Amount": amount(st.Backlog)}),
			lines: []string{outage(st.Err), nextTry(m.now, st.NextTry)}, offers: []offer{offerSend}}, true
	case st.Phase == app.UploadIdle || take.Open && st.Behind < behindEnough || st.Behind == 0:
		return standing{}, false
	case st.Phase == app.UploadConnecting:
		return standing{mark: conditionSilent, title: lang.L("Connecting, {{.Amount}} to send", values{"Amount": amount(st.Backlog)})}, true
	case st.ETA > 0:
		return standing{mark: conditionLive, title: lang.L("Uploading backlog, {{.Time}} left", values{"Time": soon(st.ETA)})}, true
	default:
		return standing{mark: conditionLive, title: lang.L("Uploading backlog, {{.Amount}} left", values{"Amount": amount(st.Backlog)})}, true
	}
}

// behindEnough is how far an upload falls behind a recording before that is worth words: a few fragments are always on the way.
const behindEnough = 20 * time.Second

// calls is how an error begins that names the call which failed.
var calls = regexp.MustCompile(`^\w+(?: of stream "[^"]*")? failed: `)

// outage says why the service cannot be reached. Which of the calls found that out is for the log.
func outage(err error) string {
	if err == nil {
		return ""
	}
	return written(calls.ReplaceAllString(err.Error(), ""))
}

// pauseReason is why nothing is sent.
func pauseReason(m *model, st app.UploadState) string {
	switch {
	case m.safety.Metered && !m.standing.Metered:
		return lang.L("the network is metered")
	case m.safety.Paused != "" || st.Pause == "":
		return lang.L("by you")
	default:
		return st.Pause
	}
}

// idleStands is standingOf while nothing is recorded or sent: what is missing before something can be.
func idleStands(m *model) standing {
	in := m.preview.State
	camera := m.preview.Camera.Name
	switch {
	case m.account == nil:
		return standing{mark: conditionSilent, title: lang.L("No account"), lines: []string{
			lang.L("Start it with its local service, or name an AWS profile on the command line.")}}
	case m.preview.Camera.ID == "":
		return standing{mark: conditionSilent, title: lang.L("No camera"), lines: []string{
			lang.L("Choose a source below: a camera, this screen, a network camera or a file.")}}
	case in.Trouble != nil:
		return standing{mark: conditionFailed, alarm: true, title: lang.L("No signal"), lines: []string{sentence(in.Trouble)}}
	case phaseOf(in) == intakeReopening:
		return standing{mark: conditionFailed, alarm: true, title: lang.L("No signal"),
			lines: []string{sentence(in.Err), nextTry(m.now, in.NextTry)}}
	case phaseOf(in) == intakeBroken:
		return standing{mark: conditionFailed, alarm: true, title: lang.L("{{.Camera}} cannot be used", values{"Camera": brief(camera)}),
			lines: []string{sentence(in.Err)}}
	case phaseOf(in) == intakeOpening:
		return standing{mark: conditionSilent, title: lang.L("Opening {{.Camera}}", values{"Camera": brief(camera)})}
	case m.plan.Stream == "":
		return standing{mark: conditionSilent, title: lang.L("No stream"), lines: []string{
			lang.L("Choose the stream to record into, or make one.")}, offers: []offer{offerNew}}
	default:
		return standing{mark: conditionLive, title: lang.L("Ready"), lines: []string{
			lang.L("Everything is written to this disk first and sent from there, so nothing is lost when the network is.")}}
	}
}
