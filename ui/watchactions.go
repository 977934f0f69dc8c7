package ui

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// now is what is watched at this very moment; what was shown last may be older than a key.
func (u *UI) now() app.Watching { return u.app.Watch.Now().Get() }

// timed reports whether there is a stream whose time keys can move.
func (u *UI) timed() bool { return u.now().Take == "" && len(u.now().Tiles) > 0 }

// togglePlay lets time go by, or stand. Standing still at a speed other than 1 keeps it.
func (u *UI) togglePlay() {
	now := u.now()
	if now.Transport != nil && !now.Transport.Playing() {
		u.app.Watch.Play()
	} else if u.timed() {
		u.app.Watch.Pause()
	}
	u.binder.invalidate()
}

// standStill pauses.
func (u *UI) standStill() {
	if u.timed() {
		u.app.Watch.Pause()
		u.binder.invalidate()
	}
}

// playForwards and playBackwards play at speed 1, and faster with each press; in the other direction they begin anew.
func (u *UI) playForwards()  { u.shuttle(1) }
func (u *UI) playBackwards() { u.shuttle(-1) }

func (u *UI) shuttle(direction float64) {
	rate := direction
	if t := u.now().Transport; t != nil && t.Playing() && t.Rate()*direction >= 1 {
		rate = t.Rate() * 2
	}
	u.speed(rate)
}

// pressPlay is the bar's button: forwards, or still.
func (u *UI) pressPlay() {
	now := u.now()
	if t := now.Transport; t != nil && (!t.Playing() || t.Rate() < 0) {
		u.speed(max(1, t.Rate()))
		return
	}
	u.standStill()
}

// pressBack is the bar's button: backwards, or still.
func (u *UI) pressBack() {
	if t := u.now().Transport; t != nil && t.Playing() && t.Rate() < 0 {
		u.standStill()
		return
	}
	u.speed(-1)
}

func (u *UI) moveBy(d time.Duration) {
	if u.timed() {
		u.app.Watch.Move(d)
		u.binder.invalidate()
	}
}

func (u *UI) stepBy(n int) {
	if u.timed() {
		u.app.Watch.Step(n)
		u.binder.invalidate()
	}
}

func (u *UI) goLive() {
	u.app.Watch.Live()
	u.binder.invalidate()
}

// goHome and goEnd go to the ends of what the stream holds.
func (u *UI) goHome() { u.goEnds(u.app.Watch.Home) }
func (u *UI) goEnd()  { u.goEnds(u.app.Watch.End) }

// goEnds goes where do leads.
func (u *UI) goEnds(do func(context.Context) error) {
	if !u.timed() {
		return
	}
	u.binder.work(do, func(err error) {
		if err != nil {
			u.notice(lang.L("There is nothing to go to"), err)
		}
		u.binder.invalidate()
	})
}

// goBeside goes to the nearest picture behind what cannot be shown, or in front of it.
func (u *UI) goBeside(after bool) {
	none := false
	u.binder.work(func(ctx context.Context) error {
		err := u.app.Watch.Beside(ctx, after)
		if none = errors.Is(err, app.ErrNothing); none {
			return nil
		}
		return err
	}, func(err error) {
		switch {
		case err != nil:
			u.notice(lang.L("There is nothing to go to"), err)
		case none:
			u.say(lang.L("There is no other recording on that side."), "", nil)
		}
		u.binder.invalidate()
	})
}

// chooseIn and chooseOut make the playhead an end of the chosen time.
func (u *UI) chooseIn() {
	now := u.now()
	if at := now.Position(); !at.IsZero() {
		out := now.Out
		if !out.After(at) {
			out = time.Time{}
		}
		u.app.Watch.Choose(at, out)
		u.binder.invalidate()
	}
}

func (u *UI) chooseOut() {
	now := u.now()
	if at := now.Position(); !at.IsZero() {
		in := now.In
		if !in.Before(at) {
			in = time.Time{}
		}
		u.app.Watch.Choose(in, at)
		u.binder.invalidate()
	}
}

func (u *UI) chooseNothing() {
	u.app.Watch.Choose(time.Time{}, time.Time{})
	u.binder.invalidate()
}

// focusTile gives the keys to one of several streams.
func (u *UI) focusTile(i int) {
	if tiles := u.now().Tiles; len(tiles) > 1 && i < len(tiles) {
		u.app.Watch.Focus(tiles[i].Stream)
	}
}

// addBeside shows a stream beside those that are watched.
func (u *UI) addBeside(stream string) {
	u.turn(pageWatch)
	if !u.app.Watch.Add(stream) {
		u.sayFull()
	}
}

func (u *UI) sayFull() {
	u.say(lang.L("There is room for four streams side by side. Take one away first."), "", nil)
}

// takeAway takes a stream away from those that are watched side by side.
func (u *UI) takeAway(stream string) { u.app.Watch.Remove(stream) }

// toggleInspector opens or closes the drawer.
func (u *UI) toggleInspector() {
	u.page.inspect = !u.page.inspect
	u.binder.invalidate()
}

// say shows a toast.
func (u *UI) say(text, label string, do func()) {
	on := u.page.toast
	if u.at == pageCalls {
		on = u.calls.toast
	}
	on.say(text, label, do, time.Now())
}

// copyLink puts a link to this moment, or to the chosen time, into the clipboard.
func (u *UI) copyLink(chosen bool) {
	link, err := u.app.Watch.Link(chosen)
	if err != nil {
		u.say(sentence(err), "", nil)
		return
	}
	u.fyne.Clipboard().SetContent(link.String())
	if chosen {
		u.say(lang.L("A link to the chosen time is in the clipboard."), "", nil)
		return
	}
	u.say(lang.L("A link to {{.Time}} is in the clipboard.", values{"Time": instant(link.From, time.Now())}), "", nil)
}

// copyStreamLink puts a link to a stream, live, into the clipboard.
func (u *UI) copyStreamLink(stream string) {
	if acc := u.app.Account().Get(); acc != nil {
		u.fyne.Clipboard().SetContent(app.Link{Account: acc.Name(), Streams: []string{stream}}.String())
		u.say(lang.L("A link to {{.Stream}} is in the clipboard.", values{"Stream": stream}), "", nil)
	}
}

// markWatched presses the marker of the recording into the stream that is watched live, if this program makes it, and sets a
// bookmark elsewhere.
func (u *UI) markWatched() {
	now := u.now()
	stream := now.Stream
	rec, ok := u.seen.recording(stream)
	if !ok || rec.Ended || now.Archived() {
		u.bookmark(now)
		return
	}
	if err := u.app.Recordings.Mark(stream, lang.L("marker {{.N}}", values{"N": rec.Source.Markers + 1})); err != nil {
		u.notice(lang.L("The marker was not set"), err)
		return
	}
	u.say(lang.L("A marker is set at {{.Time}}.", values{"Time": clock(time.Now())}), "", nil)
}

// snapshot saves the picture.
func (u *UI) snapshot() {
	if !u.timed() {
		return
	}
	folder, path := picturesFolder(), ""
	u.binder.work(func(ctx context.Context) (err error) {
		path, err = u.app.Watch.Snapshot(ctx, folder)
		return err
	}, func(err error) {
		if err != nil {
			u.notice(lang.L("The picture was not saved"), err)
			return
		}
		u.say(lang.L("Saved {{.Name}} in {{.Folder}}.", values{"Name": filepath.Base(path), "Folder": filepath.Base(folder)}),
			lang.L("Show in folder"), func() { u.showFolder(folder) })
	})
}

// showFolder opens a folder in the desktop's own program for that.
func (u *UI) showFolder(folder string) {
	if err := u.fyne.OpenURL(&url.URL{Scheme: "file", Path: folder}); err != nil {
		u.notice(lang.L("The folder cannot be shown"), err)
	}
}
