package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

// showDelete removes a stream after its name has been typed.
func (u *UI) showDelete(stream string) {
	var s *sheet
	name := newEntry(stream)
	name.keys = func(ev *fyne.KeyEvent) { s.key(ev) }
	_, text := newParagraph(lang.L("Everything that {{.Stream}} has kept is deleted for good. This cannot be undone.",
		values{"Stream": stream}), fyne.TextAlignLeading, false)
	s = u.open(sheetPlan{
		title:   lang.L("Delete {{.Stream}}?", values{"Stream": stream}),
		body:    column(space3, text, field(lang.L("Type the stream's name to confirm"), name)),
		confirm: lang.L("Delete"), weight: loss,
		focus: func() fyne.Focusable { return name },
		do: func(s *sheet) {
			s.run(u.binder, lang.L("Deleting…"), func(ctx context.Context) error {
				return u.app.Streams.Delete(ctx, stream)
			}, nil)
		},
	})
	name.OnChanged = func(typed string) { s.enable(typed == stream, "") }
	name.OnSubmitted = func(string) { s.submit() }
	s.enable(false, "")
}
