package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// showNewChannel asks for a name and makes the channel.
func (u *UI) showNewChannel() {
	var s *sheet
	name := newEntry(lang.L("front-door"))
	name.keys = func(ev *fyne.KeyEvent) { s.key(ev) }
	_, about := newParagraph(lang.L("A channel is where a camera, its master, and up to ten viewers find each other. What they say to each other is not kept."),
		fyne.TextAlignLeading, true)
	check := func() {
		why := ""
		valid := app.ValidName(name.Text)
		if !valid && name.Text != "" {
			why = lang.L("Use 1 to 256 letters, digits, “_”, “.” and “-”.")
		}
		if slices.ContainsFunc(u.seen.calls.channels.Rows, func(c app.Channel) bool { return c.Name == name.Text }) {
			valid, why = false, lang.L("{{.Stream}} exists already.", values{"Stream": name.Text})
		}
		s.enable(valid, why)
	}
	s = u.open(sheetPlan{
		title: lang.L("New channel"), body: column(space3, field(lang.L("Name"), name), about),
		confirm: lang.L("Create"), weight: primary,
		focus: func() fyne.Focusable { return name },
		do: func(s *sheet) {
			wanted := name.Text
			s.run(u.binder, lang.L("Creating…"), func(ctx context.Context) error { return u.app.Calls.Create(ctx, wanted) }, func(err error) {
				if err == nil {
					u.channel = wanted
					u.turn(pageCalls)
					u.binder.invalidate()
				}
			})
		},
	})
	name.OnChanged = func(string) { check() }
	name.OnSubmitted = func(string) { s.submit() }
	check()
}

// showDeleteChannel removes a channel after a person has agreed.
func (u *UI) showDeleteChannel(channel string) {
	_, text := newParagraph(lang.L("Nobody can call by it any more. Calls that are under way go on."), fyne.TextAlignLeading, false)
	u.open(sheetPlan{
		title: lang.L("Delete {{.Stream}}?", values{"Stream": channel}), body: text,
		confirm: lang.L("Delete"), weight: loss,
		do: func(s *sheet) {
			s.run(u.binder, lang.L("Deleting…"), func(ctx context.Context) error { return u.app.Calls.Delete(ctx, channel) }, func(err error) {
				if err == nil && u.channel == channel {
					u.channel = ""
				}
			})
		},
	})
}

// showOffer asks what is to be shown on the channel that the page is about, and offers it.
func (u *UI) showOffer() {
	channel := u.channel
	if channel == "" {
		return
	}
	if _, offered := u.seen.calls.offer(channel); offered {
		return
	}
	var s *sheet
	var chosen app.Camera
	source := newPicker(lang.L("Camera, screen or stream"), "camera", u.menu, nil)
	source.setText(lang.L("Choose…"), "camera")
	take := func(c app.Camera) {
		chosen = c
		source.setText(c.Name, sourceSymbol(c.Kind))
		s.enable(true, "")
	}
	source.items = func() []*fyne.MenuItem { return u.offerItems(chosen, take) }
	source.keys = func(ev *fyne.KeyEvent) { s.key(ev) }
	_, about := newParagraph(lang.L("Whoever may call the channel sees it. A stream is passed on as it is coded; a camera is coded once for all viewers, as the slowest of them can receive it."),
		fyne.TextAlignLeading, true)
	s = u.open(sheetPlan{
		title: lang.L("Offer on {{.Channel}}", values{"Channel": channel}), width: 500, body: column(space3, source.box, about),
		confirm: lang.L("Offer"), weight: primary,
		focus: func() fyne.Focusable { return source.button },
		do: func(s *sheet) {
			s.hide()
			if err := u.app.Calls.Offer(channel, chosen, app.Settings{}); err != nil {
				u.notice(lang.L("It is not offered"), err)
			}
			u.binder.invalidate()
		},
	})
	s.enable(false, "")
	u.listSources(func() {
		if u.plan.Camera.Name != "" && chosen.ID == "" && u.sheet == s {
			take(u.plan.Camera)
		}
	})
}

// offerItems lists what can be offered: devices, then the streams of the account.
func (u *UI) offerItems(chosen app.Camera, take func(app.Camera)) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	add := func(c app.Camera) {
		item := fyne.NewMenuItem(c.Name, func() { take(c) })
		item.Checked = c.ID == chosen.ID
		items = append(items, item)
	}
	for _, c := range u.cameras {
		if c.Kind != app.Microphone {
			add(c)
		}
	}
	if len(items) > 0 && len(u.seen.list.Rows) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	for _, r := range u.seen.list.Rows {
		if c, err := u.app.StreamCamera(r.Name); err == nil {
			add(c)
		}
	}
	return items
}
