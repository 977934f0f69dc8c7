package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/internal/diskspace"
)

// showExport writes what this disk holds of a take into a file that a person names.
func (u *UI) showExport(t app.Take) {
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	path := newEntry(exportName(t))
	path.keys = keys
	path.SetText(filepath.Join(homeFolder(), exportName(t)))
	folders := newBrowser(u.binder, homeFolder(), func(string) bool { return false }, func(dir string) {
		path.SetText(filepath.Join(dir, filepath.Base(path.Text)))
	}, keys)
	room, roomBox := newParagraph("", fyne.TextAlignLeading, true)
	bar := newProgressLine()
	bar.Hide()
	var done, total atomic.Int64
	measure := func() {
		dir, free := filepath.Dir(atHome(path.Text)), int64(-1)
		u.binder.work(func(context.Context) error {
			if n, err := diskspace.Free(dir); err == nil { // a folder that is still being typed is none yet
				free = n
			}
			return nil
		}, func(error) { room.SetText(roomWords(t.Figures.Bytes, free)) })
	}
	s = u.open(sheetPlan{
		title: lang.L("Export the take of {{.Time}}", values{"Time": day(t.Began, u.seen.now)}), width: 560,
		body: column(space3, field(lang.L("File"), path), field(lang.L("Folder"), folders.box),
			roomBox, container.NewStack(bar)),
		confirm: lang.L("Export"), weight: primary,
		focus: func() fyne.Focusable { return path },
		live: func(*model) {
			if all := total.Load(); all > 0 {
				bar.set(float64(done.Load()) / float64(all))
			}
		},
		do: func(s *sheet) {
			to := atHome(path.Text)
			bar.Show()
			s.fit()
			var files []string
			s.runAbortable(u.binder, lang.L("Exporting…"), func(ctx context.Context) (err error) {
				if _, err := os.Stat(to); err == nil {
					return errors.New(lang.L("There is a file of that name already. Choose another name."))
				}
				files, err = u.app.Recordings.Export(ctx, t.ID, to, func(d, all int64) { done.Store(d); total.Store(all) })
				return err
			}, func(err error) {
				bar.Hide()
				if err == nil {
					u.exported(files)
				}
			})
		},
	})
	path.OnChanged = func(text string) { s.enable(strings.TrimSpace(text) != "", ""); measure() }
	path.OnSubmitted = func(string) { s.submit() }
	measure()
	s.fit()
}

// exported says where the files are.
func (u *UI) exported(files []string) {
	u.open(sheetPlan{title: lang.L("Exported"), width: 560,
		body: property(lang.N("{{.N}} files", len(files), values{"N": len(files)}), strings.Join(files, "\n"), true)})
}

// exportName is a file name that sorts by time and says whose time that is: ISO 8601 with its zone.
func exportName(t app.Take) string {
	name := t.Stream
	if t.Name != "" {
		name = t.Name
	}
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, name)
	return clean + " " + t.Began.Local().Format("20060102T150405Z0700") + ".mkv"
}

// roomWords says what a file needs and what the disk has; free is negative when that is not known.
func roomWords(need, free int64) string {
	switch {
	case free < 0:
		return lang.L("It takes about {{.Need}}.", values{"Need": amount(need)})
	case free < need:
		return lang.L("It takes about {{.Need}}, but only {{.Free}} are free there.", values{"Need": amount(need), "Free": amount(free)})
	default:
		return lang.L("It takes about {{.Need}} of the {{.Free}} that are free there.", values{"Need": amount(need), "Free": amount(free)})
	}
}
