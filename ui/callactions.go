package ui

import (
	"context"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// newCalls makes the Calls page's controls.
func (u *UI) newCalls() *callPage {
	flatly := func(text, symbol, hint string, do func()) *button {
		return u.own(newButton(text, symbol, flat, do), hint)
	}
	drawer := newCallDrawer(flatly("", "close", lang.L("Close"), u.closeDrawer), u.sayInCall)
	drawer.entry.keys, drawer.entry.shortcuts = u.typed, u.shortcut
	talk := newTalkButton(u.holdToTalk, u.toggleTalk)
	u.own(&talk.button, lang.L("Hold to talk"))
	return newCallPage(callParts{
		offer: u.offer,
		buttons: callButtons{
			talk:    talk,
			loud:    newSoundLevel(),
			chat:    flatly("", "chat", lang.L("Chat and commands"), u.toggleChat),
			record:  flatly(lang.L("Record"), "record", "", u.recordCall),
			snap:    flatly("", "snapshot", lang.L("Save this picture"), u.snapshotCall),
			figures: flatly("", "figures", lang.L("Statistics"), u.toggleFigures),
			sound:   u.own(newButton("", "sound", flat, u.toggleMute), lang.L("Sound on or off")),
			hangUp:  u.own(newButton(lang.L("Hang up"), "hangup", normal, u.hangUp), ""),
		},
		toast: u.own(newButton("", "", normal, nil), ""),
		viewers: viewerParts{
			kick:   func(viewer string) { u.app.Calls.Kick(u.channel, viewer) },
			volume: u.showViewerVolumes,
			own:    func(b *button) *button { return u.own(b, b.hint) },
		},
		drawer: drawer,
	})
}

// openChannel shows a channel and calls it, unless this program is its master, or the call is under way.
func (u *UI) openChannel(channel string) {
	u.channel = channel
	u.turn(pageCalls)
	_, offered := u.seen.calls.offer(channel)
	now := u.app.Calls.Now().Get()
	if !offered && (now.Channel != channel || now.Phase.Over()) {
		u.dial(false)
	}
	u.binder.invalidate()
}

// dial calls the channel that the page is about.
func (u *UI) dial(relay bool) {
	if u.channel == "" {
		return
	}
	if err := u.app.Calls.Dial(u.channel, relay); err != nil {
		u.notice(lang.L("The call was not made"), err)
	}
}

// lookAtOffer lets what is offered on the channel that the page is about be seen while the page is.
func (u *UI) lookAtOffer(m *model) {
	channel := ""
	if u.at == pageCalls {
		channel = m.calls.channel
	}
	u.app.Calls.Look(channel)
}

// callAgain calls the channel that the page is about, when no call to it is under way.
func (u *UI) callAgain() {
	if _, offered := u.seen.calls.offer(u.channel); !offered && !u.seen.talking() {
		u.dial(false)
	}
}

// hangUp ends the call, or what is offered.
func (u *UI) hangUp() {
	if _, offered := u.seen.calls.offer(u.channel); offered {
		u.withdraw()
		return
	}
	u.app.Calls.HangUp()
}

func (u *UI) withdraw() {
	u.app.Calls.Withdraw(u.channel)
	u.binder.invalidate()
}

// closeCall forgets a call that is over.
func (u *UI) closeCall() {
	u.app.Calls.Dismiss()
	u.binder.invalidate()
}

// stepChannel chooses the channel before or after the one that the page is about, without calling it.
func (u *UI) stepChannel(by int) {
	rows := u.side.channels.rows
	if len(rows) == 0 {
		return
	}
	i := slices.IndexFunc(rows, func(r rowText) bool { return r.name == u.channel })
	if i < 0 {
		i = 0
	} else {
		i = min(max(i+by, 0), len(rows)-1)
	}
	u.channel = rows[i].name
	u.side.channels.ScrollTo(i)
	u.binder.invalidate()
}

func (u *UI) toggleChat()    { u.toggleDrawer(drawerChat) }
func (u *UI) toggleFigures() { u.toggleDrawer(drawerFigures) }
func (u *UI) closeDrawer()   { u.toggleDrawer(drawerNone) }

// toggleDrawer opens the drawer at something, or closes it. Whoever opens the chat wants to write.
func (u *UI) toggleDrawer(kind drawerKind) {
	d := u.calls.drawer
	if d.wanted == kind {
		kind = drawerNone
	}
	d.wanted = kind
	u.window.Canvas().Unfocus()
	u.show(u.observe())
	if kind == drawerChat && d.entry.Visible() && d.box.Visible() {
		u.window.Canvas().Focus(d.entry)
	}
}

// sayInCall sends a text to the other side, or to all viewers.
func (u *UI) sayInCall(text string) {
	if _, offered := u.seen.calls.offer(u.channel); offered {
		u.app.Calls.Tell(u.channel, text)
	} else if err := u.app.Calls.Say(text); err != nil {
		u.say(sentence(err), "", nil)
		return
	}
	u.calls.drawer.entry.SetText("")
	u.binder.invalidate()
}

// snapshotCall saves the picture of the call.
func (u *UI) snapshotCall() {
	if !u.seen.talking() {
		return
	}
	folder, path := picturesFolder(), ""
	u.binder.work(func(ctx context.Context) (err error) {
		path, err = u.app.Calls.Snapshot(ctx, folder)
		return err
	}, func(err error) {
		if err != nil {
			u.notice(lang.L("The picture was not saved"), err)
			return
		}
		u.say(lang.L("Saved {{.Name}} in {{.Folder}}.", values{"Name": filepath.Base(path), "Folder": filepath.Base(folder)}),
			lang.L("Show in folder"), func() { u.showFolder(folder) })
	})
}

// recordCall offers the streams that what is seen can be recorded into, or ends that recording.
func (u *UI) recordCall() {
	if rec, recorded := u.seen.callRecording(); recorded {
		u.app.Recordings.Stop(rec.Stream)
		return
	}
	if c, there := u.seen.call(); !there || c.Picture.IsZero() || c.Phase.Over() {
		return
	}
	var items []*fyne.MenuItem
	for _, r := range u.seen.list.Rows {
		if rec, ok := u.seen.recording(r.Name); !ok || rec.Ended {
			items = append(items, fyne.NewMenuItem(r.Name, func() { u.recordCallInto(r.Name) }))
		}
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	items = append(items, fyne.NewMenuItem(lang.L("New stream…"), u.showNewStream))
	u.menu(u.calls.buttons.record, fyne.NewMenu("", items...))
}

func (u *UI) recordCallInto(stream string) {
	if err := u.app.Calls.Record(stream); err != nil {
		u.notice(lang.L("The recording did not begin"), err)
		return
	}
	u.say(lang.L("What is seen is recorded into {{.Stream}}.", values{"Stream": stream}), "", nil)
	u.binder.invalidate()
}

// showChannelMenu offers what can be done with a channel.
func (u *UI) showChannelMenu(channel string, at fyne.Position) {
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(lang.L("Call"), func() { u.openChannel(channel) }),
		fyne.NewMenuItem(lang.L("Call by a relay alone"), func() {
			u.channel = channel
			u.turn(pageCalls)
			u.dial(true)
			u.binder.invalidate()
		}),
		fyne.NewMenuItem(lang.L("Offer on it…"), func() { u.channel = channel; u.turn(pageCalls); u.showOffer() }),
	}
	if o, offered := u.seen.calls.offer(channel); offered {
		show := func() { u.channel = channel; u.turn(pageCalls); u.binder.invalidate() }
		items = []*fyne.MenuItem{fyne.NewMenuItem(lang.L("Show"), show)}
		if !o.Ended {
			items = append(items, fyne.NewMenuItem(lang.L("End the offer"), func() { u.app.Calls.Withdraw(channel) }))
		}
	}
	items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(lang.L("Delete…"), func() { u.showDeleteChannel(channel) }))
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), u.window.Canvas(), at)
}

// channelRows makes the rows whose names contain filter, whatever the case of letters.
func channelRows(m *model, filter string) []rowText {
	rows := make([]rowText, 0, len(m.calls.channels.Rows))
	for _, ch := range m.calls.channels.Rows {
		if !contains(ch.Name, filter) {
			continue
		}
		t := rowText{name: ch.Name, condition: conditionSilent, watched: m.calls.channel == ch.Name, keeps: lang.L("Not in a call")}
		if c := m.calls.last; c.Channel == ch.Name && !c.Phase.Over() {
			t.condition, t.keeps, t.age = conditionLive, lang.L("Calling"), age(m.now.Sub(c.Began))
			switch c.Phase {
			case app.CallConnected:
				t.keeps = lang.L("In a call")
			case app.CallReconnecting:
				t.keeps = lang.L("Looking for the way back")
			}
		}
		if o, offered := m.calls.offer(ch.Name); offered {
			t.condition, t.keeps = conditionLive, lang.L("Offered here")+" · "+lang.N("{{.N}} viewers", len(o.Viewers), values{"N": len(o.Viewers)})
			if o.Ended {
				t.condition, t.keeps = conditionFailed, lang.L("Not offered any more")
			}
		}
		rows = append(rows, t)
	}
	return rows
}
