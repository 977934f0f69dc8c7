package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// record does what Ctrl+R means for a stream: begin a recording, end the one that runs, or say how it was lost.
func (u *UI) record(stream string) {
	if stream == "" {
		return
	}
	switch rec, there := u.seen.recording(stream); {
	case there && rec.Ended:
		u.showLost(rec)
	case there && !rec.Stopping:
		u.showStop(rec)
	case !there:
		u.listCameras(stream)
	}
}

// listCameras asks for the cameras, which may take a moment, and then shows them.
func (u *UI) listCameras(stream string) {
	var cameras []app.Camera
	u.binder.work(func(context.Context) error {
		cameras = u.app.Cameras()
		return nil
	}, func(error) { u.showRecord(stream, cameras) })
}

// showRecord asks which camera goes into the stream.
func (u *UI) showRecord(stream string, cameras []app.Camera) {
	if len(cameras) == 0 {
		_, text := newParagraph(lang.L("No camera was found. Connect one and try again."), fyne.TextAlignLeading, false)
		u.open(sheetPlan{title: lang.L("Record into {{.Stream}}", values{"Stream": stream}), body: text})
		return
	}
	labels, symbols := make([]string, len(cameras)), make([]string, len(cameras))
	for i, c := range cameras {
		labels[i], symbols[i] = c.Name, "camera"
	}
	var s *sheet
	list := newChoices(labels, symbols, true, func(ev *fyne.KeyEvent) { s.key(ev) }, func(int) {})
	for _, b := range list.buttons {
		pick := b.tapped
		b.tapped = func() {
			if b.selected && b.focused {
				s.submit() // Enter on what is chosen already
				return
			}
			pick()
		}
	}
	list.choose(0)
	note, about := newParagraph(lang.L("What the camera gives is sent at once and kept for as long as the stream keeps it."),
		fyne.TextAlignLeading, true)
	note.SizeName = "helperText"
	s = u.open(sheetPlan{
		title:   lang.L("Record into {{.Stream}}", values{"Stream": stream}),
		body:    column(space3, field(lang.L("Camera"), list.box), about),
		confirm: lang.L("Start recording"), weight: primary,
		focus: func() fyne.Focusable { return list.buttons[0] },
		do: func(s *sheet) {
			if err := u.app.Recordings.Start(stream, cameras[list.chosen]); err != nil {
				s.say(sentence(err))
				return
			}
			s.hide()
			if u.seen.watching.Stream != stream {
				u.watch(stream)
			}
		},
	})
}

// showStop asks before a recording ends.
func (u *UI) showStop(rec app.Recording) {
	_, text := newParagraph(lang.L("{{.Camera}} has been recorded for {{.Time}}. Its last fragment is sent before the recording ends; what is recorded stays.",
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
	rest := lang.L("What was acknowledged before is safe in the stream.")
	if u.seen.gone(rec.Stream) {
		rest = lang.L("The stream was deleted, with all that it kept.")
	}
	_, what := newParagraph(rest, fyne.TextAlignLeading, true)
	u.open(sheetPlan{
		title:   lang.L("The recording into {{.Stream}} was lost", values{"Stream": rec.Stream}),
		body:    column(space2, text, what),
		leave:   lang.L("Dismiss"),
		left:    func() { u.app.Recordings.Dismiss(rec.Stream) },
		confirm: lang.L("Record again"), weight: primary,
		do: func(s *sheet) {
			if err := u.app.Recordings.Start(rec.Stream, rec.Camera); err != nil {
				s.say(sentence(err))
				return
			}
			s.hide()
		},
	})
}
