package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

// askQuit ends the program, after asking when recordings run or something is on this disk only.
func (u *UI) askQuit() {
	n := u.seen.active()
	waits := !u.seen.safety.Safe && u.seen.safety.Bytes > 0
	if n == 0 && !waits || u.options.Kiosk {
		u.finish()
		return
	}
	title := lang.L("Quit while not everything is in the stream?")
	leave := lang.L("Stay")
	if n > 0 {
		title = lang.N("Stop {{.N}} recordings and quit?", n, values{"N": n})
		leave = lang.L("Keep recording")
	}
	text, box := newParagraph(quitWords(&u.seen), fyne.TextAlignLeading, false)
	u.open(sheetPlan{
		title: title, body: box, width: 560,
		leave: leave,
		other: lang.L("Wait until it is safe"), instead: u.waitUntilSafe,
		confirm: lang.L("Quit anyway"), weight: loss,
		live: func(m *model) { text.SetText(quitWords(m)) },
		do: func(s *sheet) {
			s.run(u.binder, lang.L("Finishing…"), func(context.Context) error { return u.app.Close() }, func(err error) {
				if err == nil {
					u.end()
					return
				}
				s.live = nil
				s.confirm.tapped, s.left = u.end, u.end // the reason is shown; nothing is left to wait for or to go on with
				s.confirm.setText(lang.L("Quit"), "")
				s.cancel.Hide()
				s.other.Hide()
			})
		},
	})
}

// quitWords explains what stays on disk and what becomes of it.
func quitWords(m *model) string {
	if m.safety.Pending > 0 {
		return lang.L("{{.Time}} ({{.Amount}}) are only on this disk so far. They stay there, and are sent by themselves when Kinora is started again.",
			values{"Time": soon(m.safety.Pending), "Amount": amount(m.safety.Bytes)})
	}
	return lang.L("The last fragments are written to this disk and sent, which may take a few seconds. What cannot be sent stays on this disk, and goes on when Kinora is started again.")
}

// waitUntilSafe stops the recordings and quits when the last acknowledgement is in.
func (u *UI) waitUntilSafe(*sheet) {
	for _, r := range u.seen.recordings {
		if !r.Ended && !r.Stopping {
			u.app.Recordings.Stop(r.Stream)
		}
	}
	text, box := newParagraph(waitWords(&u.seen), fyne.TextAlignLeading, false)
	_, more := newParagraph(lang.L("Kinora quits by itself when everything is in the stream."), fyne.TextAlignLeading, true)
	u.open(sheetPlan{
		title: lang.L("Waiting until it is safe"), body: column(space2, box, more), width: 560,
		leave:   lang.L("Stay"),
		confirm: lang.L("Quit anyway"), weight: loss,
		do: func(s *sheet) {
			s.hide()
			u.finish()
		},
		live: func(m *model) {
			if m.safety.Safe && m.active() == 0 {
				u.finish()
				return
			}
			text.SetText(waitWords(m))
		},
	})
}

func waitWords(m *model) string {
	t := lampOf(m)
	if t.reason == "" {
		return t.title
	}
	return t.title + ": " + t.reason
}

// finish ends recordings and then the program.
func (u *UI) finish() {
	if u.quitting {
		return
	}
	u.quitting = true
	u.binder.work(func(context.Context) error { return u.app.Close() }, func(err error) {
		if err != nil {
			fyne.LogError("ui: a recording did not end well", err)
		}
		u.end()
	})
}

// end closes the window, which ends the program.
func (u *UI) end() {
	u.page.leave()
	u.record.leave()
	u.binder.stop()
	u.window.Close()
}
