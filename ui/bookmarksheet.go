package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// bookmarkSheet lists the bookmarks of a stream by time: one is gone to, called something or taken away. What was written as a name is
// kept when another bookmark is chosen, and when the sheet is left.
type bookmarkSheet struct {
	*sheet
	u       *UI
	account app.Account
	stream  string
	clock   app.Clock
	known   []app.Bookmark
	at      time.Time // of the one that is chosen; zero: there is none
	named   time.Time // whose name is written
	list    *bookmarkList
	name    *entry
	none    *widget.Label
	some    *fyne.Container
}

const bookmarksHeight = 240

// showBookmarks lists those of the stream in the focus, with the one that is nearest to the playhead chosen.
func (u *UI) showBookmarks() {
	now, account := u.now(), u.app.Account().Get()
	if account == nil || !u.timed() {
		return
	}
	b := &bookmarkSheet{u: u, account: account, stream: now.Stream, clock: now.Clock()}
	b.known = u.app.Bookmarks.Of(account, b.stream, b.clock)
	for _, x := range b.known {
		if b.at.IsZero() || x.At.Sub(now.Position()).Abs() < b.at.Sub(now.Position()).Abs() {
			b.at = x.At
		}
	}
	b.open()
}

func (b *bookmarkSheet) open() {
	keys := func(ev *fyne.KeyEvent) { b.key(ev) }
	b.name = newEntry(lang.L("What there is to be seen"))
	b.name.keys = keys
	b.name.OnSubmitted = func(string) { b.rename() }
	b.list = b.newList(keys)
	var none *fyne.Container
	b.none, none = newParagraph(lang.L("There are no bookmarks. M sets one at the playhead, unless the stream is recorded here: then it sets a marker."), fyne.TextAlignLeading, true)
	b.some = column(space3, container.New(sized{height: bookmarksHeight}, b.list), field(lang.L("Name"), b.name))
	b.u.open(sheetPlan{
		title: lang.L("Bookmarks of {{.Name}}", values{"Name": brief(b.stream)}), width: 560,
		body:    column(space3, none, b.some),
		leave:   lang.L("Close"),
		confirm: lang.L("Go"), weight: primary, do: func(*sheet) { b.enter() },
		other: lang.L("Take away"), instead: func(*sheet) { b.remove() },
		ready: func(s *sheet) { b.sheet = s },
		left:  b.rename,
		focus: func() fyne.Focusable { return b.list },
		live: func(m *model) {
			if now := b.u.app.Bookmarks.Of(b.account, b.stream, b.clock); !slices.Equal(now, b.known) {
				b.known = now
				b.show()
			}
		},
	})
	b.show()
}

func (b *bookmarkSheet) newList(keys func(*fyne.KeyEvent)) *bookmarkList {
	l := newBookmarkList()
	l.step = func(by int) {
		if i := b.chosen(); i >= 0 {
			l.Select(min(max(i+by, 0), len(b.known)-1))
		}
	}
	l.enter, l.remove, l.keys = b.enter, b.remove, keys
	l.Length = func() int { return len(b.known) }
	l.UpdateItem = func(i int, o fyne.CanvasObject) { o.(*bookmarkRow).show(b.known[i]) }
	l.OnSelected = b.choose
	return l
}

// chosen is where in the list the chosen bookmark is; -1: nowhere.
func (b *bookmarkSheet) chosen() int {
	return slices.IndexFunc(b.known, func(x app.Bookmark) bool { return x.At.Equal(b.at) })
}

// choose makes a bookmark the one that is meant, after the name of the one before is kept.
func (b *bookmarkSheet) choose(i int) {
	if i < 0 || i >= len(b.known) || b.known[i].At.Equal(b.at) {
		return
	}
	b.rename()
	b.at = b.known[i].At
	b.write(i)
}

// write writes the name of the bookmark that is chosen, unless it is there already.
func (b *bookmarkSheet) write(i int) {
	if !b.named.Equal(b.at) {
		b.named = b.at
		b.name.SetText(b.known[i].Name)
	}
}

// show brings the sheet to what is known.
func (b *bookmarkSheet) show() {
	i := b.chosen()
	if i < 0 && len(b.known) > 0 {
		if i = b.after(); i < 0 {
			i = len(b.known) - 1
		}
		b.at = b.known[i].At
	}
	setVisible(b.none, i < 0)
	setVisible(b.some, i >= 0)
	b.list.Refresh()
	if i >= 0 {
		b.write(i)
		b.list.Select(i)
	}
	b.enable(i >= 0, "")
	b.other.enable(i >= 0)
	b.fit()
}

// after is where the first bookmark behind the chosen moment is.
func (b *bookmarkSheet) after() int {
	return slices.IndexFunc(b.known, func(x app.Bookmark) bool { return x.At.After(b.at) })
}

// rename keeps what is written as the name of the chosen bookmark.
func (b *bookmarkSheet) rename() {
	i, name := b.chosen(), b.name.Text
	if i < 0 || name == b.known[i].Name {
		return
	}
	at := b.at
	b.u.binder.work(func(context.Context) error {
		return b.u.app.Bookmarks.Rename(b.account, b.stream, b.clock, at, name)
	}, func(err error) {
		if err != nil {
			b.u.notice(lang.L("The bookmark was not kept"), err)
		}
		b.u.binder.invalidate()
	})
}

// remove takes the chosen bookmark away.
func (b *bookmarkSheet) remove() {
	if b.chosen() < 0 {
		return
	}
	at := b.at
	b.u.binder.work(func(context.Context) error {
		_, _, err := b.u.app.Bookmarks.Remove(b.account, b.stream, b.clock, at, 0)
		return err
	}, func(err error) {
		if err != nil {
			b.say(sentence(err))
		}
		b.u.binder.invalidate()
	})
}

// enter goes to the chosen bookmark.
func (b *bookmarkSheet) enter() {
	if b.chosen() < 0 {
		return
	}
	b.rename()
	b.hide()
	b.u.seekTo(b.at)
}
