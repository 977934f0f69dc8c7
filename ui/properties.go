package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
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
	u.open(sheetPlan{
		title: row.Name,
		width: 520,
		body: column(space3,
			property(lang.L("ARN"), row.ARN, true),
			property(lang.L("Keeps fragments for"), retention(row.Retention), false),
			property(lang.L("Newest fragment"), last, false),
			property(lang.L("Created"), created, false),
			property(lang.L("Media type"), mediaType, false)),
	})
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
