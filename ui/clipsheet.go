package ui

import (
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"kinora/ui/timeline"
)

// clipBefore is how long a clip is to which nobody has given a beginning.
const clipBefore = time.Minute

// showClip asks for a range of the stream that is watched and a file, and exports it. The chosen time is proposed; without
// one it is what lies in front of the playhead.
func (u *UI) showClip() {
	now := u.now()
	account := u.app.Account().Get()
	if account == nil || !u.timed() {
		return
	}
	from, to := now.In, now.Out
	if to.IsZero() {
		if to = now.Position(); to.IsZero() {
			to = time.Now()
		}
	}
	if from.IsZero() || !from.Before(to) {
		from = to.Add(-clipBefore)
	}
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	line := func(hint, text string) *entry {
		e := newEntry(hint)
		e.keys = keys
		e.SetText(text)
		e.OnSubmitted = func(string) { s.submit() }
		return e
	}
	const exact = "2006-01-02 15:04:05.000"
	begin, end := line(lang.L("Time"), told(from).Format(exact)), line(lang.L("Time"), told(to).Format(exact))
	path := line(clipName(now.Stream, from), filepath.Join(homeFolder(), clipName(now.Stream, from)))
	folders := newBrowser(u.binder, homeFolder(), func(string) bool { return false }, func(dir string) {
		path.SetText(filepath.Join(dir, filepath.Base(path.Text)))
	}, keys)
	words, wordsBox := newParagraph("", fyne.TextAlignLeading, true)
	read := func() (ok bool) {
		a, err1 := timeline.Parse(begin.Text, told(from), time.Now())
		b, err2 := timeline.Parse(end.Text, told(to), time.Now())
		switch {
		case err1 != nil:
			words.SetText(unclear(err1))
		case err2 != nil:
			words.SetText(unclear(err2))
		case !b.At.After(a.At):
			words.SetText(lang.L("The clip would end before it begins."))
		default:
			from, to = a.At, b.At
			words.SetText(lang.L("{{.Time}} long, from the key frame before its beginning on; nothing is encoded again. .mp4 plays everywhere, .mkv keeps every track and tag.", values{"Time": length(to.Sub(from))}))
			ok = strings.TrimSpace(path.Text) != ""
		}
		if s != nil {
			s.enable(ok, "")
			s.fit()
		}
		return ok
	}
	for _, e := range []*entry{begin, end, path} {
		e.OnChanged = func(string) { read() }
	}
	s = u.open(sheetPlan{
		title: lang.L("Export a clip of {{.Name}}", values{"Name": now.Stream}), width: 560,
		body: column(space3, container.NewGridWithColumns(2, field(lang.L("From"), begin), field(lang.L("To"), end)), field(lang.L("File"), path),
			field(lang.L("Folder"), folders.box), wordsBox),
		confirm: lang.L("Export"), weight: primary,
		focus: func() fyne.Focusable { return path },
		do: func(s *sheet) {
			if !read() {
				return
			}
			if err := u.app.Exports.Add(account, now.Stream, from, to, path.Text); err != nil {
				s.say(sentence(err))
				return
			}
			s.hide()
			u.say(lang.L("The clip is being exported"), lang.L("Exports"), u.showExports)
			u.binder.invalidate()
		},
	})
	read()
}

// clipName is a file name that sorts by stream and time: ISO 8601 with its zone.
func clipName(stream string, from time.Time) string {
	return stream + " " + from.Local().Format("20060102T150405Z0700") + ".mp4"
}
