package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

// showProperties tells what the account says of a stream.
func (u *UI) showProperties(stream string) {
	row, ok := u.seen.row(stream)
	if !ok {
		return
	}
	last := lang.L("None in the last day")
	if !row.Last.IsZero() {
		last = lang.L("{{.Age}} ago, at {{.Time}}", values{"Age": age(u.seen.now.Sub(row.Last)), "Time": moment(row.Last)})
	}
	if row.Err != nil {
		last = sentence(row.Err)
	}
	mediaType := row.MediaType
	if mediaType == "" {
		mediaType = lang.L("Not said")
	}
	created := lang.L("Not said")
	if !row.Created.IsZero() {
		created = moment(row.Created)
	}
	body := column(space3,
		property(lang.L("ARN"), row.ARN, true),
		property(lang.L("Keeps fragments for"), retention(row.Retention), false),
		property(lang.L("Newest fragment"), last, false),
		property(lang.L("Created"), created, false),
		property(lang.L("Media type"), mediaType, false))
	var s *sheet
	if acc := u.seen.account; acc != nil {
		body.Add(u.wayField(acc, stream, func(ev *fyne.KeyEvent) { s.key(ev) }))
	}
	s = u.open(sheetPlan{title: row.Name, width: 520, body: body})
}

// wayField lets a person choose how the stream is fetched, which holds from the next time on that it is opened: at
// once when it is watched live.
func (u *UI) wayField(acc app.Account, stream string, keys func(*fyne.KeyEvent)) *fyne.Container {
	ways := []app.Way{app.GetMedia, app.HLS, app.DASH}
	c := newChoices([]string{lang.L("Directly, the quickest"), "HLS", "DASH"}, nil, false, keys, func(int) {})
	c.choose(max(0, slices.Index(ways, u.app.Ways.Chosen(acc, stream))))
	c.changed = func(i int) {
		if ways[i] == u.app.Ways.Chosen(acc, stream) {
			return
		}
		u.binder.work(func(context.Context) error { return u.app.Ways.Choose(acc, stream, ways[i]) }, func(err error) {
			if err != nil {
				u.notice(lang.L("The choice cannot be kept"), err)
			}
			u.app.Watch.Reopen(stream)
		})
	}
	field := field(lang.L("The picture comes"), c.box)
	if taken, ok := u.app.Ways.Taken(acc, stream); ok && taken.Why != nil {
		_, why := newParagraph(lang.L("It comes by {{.Way}} at present: {{.Why}}", values{"Way": strings.ToUpper(string(taken.Way)), "Why": sentence(taken.Why)}),
			fyne.TextAlignLeading, true)
		field.Add(why)
	}
	if now := u.now(); now.Stream == stream && now.Detour() != nil {
		_, why := newParagraph(lang.L("The archive comes through HLS. {{.Why}}", values{"Why": sentence(now.Detour())}), fyne.TextAlignLeading, true)
		field.Add(why)
	}
	return field
}

// property is a named value that can be selected and copied.
func property(name, value string, code bool) *fyne.Container {
	l, text := newParagraph(value, fyne.TextAlignLeading, false)
	l.Selectable = true
	if code {
		l.TextStyle.Monospace = true
		l.SizeName = theme.SizeNameCaptionText
		l.Wrapping = fyne.TextWrapBreak
	}
	return field(name, text)
}
