package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// showTakeMenu offers what can be done with a take.
func (u *UI) showTakeMenu(t app.Take, at fyne.Position) {
	waits := t.Figures.Fragments > 0
	play := fyne.NewMenuItem(lang.L("Play from this disk"), func() { u.playTake(t.ID) })
	retry := fyne.NewMenuItem(lang.L("Send now"), u.sendNow)
	export := fyne.NewMenuItem(lang.L("Export to a file…"), func() { u.showExport(t) })
	discard := fyne.NewMenuItem(lang.L("Discard…"), func() { u.showDiscard(t) })
	play.Disabled, export.Disabled = !held(t), !held(t)
	retry.Disabled = !waits || !t.Here
	discard.Disabled = !held(t) || t.Open
	items := []*fyne.MenuItem{play, retry}
	if len(t.Rejections) > 0 {
		items = append(items,
			fyne.NewMenuItem(lang.L("Send what was refused again"), func() { u.requeue(t.ID) }),
			fyne.NewMenuItem(lang.L("Why it was refused"), func() { u.showRejections(t) }))
	}
	items = append(items, export, fyne.NewMenuItemSeparator(), discard)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), u.window.Canvas(), at)
}

// playTake watches what this disk holds of a take.
func (u *UI) playTake(id string) {
	u.binder.work(func(context.Context) error { return u.app.PlayTake(id) }, func(err error) {
		if err != nil {
			u.notice(lang.L("The take cannot be played"), err)
			return
		}
		u.turn(pageWatch)
	})
}

func (u *UI) sendNow() {
	u.app.Recordings.RetryNow()
	u.binder.invalidate()
}

func (u *UI) requeue(id string) {
	u.binder.work(func(context.Context) error { return u.app.Recordings.Requeue(id) }, func(err error) {
		if err != nil {
			u.notice(lang.L("What was refused cannot be sent again"), err)
		}
	})
}

// showRejections lists what the service refused, with its reasons.
func (u *UI) showRejections(t app.Take) {
	const most = 50
	lines := column(space3)
	for i, r := range t.Rejections {
		if i == most {
			n := len(t.Rejections) - most
			lines.Add(newCaption(lang.L("and {{.N}} more", values{"N": n}), colorQuiet))
			break
		}
		lines.Add(property(lang.L("{{.Time}}, {{.Length}} long", values{"Time": moment(r.At), "Length": soon(r.Length)}), r.Reason, false))
	}
	u.open(sheetPlan{
		title: lang.L("What the service refused"), width: 520, body: lines,
		confirm: lang.L("Send again"), weight: primary,
		do: func(s *sheet) {
			s.hide()
			u.requeue(t.ID)
		},
	})
}

// discardWord is what a person types to discard a take that has no name.
const discardWord = "discard"

// showDiscard removes what waits of a take after a word has been typed.
func (u *UI) showDiscard(t app.Take) {
	var s *sheet
	word := t.Name
	if word == "" {
		word = discardWord
	}
	typed := newEntry(word)
	typed.keys = func(ev *fyne.KeyEvent) { s.key(ev) }
	f := t.Figures
	_, text := newParagraph(lang.L("{{.Time}} of this take ({{.Amount}}) are only on this disk. Discarding deletes them for good; what the stream has already stays there.",
		values{"Time": soon(max(0, f.Captured-f.Persisted-f.Evicted-f.Lost)), "Amount": amount(f.Bytes)}), fyne.TextAlignLeading, false)
	s = u.open(sheetPlan{
		title:   lang.L("Discard the take of {{.Time}}?", values{"Time": day(t.Began, u.seen.now)}),
		body:    column(space3, text, field(lang.L("Type “{{.Word}}” to confirm", values{"Word": word}), typed)),
		confirm: lang.L("Discard"), weight: loss,
		focus: func() fyne.Focusable { return typed },
		do: func(s *sheet) {
			s.run(u.binder, lang.L("Discarding…"), func(context.Context) error { return u.app.Recordings.Discard(t.ID) }, nil)
		},
	})
	typed.OnChanged = func(what string) { s.enable(what == word, "") }
	typed.OnSubmitted = func(string) { s.submit() }
	s.enable(false, "")
}
