package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

// sidebar is the account, its streams, and how the account does.
type sidebar struct {
	box      *fyne.Container
	account  *button
	filter   *entry
	streams  *streamList
	calls    *fyne.Container // the channels with their heading; hidden where the account has none at all
	room     *fyne.Container // holds channels, as high as it needs to be
	channels *streamList
	foot     *footer
	note     *caption // in place of rows, when a filter leaves none

	last *model // shown last, for a filter that changes
}

const sidebarWidth = 240

// sidebarParts is what the side bar is put together from.
type sidebarParts struct {
	account *button
	refresh *button
	add     *button
	filter  *entry
	streams *streamList
	uploads *button
	exports *button

	channels   *streamList
	addChannel *button
}

// mostChannelRows are seen at the same time; further ones are scrolled to.
const mostChannelRows = 4

func newSidebar(a sidebarParts) *sidebar {
	s := &sidebar{account: a.account, filter: a.filter, streams: a.streams, foot: newFooter(a.uploads, a.exports)}
	s.note = newCaption("", colorQuiet).small().cut(0)
	heading := newCaption(lang.L("STREAMS"), colorQuiet).small().bold()
	top := column(0,
		container.New(sized{height: barHeight}, padded(s.account, space1, space1, space2, space2)),
		newRule(),
		padded(s.filter, space3-space1, 0, space3, space3),
		padded(newEdges(nil, nil, nil, row(space1, a.refresh, a.add), heading), space2, space1, space3, space2+space1),
		padded(s.note, 0, 0, space3, space3),
	)
	s.note.Hide()
	s.channels = a.channels
	s.room = container.New(sized{height: 1}, s.channels)
	called := newCaption(lang.L("CHANNELS"), colorQuiet).small().bold()
	s.calls = column(0, newRule(), padded(newEdges(nil, nil, nil, a.addChannel, called), space2, space1, space3, space2+space1), s.room)
	s.calls.Hide()
	body := newEdges(top, column(0, s.calls, s.foot.box), nil, nil, s.streams)
	s.box = container.New(sized{width: sidebarWidth}, newEdges(nil, nil, nil, newRule(), body))
	return s
}

// show brings the side bar to the model's moment.
func (s *sidebar) show(m *model) {
	s.last = m
	if m.account == nil {
		s.account.setText(lang.L("No account"), "offline")
	} else {
		s.account.setText(m.account.Name(), accountSymbol(m.account.Kind()))
	}
	if m.list.Phase.Failed() {
		s.account.setTint(theme.ColorNameWarning)
	} else {
		s.account.setTint("")
	}
	rows := rowsOf(m, s.filter.Text)
	s.streams.show(rows)
	setVisible(s.note, len(rows) == 0 && len(m.list.Rows) > 0)
	s.note.set(lang.L("No stream's name contains “{{.Text}}”.", values{"Text": s.filter.Text}))
	s.showChannels(m)
	s.foot.show(m)
	relayout(s.box)
}

// showChannels gives the channels as much room as they need, up to a bound.
func (s *sidebar) showChannels(m *model) {
	setVisible(s.calls, m.calls.channels.Able)
	rows := channelRows(m, s.filter.Text)
	setVisible(s.room, len(rows) > 0)
	s.room.Layout = sized{height: float32(min(max(len(rows), 1), mostChannelRows)) * (rowHeight + space1)}
	s.channels.show(rows)
}

// contains reports whether a name contains filter, whatever the case of letters.
func contains(name, filter string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(filter))
}

// filtered shows the rows anew after the filter has changed.
func (s *sidebar) filtered() {
	if s.last != nil {
		s.show(s.last)
	}
}

// accountSymbol draws the kind of an account.
func accountSymbol(kind string) string {
	switch kind {
	case "AWS":
		return "cloud"
	case "Endpoint":
		return "endpoint"
	default:
		return "computer"
	}
}

// rowsOf makes the rows whose names contain filter, whatever the case of letters.
func rowsOf(m *model, filter string) []rowText {
	rows := make([]rowText, 0, len(m.list.Rows))
	for _, r := range m.list.Rows {
		if !contains(r.Name, filter) {
			continue
		}
		t := rowText{name: r.Name, keeps: kept(r.Retention), condition: conditionSilent, watched: m.watching.Stream == r.Name}
		live, newest := m.live(r)
		switch {
		case m.list.Phase.Failed() || r.Err != nil && !live:
			t.condition = conditionFailed
		case live:
			t.condition = conditionLive
		}
		if !newest.IsZero() {
			t.age = age(m.now.Sub(newest))
		}
		if rec, ok := m.recording(r.Name); ok {
			t.recording = conditionRecord
			if rec.Ended {
				t.recording = conditionFailed
			}
		}
		rows = append(rows, t)
	}
	return rows
}

// footer is the last lines of the side bar: what is recorded, and how the account does.
type footer struct {
	box     *fyne.Container
	rec     *mark
	records *caption
	line    *fyne.Container
	uploads *button // what waits to be sent; opens the Record page
	exports *button // opens their list; there are some
	account *caption
}

func newFooter(uploads, exports *button) *footer {
	f := &footer{
		rec:     newMark(conditionRecord),
		records: newCaption("", theme.ColorNameForeground).small().cut(0),
		account: newCaption("", colorQuiet).small().cut(0),
		uploads: uploads,
		exports: exports,
	}
	uploads.wide, exports.wide = true, true
	f.line = newEdges(nil, nil, padded(f.rec, 0, 0, 0, space2), nil, f.records)
	f.box = newEdges(newRule(), nil, nil, nil, padded(column(space1, f.line, padded(uploads, 0, 0, -buttonInset, -buttonInset), padded(exports, 0, 0, -buttonInset, -buttonInset), f.account), space2+space1, space2+space1, space3, space3))
	f.line.Hide()
	uploads.Hide()
	exports.Hide()
	return f
}

func (f *footer) show(m *model) {
	n := m.active()
	setVisible(f.line, n > 0)
	f.records.set(lang.N("{{.N}} recordings", n, values{"N": n}))
	uploads := m.uploads()
	setVisible(f.uploads, uploads > 0)
	f.uploads.setText(uploadsText(uploads, m.safety.Pending), "upload")
	setVisible(f.exports, len(m.exports) > 0)
	f.exports.setText(exportsText(m.exports), "disk")
	switch {
	case m.account == nil:
		f.account.set(lang.L("No account"))
	case m.list.Phase == app.Loading:
		f.account.set(lang.L("Asking for the streams"))
	case m.list.Phase == app.Offline:
		f.account.set(lang.L("Offline since {{.Time}}", values{"Time": clock(m.list.Since)}))
	case m.list.Phase == app.Denied:
		f.account.set(lang.L("Access denied"))
	case m.list.Phase == app.SignedOut:
		f.account.set(lang.L("Not signed in"))
	default:
		live := 0
		for _, r := range m.list.Rows {
			if now, _ := m.live(r); now {
				live++
			}
		}
		all := len(m.list.Rows)
		f.account.set(lang.N("{{.N}} streams", all, values{"N": all}) + " · " + lang.L("{{.N}} live", values{"N": live}))
	}
}

// uploadsText says how many uploads there are and how far they are behind.
func uploadsText(n int, behind time.Duration) string {
	return lang.N("{{.N}} uploads", n, values{"N": n}) + " · " + lang.L("{{.Time}} behind", values{"Time": soon(behind)})
}
