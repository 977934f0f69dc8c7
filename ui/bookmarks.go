package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/media"
)

// bookmarkReach is how far the playhead may be from the bookmark that it is on.
const bookmarkReach = time.Second

// bookmark notes the moment at the playhead.
func (u *UI) bookmark(now app.Watching) {
	at, acc := now.Position(), u.app.Account().Get()
	if at.IsZero() || acc == nil {
		return
	}
	stream, on := now.Stream, now.Clock()
	u.binder.work(func(context.Context) error { return u.app.Bookmarks.Add(acc, stream, on, at) }, func(err error) {
		if err != nil {
			u.notice(lang.L("The bookmark was not kept"), err)
			return
		}
		u.say(lang.L("A bookmark is set at {{.Time}}.", values{"Time": clock(at)}), lang.L("Bookmarks"), u.showBookmarks)
	})
}

// takeBookmark takes away the bookmark at the playhead.
func (u *UI) takeBookmark() {
	now, acc := u.now(), u.app.Account().Get()
	if acc == nil || !u.timed() {
		return
	}
	stream, on, near := now.Stream, now.Clock(), now.Position()
	var at time.Time
	var ok bool
	u.binder.work(func(context.Context) (err error) {
		at, ok, err = u.app.Bookmarks.Remove(acc, stream, on, near, bookmarkReach)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			u.notice(lang.L("The bookmark was not kept"), err)
		case ok:
			u.say(lang.L("The bookmark at {{.Time}} is taken away.", values{"Time": clock(at)}), "", nil)
		default:
			u.say(lang.L("There is no bookmark within a second of the playhead."), "", nil)
		}
	})
}

// withBookmarks are marks and bookmarks together, in order.
func withBookmarks(marks []media.Mark, bookmarks []app.Bookmark) []media.Mark {
	if len(bookmarks) == 0 {
		return marks
	}
	all := slices.Clone(marks)
	for _, b := range bookmarks {
		all = append(all, b.Mark())
	}
	slices.SortStableFunc(all, func(a, b media.Mark) int { return a.At.Compare(b.At) })
	return all
}
