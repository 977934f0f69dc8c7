package ui

import (
	"context"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// watch opens a stream.
func (u *UI) watch(stream string) {
	if u.seen.watching.Stream != stream {
		u.app.Watch.Select(stream)
	}
}

// step opens the stream before or after the one that is open, as the side bar lists them.
func (u *UI) step(by int) {
	rows := u.side.streams.rows
	if len(rows) == 0 {
		return
	}
	i := slices.IndexFunc(rows, func(r rowText) bool { return r.watched })
	if i < 0 {
		i = 0
	} else {
		i = min(max(i+by, 0), len(rows)-1)
	}
	u.watch(rows[i].name)
	u.side.streams.ScrollTo(i)
}

func (u *UI) toggleFullscreen() {
	u.fullscreen = !u.fullscreen
	u.fillScreen(u.fullscreen)
	u.arrange()
}

// fillScreen gives the window the whole screen, which then does not go dark, or takes that back.
func (u *UI) fillScreen(on bool) {
	u.window.SetFullScreen(on)
	u.fyne.Driver().SetDisableScreenBlanking(on)
}

func (u *UI) toggleSidebar() {
	u.noSidebar = !u.noSidebar
	u.arrange()
}

// back leaves full screen, else empties the filter and gives up the focus.
func (u *UI) back() {
	switch {
	case u.fullscreen:
		u.toggleFullscreen()
	case u.side.filter.Text != "":
		u.side.filter.SetText("")
	default:
		u.window.Canvas().Unfocus()
	}
}

func (u *UI) focusFilter() {
	if u.fullscreen {
		return
	}
	if u.noSidebar {
		u.toggleSidebar()
	}
	u.window.Canvas().Focus(u.side.filter)
}

func (u *UI) delete(stream string) {
	if _, ok := u.seen.row(stream); ok {
		u.showDelete(stream)
	}
}

func (u *UI) startDemo() {
	u.binder.work(func(ctx context.Context) error {
		_, err := u.app.StartDemo(ctx)
		return err
	}, func(err error) {
		if err != nil {
			u.notice(lang.L("The demo camera did not start"), err)
		}
	})
}

// showStreamMenu offers what can be done with a stream.
func (u *UI) showStreamMenu(stream string, at fyne.Position) {
	record := lang.L("Record into…")
	if rec, there := u.seen.recording(stream); there && !rec.Ended {
		record = lang.L("Stop recording…")
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("",
		fyne.NewMenuItem(lang.L("Watch"), func() { u.watch(stream) }),
		fyne.NewMenuItem(record, func() { u.record(stream) }),
		fyne.NewMenuItem(lang.L("Properties"), func() { u.showProperties(stream) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(lang.L("Delete…"), func() { u.delete(stream) }),
	), u.window.Canvas(), at)
}

// showAccounts offers the accounts, with what kind they are and where.
func (u *UI) showAccounts(below fyne.CanvasObject) {
	m := fyne.NewMenu("")
	for _, acc := range u.app.Accounts() {
		label := acc.Name()
		if acc.Kind() != acc.Name() {
			label = fmt.Sprintf("%s · %s", label, acc.Kind())
		}
		if acc.Region() != "" {
			label = fmt.Sprintf("%s · %s", label, acc.Region())
		}
		item := fyne.NewMenuItem(label, func() { u.app.Choose(acc) })
		item.Checked = acc == u.seen.account
		m.Items = append(m.Items, item)
	}
	if len(m.Items) > 0 {
		u.menu(below, m)
	}
}

// askQuit ends the program, after asking when recordings run.
func (u *UI) askQuit() {
	n := u.seen.active()
	if n == 0 || u.options.Kiosk {
		u.finish()
		return
	}
	_, text := newParagraph(lang.L("Their last fragments are sent first, which may take a few seconds. What is recorded stays."),
		fyne.TextAlignLeading, false)
	u.open(sheetPlan{
		title:   lang.N("Stop {{.N}} recordings and quit?", n, values{"N": n}),
		body:    text,
		leave:   lang.L("Go on recording"),
		confirm: lang.L("Stop and quit"), weight: loss,
		do: func(s *sheet) {
			s.run(u.binder, lang.L("Finishing…"), func(context.Context) error { return u.app.Close() }, func(err error) {
				if err == nil {
					u.end()
					return
				}
				s.confirm.tapped, s.left = u.end, u.end // the reason is shown; nothing is left to wait for or to go on with
				s.confirm.setText(lang.L("Quit"), "")
				s.cancel.Hide()
			})
		},
	})
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
	u.page.pump.run(false)
	u.binder.stop()
	u.window.Close()
}
