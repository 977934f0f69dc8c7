package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// showStop asks before a recording ends.
func (u *UI) showStop(rec app.Recording) {
	_, text := newParagraph(lang.L("{{.Camera}} has been recorded for {{.Time}}. Everything is on this disk when the recording ends, and what has not been sent by then is sent afterwards.",
		values{"Camera": rec.Camera.Name, "Time": elapsed(u.seen.now.Sub(rec.Since))}), fyne.TextAlignLeading, false)
	u.open(sheetPlan{
		title:   lang.L("Stop recording into {{.Stream}}?", values{"Stream": rec.Stream}),
		body:    text,
		leave:   lang.L("Go on recording"),
		confirm: lang.L("Stop recording"), weight: loss,
		do: func(s *sheet) {
			u.app.Recordings.Stop(rec.Stream)
			s.hide()
		},
	})
}

// showLost says why a recording ended by itself.
func (u *UI) showLost(rec app.Recording) {
	_, text := newParagraph(sentence(rec.Err), fyne.TextAlignLeading, false)
	rest := lang.L("What was recorded before is in the stream, or waits on this disk.")
	if u.seen.gone(rec.Stream) {
		rest = lang.L("The stream was deleted, with all that it kept. What waits on this disk can be exported.")
	}
	_, what := newParagraph(rest, fyne.TextAlignLeading, true)
	u.open(sheetPlan{
		title:   lang.L("The recording into {{.Stream}} was lost", values{"Stream": rec.Stream}),
		body:    column(space2, text, what),
		leave:   lang.L("Dismiss"),
		left:    func() { u.app.Recordings.Dismiss(rec.Stream) },
		confirm: lang.L("Record again"), weight: primary,
		do: func(s *sheet) {
			if err := u.recordAgain(rec); err != nil {
				s.say(sentence(err))
				return
			}
			s.hide()
		},
	})
}

// recordAgain begins a recording that was lost anew, as it is planned when the plan is for the same camera.
func (u *UI) recordAgain(rec app.Recording) error {
	if rec.Camera.ID != u.plan.Camera.ID {
		return u.app.Recordings.Start(rec.Stream, rec.Camera)
	}
	plan := u.plan
	plan.Stream = rec.Stream
	return u.beginAs(plan)
}
