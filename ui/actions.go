package ui

import (
	"context"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// watch opens a stream, at the time that is watched. Of several that are watched it gets the focus.
func (u *UI) watch(stream string) {
	u.turn(pageWatch)
	switch now := u.now(); {
	case now.Take == "" && now.Stream == stream:
	case slices.ContainsFunc(now.Tiles, func(t app.Tile) bool { return t.Stream == stream }):
		u.app.Watch.Focus(stream)
	default:
		u.app.Watch.Switch(stream)
	}
}

// openRow opens a stream of the side bar, beside the others while Ctrl is held.
func (u *UI) openRow(stream string) {
	if u.modifiers()&fyne.KeyModifierControl != 0 {
		u.addBeside(stream)
		return
	}
	u.watch(stream)
}

// step opens the stream before or after the one that is open, as the side bar lists them.
func (u *UI) step(by int) {
	rows := u.side.streams.rows
	if u.at == pageCalls {
		u.stepChannel(by)
		return
	}
	if len(rows) == 0 || u.at != pageWatch {
		return
	}
	open := u.now().Stream // what was shown last may be older than the key
	i := slices.IndexFunc(rows, func(r rowText) bool { return r.name == open })
	if i < 0 {
		i = 0
	} else {
		i = min(max(i+by, 0), len(rows)-1)
	}
	u.watch(rows[i].name)
	u.side.streams.ScrollTo(i)
}

// Follow shows what a link names and brings the window to the front. It may be called from any goroutine; the error says why the
// link leads nowhere.
func (u *UI) Follow(l app.Link) error {
	before := u.app.Account().Get()
	err := u.app.Follow(l)
	u.binder.cross(func() {
		if s := u.sheet; s != nil && !s.busy {
			s.dismiss() // what it would do was meant for what was seen before, perhaps of another account
		}
		if u.app.Account().Get() != before {
			u.plan.Stream = ""
		}
		u.turn(pageWatch)
		u.page.times.seek()
		u.raise()
		if err != nil {
			u.notice(lang.L("The link cannot be followed"), err)
		}
		u.binder.invalidate()
	})
	return err
}

// Raise brings the window to the front. It may be called from any goroutine.
func (u *UI) Raise() { u.binder.cross(u.raise) }

// raise leaves a window alone that is in front: showing it would paint it, between a link and its picture.
func (u *UI) raise() {
	if u.front {
		return
	}
	u.window.Show()
	u.window.RequestFocus()
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

// deleteWatched is delete for the Watch page; elsewhere it is not seen which stream the key would mean.
func (u *UI) deleteWatched() {
	if u.at == pageWatch {
		u.delete(u.seen.watching.Stream)
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
	items := []*fyne.MenuItem{fyne.NewMenuItem(lang.L("Watch"), func() { u.watch(stream) })}
	tiles := u.now().Tiles
	switch beside := slices.ContainsFunc(tiles, func(t app.Tile) bool { return t.Stream == stream }); {
	case beside && len(tiles) > 1:
		items = append(items, fyne.NewMenuItem(lang.L("Take out of this view"), func() { u.takeAway(stream) }))
	case !beside && len(tiles) > 0:
		items = append(items, fyne.NewMenuItem(lang.L("Add to this view"), func() { u.addBeside(stream) }))
	}
	items = append(items,
		fyne.NewMenuItem(record, func() { u.recordInto(stream) }),
		fyne.NewMenuItem(lang.L("Copy link"), func() { u.copyStreamLink(stream) }),
		fyne.NewMenuItem(lang.L("Properties"), func() { u.showProperties(stream) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(lang.L("Delete…"), func() { u.delete(stream) }))
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), u.window.Canvas(), at)
}

// useAccount shows the streams of another account. What is recorded next goes to it.
func (u *UI) useAccount(acc app.Account) {
	if acc != u.app.Account().Get() {
		u.plan.Stream = ""
		u.app.Choose(acc)
	}
}

// accountLabel names an account, its kind and where it is.
func accountLabel(acc app.Account) string {
	if acc == nil {
		return lang.L("No account")
	}
	label := acc.Name()
	if acc.Kind() != acc.Name() {
		label = fmt.Sprintf("%s · %s", label, acc.Kind())
	}
	if acc.Region() != "" {
		label = fmt.Sprintf("%s · %s", label, acc.Region())
	}
	return label
}

// showAccounts offers the accounts, with what kind they are and where.
func (u *UI) showAccounts(below fyne.CanvasObject) {
	m := fyne.NewMenu("")
	for _, acc := range u.app.Accounts() {
		item := fyne.NewMenuItem(accountLabel(acc), func() { u.useAccount(acc) })
		item.Checked = acc == u.seen.account
		m.Items = append(m.Items, item)
	}
	if len(m.Items) > 0 {
		u.menu(below, m)
	}
}
