package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

// viewerList is who watches what is offered, each with a way to send it away, and to hear it louder or not at all.
type viewerList struct {
	box  *fyne.Container
	rows []*viewerRow
}

// viewerParts are what the list is given to act with.
type viewerParts struct {
	kick   func(viewer string)
	volume func(viewer string, on *button) // offers how loud one may be
	own    func(*button) *button           // lets a button hand on its keys
}

type viewerRow struct {
	box   *fyne.Container
	name  *caption
	note  *caption
	sound *button // hidden until it has said something
	id    string
}

// mostViewerRows are shown at most; a channel has ten viewers.
const mostViewerRows = 10

// newViewerList makes all rows at once, because what is added to a container.ThemeOverride later does not take its theme.
func newViewerList(a viewerParts) *viewerList {
	l := &viewerList{box: column(space1)}
	for range mostViewerRows {
		r := &viewerRow{name: newCaption("", theme.ColorNameForeground).cut(0), note: newCaption("", colorQuiet).small().figures().right().cut(260)}
		away := a.own(newButton(lang.L("Send away"), "", normal, func() { a.kick(r.id) }))
		r.sound = a.own(newButton("", "sound", flat, func() { a.volume(r.id, r.sound) }))
		r.sound.hint = lang.L("How loud this viewer is")
		r.box = newEdges(nil, nil, nil, row(space2, r.note, r.sound, away), r.name)
		r.box.Hide()
		l.rows = append(l.rows, r)
		l.box.Add(r.box)
	}
	return l
}

// show reports whether there are others than before.
func (l *viewerList) show(viewers []app.Viewer, now time.Time) (changed bool) {
	for i, r := range l.rows {
		on := i < len(viewers)
		changed = changed || on != r.box.Visible()
		setVisible(r.box, on)
		if !on {
			continue
		}
		v := viewers[i]
		r.id = v.ID
		r.name.set(brief(v.ID))
		way := lang.L("direct")
		if v.Relayed {
			way = lang.L("relayed")
		}
		note := age(now.Sub(v.Since)) + " · " + way
		if v.RoundTrip > 0 {
			note += " · " + milli(v.RoundTrip)
		}
		if v.Sounds != r.sound.Visible() {
			setVisible(r.sound, v.Sounds)
			relayout(r.box)
		}
		showSound(r.sound, hearing{there: v.Sounds, heard: v.Volume > 0, volume: v.Volume})
		if v.Speaks {
			note = lang.L("speaks") + " · " + note
		}
		color := colorQuiet
		if v.Speaks {
			color = theme.ColorNamePrimary
		}
		if r.note.color != color {
			r.note.color = color
			r.note.Refresh()
		}
		if r.note.text != note {
			r.note.set(note)
			relayout(r.box)
		}
	}
	return changed
}

// viewerVolumes are those that a viewer can be given, in percent.
var viewerVolumes = []int{100, 70, 40, 10, 0}

// showViewerVolumes offers how loud a viewer may be.
func (u *UI) showViewerVolumes(viewer string, on *button) {
	var items []*fyne.MenuItem
	for _, percent := range viewerVolumes {
		name := lang.L("{{.N}} %", values{"N": percent})
		if percent == 0 {
			name = lang.L("Muted")
		}
		items = append(items, fyne.NewMenuItem(name, func() {
			u.app.Calls.HearViewer(u.channel, viewer, percent)
			u.binder.invalidate()
		}))
	}
	u.menu(on, fyne.NewMenu("", items...))
}
