package ui

import (
	"context"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// exportRow is one export: what it is, how far it is, and what can be done about it.
type exportRow struct {
	box   *fyne.Container
	title *caption
	words *widget.Label
	bar   *progressLine
	act   *button // ends it, takes it up again, or shows the folder
	clear *button
}

// showExports lists the exports, the newest first.
func (u *UI) showExports() {
	list := column(space4)
	nothing, nothingBox := newParagraph(lang.L("Nothing is exported. C on the Watch page exports a clip."), fyne.TextAlignLeading, true)
	rows := make(map[int]*exportRow)
	var shown []int
	var s *sheet
	show := func(m *model) {
		var ids []int
		resized := false
		for _, x := range slices.Backward(m.exports) {
			ids = append(ids, x.ID)
			if rows[x.ID] == nil {
				rows[x.ID] = u.newExportRow(s, x.ID)
			}
			resized = rows[x.ID].show(u, x, queuedExport(m, x)) || resized
		}
		setVisible(nothing, len(ids) == 0)
		if slices.Equal(ids, shown) && shown != nil {
			if resized {
				s.fit()
			}
			return
		}
		shown, list.Objects = ids, nil
		for _, id := range ids {
			list.Objects = append(list.Objects, rows[id].box)
		}
		list.Refresh()
		s.fit()
	}
	u.open(sheetPlan{
		title: lang.L("Exports"), width: 560, body: column(space3, nothingBox, list),
		live:  func(m *model) { show(m) },
		ready: func(sh *sheet) { s = sh },
	})
	u.binder.invalidate()
}

func (u *UI) newExportRow(s *sheet, id int) *exportRow {
	r := &exportRow{title: newCaption("", theme.ColorNameForeground).cut(0), bar: newProgressLine()}
	var words *fyne.Container
	r.words, words = newParagraph("", fyne.TextAlignLeading, true)
	r.act = newButton("", "", normal, nil)
	r.clear = newButton(lang.L("Clear"), "", flat, func() {
		u.binder.work(func(context.Context) error { return u.app.Exports.Clear(id) }, func(err error) {
			if err != nil {
				s.say(sentence(err))
			}
			u.binder.invalidate()
		})
	})
	r.act.keys, r.clear.keys = s.key, s.key
	r.box = column(space1, newEdges(nil, nil, nil, row(space1, r.act, r.clear), r.title), r.bar, words)
	return r
}

// show brings the row to an export's moment, and reports whether it may be higher or lower than before. queued says what a running one
// waits for.
func (r *exportRow) show(u *UI, x app.Export, queued string) (resized bool) {
	title := filepath.Base(x.Path)
	if x.Hours != "" {
		title += string(filepath.Separator) // a folder, often called like the stream
	}
	r.title.set(title)
	r.bar.set(x.Progress.Share())
	resized = setShown(r.bar, x.Phase == app.ExportRunning)
	setVisible(r.clear, x.Phase.Over())
	importance := widget.LowImportance
	if x.Phase == app.ExportFailed {
		importance = widget.WarningImportance
	}
	if text := exportWords(x, queued); text != r.words.Text || importance != r.words.Importance {
		resized = resized || len(text) != len(r.words.Text)
		r.words.Importance = importance
		r.words.SetText(text)
	}
	switch x.Phase {
	case app.ExportDone:
		r.act.setText(lang.L("Show in folder"), "")
		r.act.tapped = func() { u.showFolder(folderOf(x)) }
	case app.ExportFailed, app.ExportCancelled:
		again := lang.L("Resume")
		if x.Phase == app.ExportFailed {
			again = lang.L("Try again")
		}
		r.act.setText(again, "")
		r.act.tapped = func() { u.app.Exports.Again(x.ID); u.binder.invalidate() }
	default:
		r.act.setText(lang.L("Cancel"), "")
		r.act.tapped = func() { u.app.Exports.Cancel(x.ID); u.binder.invalidate() }
	}
	return resized
}

// folderOf is where an export's files are.
func folderOf(x app.Export) string {
	if x.Hours != "" {
		return x.Path
	}
	return filepath.Dir(x.Path)
}

// exportWords says how an export stands, and what it waits for if it runs and does not go on.
func exportWords(x app.Export, queued string) string {
	p := x.Progress
	missing := ""
	if p.Missing > 0 {
		missing = " · " + lang.N("{{.N}} fragments are gone or damaged", p.Missing, values{"N": p.Missing})
	}
	switch x.Phase {
	case app.ExportWaiting:
		return x.Stream + " · " + lang.L("waits for the others")
	case app.ExportRunning:
		if queued != "" {
			missing += " · " + queued
		}
		if x.Hours != "" {
			return x.Stream + " · " + percent(p.Share()) + " · " + lang.L("{{.Done}} copied, by the hour", values{"Done": amount(p.Bytes)}) + missing
		}
		return x.Stream + " · " + percent(p.Share()) + " · " + lang.L("{{.Done}} of {{.All}}", values{"Done": amount(p.Bytes), "All": amount(p.Of)}) + missing
	case app.ExportDone:
		files := ""
		if n := len(x.Files); n > 1 || x.Hours != "" {
			files = " · " + lang.N("{{.N}} files", n, values{"N": n})
		}
		if p.Bytes > 0 {
			files += " · " + amount(p.Bytes)
		}
		return x.Stream + " · " + lang.L("done") + files + missing
	case app.ExportCancelled:
		return x.Stream + " · " + lang.L("cancelled; what there is of it is kept until it is cleared")
	}
	return sentence(x.Err)
}

// exportsText says on the side bar's button how many exports are not done yet, or that some are.
func exportsText(list []app.Export) string {
	open := 0
	for _, x := range list {
		if !x.Phase.Over() {
			open++
		}
	}
	if open == 0 {
		return lang.L("Exports")
	}
	return lang.N("{{.N}} exports", open, values{"N": open})
}
