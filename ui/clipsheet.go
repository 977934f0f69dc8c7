package ui

import (
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/ui/timeline"
)

// clipBefore is how long a clip is to which nobody has given a beginning.
const clipBefore = time.Minute

// What a clip sheet is asked for, in the order of its buttons.
const (
	oneFile    = iota
	hourly     // a file for each hour of the time
	everything // likewise of all that is stored
)

// clipSheet asks for a range of the stream that is watched and for files, and exports it.
type clipSheet struct {
	*sheet
	u          *UI
	account    app.Account
	stream     string
	proposed   [2]time.Time // from and to, to which relative times are meant
	from, to   time.Time
	kind       int
	begin, end *entry
	times      *fyne.Container
	path       *entry // the file, or the folder of files
	file       *fyne.Container
	folder     *entry
	target     *fyne.Container
	served     *fyne.Container // has the service make the file
	serve      bool
	words      func(string)
}

// showClip proposes the chosen time; without one it is what lies in front of the playhead.
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
	c := &clipSheet{u: u, account: account, stream: now.Stream, proposed: [2]time.Time{from, to}, from: from, to: to}
	c.open()
}

func (c *clipSheet) open() {
	const exact = "2006-01-02 15:04:05.000"
	home, name := homeFolder(), clipName(c.stream, c.from)
	c.begin, c.end = c.line(lang.L("Time"), typed(c.from, zone(), exact)), c.line(lang.L("Time"), typed(c.to, zone(), exact))
	c.times = container.New(evenly{perRow: 2, gap: space3}, field(lang.L("From"), c.begin), field(lang.L("To"), c.end))
	c.path = c.line(name, filepath.Join(home, name))
	c.file = field(lang.L("File"), c.path)
	c.folder = c.line(c.stream, filepath.Join(home, c.stream))
	c.target = field(lang.L("Folder of the files"), c.folder)
	folders := newBrowser(c.u.binder, home, func(string) bool { return false }, func(dir string) {
		c.path.SetText(filepath.Join(dir, filepath.Base(c.path.Text)))
		c.folder.SetText(dir)
	}, c.keys)
	words, wordsBox := newParagraph("", fyne.TextAlignLeading, true)
	c.words = words.SetText
	c.served = flush(newToggle(lang.L("Have the service make the file (GetClip)"), false, c.keys, func(on bool) {
		c.serve = on
		c.read()
	}))
	kinds := newChoices([]string{lang.L("One file"), lang.L("A file for each hour"), lang.L("All that is stored, by the hour")}, nil, false, c.keys, func(i int) {
		c.kind = i
		c.look()
	})
	kinds.choose(oneFile)
	c.u.open(sheetPlan{
		title: lang.L("Export a clip of {{.Name}}", values{"Name": c.stream}), width: 560,
		body:    column(space3, kinds.box, c.times, c.file, c.served, c.target, field(lang.L("Folder"), folders.box), wordsBox),
		confirm: lang.L("Export"), weight: primary,
		ready: func(s *sheet) { c.sheet = s },
		focus: func() fyne.Focusable { return c.path },
		do:    func(*sheet) { c.export() },
	})
	for _, e := range []*entry{c.begin, c.end, c.path, c.folder} {
		e.OnChanged = func(string) { c.read() }
	}
	c.look()
}

func (c *clipSheet) keys(ev *fyne.KeyEvent) { c.key(ev) }

func (c *clipSheet) line(hint, text string) *entry {
	e := newEntry(hint)
	e.keys = c.keys
	e.SetText(text)
	e.OnSubmitted = func(string) { c.submit() }
	return e
}

// look shows what the kind needs.
func (c *clipSheet) look() {
	setVisible(c.times, c.kind != everything)
	setVisible(c.file, c.kind == oneFile)
	setVisible(c.served, c.kind == oneFile)
	setVisible(c.target, c.kind != oneFile)
	c.read()
}

// read takes what was written, and says what will be done or what is wrong.
func (c *clipSheet) read() (ok bool) {
	a, err1 := timeline.Parse(c.begin.Text, told(c.proposed[0]), time.Now())
	b, err2 := timeline.Parse(c.end.Text, told(c.proposed[1]), time.Now())
	target := c.path.Text
	if c.kind != oneFile {
		target = c.folder.Text
	}
	ok = strings.TrimSpace(target) != ""
	switch hours := lang.L("What the folder has already is not copied again. The files are MP4; nothing is encoded again."); {
	case c.kind == everything:
		c.words(hours)
	case err1 != nil:
		c.words(unclear(err1))
		ok = false
	case err2 != nil:
		c.words(unclear(err2))
		ok = false
	case !b.At.After(a.At):
		c.words(lang.L("The clip would end before it begins."))
		ok = false
	default:
		c.from, c.to = a.At, b.At
		if c.kind == hourly {
			c.words(hours)
			break
		}
		if c.serve {
			c.words(lang.L("{{.Time}} long. The service makes an MP4 of up to 200 fragments and 100 MB; what is longer is copied from its fragments. A proof of it cannot say where it was changed, and what breaks off begins anew.", values{"Time": length(c.to.Sub(c.from))}))
			break
		}
		c.words(lang.L("{{.Time}} long, from the key frame before its beginning on; nothing is encoded again. .mp4 plays everywhere, .mkv keeps every track and tag.", values{"Time": length(c.to.Sub(c.from))}))
	}
	if c.sheet != nil {
		c.enable(ok, "")
		c.fit()
	}
	return ok
}

func (c *clipSheet) export() {
	if !c.read() {
		return
	}
	exports := c.u.app.Exports
	var err error
	switch c.kind {
	case oneFile:
		add := exports.Add
		if c.serve {
			add = exports.AddServed
		}
		err = add(c.account, c.stream, c.from, c.to, atHome(c.path.Text))
	case hourly:
		err = exports.AddHours(c.account, c.stream, c.from, c.to, atHome(c.folder.Text), "mp4")
	case everything:
		err = exports.AddHours(c.account, c.stream, time.Time{}, time.Now(), atHome(c.folder.Text), "mp4")
	}
	if err != nil {
		c.say(sentence(err))
		return
	}
	c.hide()
	c.u.say(lang.L("The clip is being exported"), lang.L("Exports"), c.u.showExports)
	c.u.binder.invalidate()
}

// clipName is a file name that sorts by stream and time: ISO 8601 with its zone.
func clipName(stream string, from time.Time) string {
	return stream + " " + from.Local().Format("20060102T150405Z0700") + ".mp4"
}

// atHome is where a person means a path to be that does not begin at the root: the program's own folder is nobody's.
func atHome(path string) string {
	path = strings.TrimSpace(path)
	if path == "~" || strings.HasPrefix(path, "~/") {
		path = path[1:]
	} else if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(homeFolder(), path)
}
