package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// turn opens a page. The Record page opens its camera, and lets go of it when it is left, as the Watch page does with its stream. A
// call goes on.
func (u *UI) turn(to page) {
	if u.at == to || u.options.Kiosk {
		return
	}
	switch u.at {
	case pageRecord:
		u.record.leave()
		u.app.Recordings.Show(nil, app.Settings{})
	case pageCalls:
		u.calls.leave()
	default:
		u.page.leave()
	}
	u.at = to
	u.app.Watch.Show(to == pageWatch)
	if to == pageRecord {
		u.openRecord()
	}
	u.window.Canvas().Unfocus()
	u.arrange()
}

// openRecord shows what was chosen last, or what is being recorded.
func (u *UI) openRecord() {
	if u.plan.Stream == "" {
		u.plan.Stream = u.app.Watch.Now().Get().Stream
	}
	if rec, ok := u.seen.recording(u.plan.Stream); ok && !rec.Ended {
		u.plan.Camera = rec.Camera
	}
	u.preview()
	u.listSources(u.binder.invalidate)
}

// recordInto does what Ctrl+R means for a stream: say how its recording was lost, end the one that runs, or begin one, for
// which the Record page is opened first.
func (u *UI) recordInto(stream string) {
	rec, there := u.seen.recording(stream)
	switch {
	case u.options.Kiosk:
	case there && rec.Ended:
		u.showLost(rec)
	case there && !rec.Stopping:
		u.showStop(rec)
	case there:
	case u.at == pageRecord && stream == u.plan.Stream:
		u.begin()
	default:
		if stream != "" {
			u.plan.Stream = stream
		}
		u.turn(pageRecord)
		u.binder.invalidate()
	}
}

// recordHere is recordInto for the stream that the open page is about.
func (u *UI) recordHere() {
	switch u.at {
	case pageRecord:
		u.recordInto(u.plan.Stream)
		return
	case pageCalls:
		u.recordCall()
		return
	}
	u.recordInto(u.app.Watch.Now().Get().Stream) // what was shown last may be older than the key
}

// togglePause stops all uploads, or lets them go on. What is recorded waits on this disk meanwhile.
func (u *UI) togglePause() {
	if u.at == pageRecord {
		u.app.Recordings.Pause(u.seen.safety.Paused == "")
		u.binder.invalidate()
	}
}

// allowMetered lets uploads go on on metered networks.
func (u *UI) allowMetered() {
	s := u.seen.standing
	s.Metered = true
	u.change(s, nil)
}

// change makes s the standing choices. What goes wrong is given to failed, or shown when that is nil.
func (u *UI) change(s app.RecordingSettings, failed func(error)) {
	u.binder.work(func(context.Context) error { return u.app.Recordings.Change(s) }, func(err error) {
		switch {
		case err == nil:
		case failed != nil:
			failed(err)
		default:
			u.notice(lang.L("The choices cannot be kept"), err)
		}
		u.binder.invalidate()
	})
}

func (u *UI) resume() {
	u.app.Recordings.Pause(false)
	u.binder.invalidate()
}

// pressRecord is the big button.
func (u *UI) pressRecord() { u.recordInto(u.plan.Stream) }

// begin records as it is planned.
func (u *UI) begin() {
	if u.plan.Stream == "" || u.plan.Camera.Name == "" {
		return
	}
	if err := u.beginAs(u.plan); err != nil {
		u.notice(lang.L("The recording did not begin"), err)
	}
}

// beginAs records as a plan says, by the operator of the settings when it names none.
func (u *UI) beginAs(plan app.Plan) error {
	if plan.Operator == "" {
		plan.Operator = u.seen.standing.Operator
	}
	err := u.app.Recordings.Begin(plan)
	u.binder.invalidate()
	return err
}

// skippedFrames are those that a source gave before a take of it began and that are in none, for whatever reason.
type skippedFrames struct {
	take  string
	count int
}

// settling is how far a take must have come before frames that are missing are missing in it, and not in front of it.
const settling = 2 * time.Second

// skippedBefore counts what came before the take, such as the rest of the fragment during which Record was pressed.
func (u *UI) skippedBefore(m *model) int {
	rec, _ := m.target()
	if take, ok := m.take(); rec.Take != u.before.take || ok && take.ID == rec.Take && take.Figures.Captured < settling {
		u.before = skippedFrames{rec.Take, leftOut(rec.Source)}
	}
	return u.before.count
}

// leftOut counts the frames of a source that could not be recorded, and those that the computer was too slow for.
func leftOut(s app.IntakeState) int { return s.Skipped + s.Missed }

// mark presses the marker, with a number for a name.
func (u *UI) mark() {
	if _, ok := u.seen.target(); u.at == pageRecord && ok {
		u.press(lang.L("marker {{.N}}", values{"N": u.marks.count + 1}))
	}
}

// press presses the marker.
func (u *UI) press(label string) {
	if err := u.app.Recordings.Mark(u.plan.Stream, label); err != nil {
		u.notice(lang.L("The marker was not set"), err)
		return
	}
	u.marks.count++
	u.record.marker.setText(markerName(u.marks.count), "marker")
}

// setMarks are the markers of a take. The recorder counts them a little later than they are pressed.
type setMarks struct {
	take  string
	count int
}

// marksIn counts the markers of the take that is recorded.
func (u *UI) marksIn(m *model) int {
	rec, ok := m.target()
	switch {
	case !ok:
		u.marks = setMarks{}
	case rec.Take != u.marks.take:
		u.marks = setMarks{rec.Take, rec.Source.Markers}
	default:
		u.marks.count = max(u.marks.count, rec.Source.Markers)
	}
	return u.marks.count
}

// showMarker asks for the words of a marker. It is set when they have been given.
func (u *UI) showMarker() {
	if _, ok := u.seen.target(); u.at != pageRecord || !ok {
		return
	}
	var s *sheet
	label := newEntry(lang.L("What is to be seen here"))
	label.keys = func(ev *fyne.KeyEvent) { s.key(ev) }
	s = u.open(sheetPlan{
		title: lang.L("Set a marker"), body: field(lang.L("Words"), label),
		confirm: lang.L("Set"), weight: primary,
		focus: func() fyne.Focusable { return label },
		do: func(s *sheet) {
			s.hide()
			u.press(label.Text)
		},
	})
	label.OnChanged = func(text string) { s.enable(text != "", "") }
	label.OnSubmitted = func(string) { s.submit() }
	s.enable(false, "")
}
