package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/media"
	"kinora/ui/timeline"
)

// newTimes makes the bar of time.
func (u *UI) newTimes() *timeBar {
	watch, past := u.app.Watch, u.app.Past
	return newTimeBar(timeBarParts{
		scrub: watch.Scrub,
		rest:  watch.Rest,
		release: func(time.Time) {
			watch.Release()
			u.binder.invalidate()
		},
		play: func(at time.Time) {
			watch.Seek(at)
			watch.Play()
			u.binder.invalidate()
		},
		chosen:  watch.Choose,
		looked:  past.Survey.Look,
		hovered: past.Hover,
		keys:    u.typed,
		runes:   u.typedRune,
	})
}

// timesOf is what the bar shows of what is known.
func timesOf(k *app.Surveyed, bookmarks []app.Bookmark) *timeline.Data {
	d := &timeline.Data{
		Wide: timeline.Layer(k.Wide), Near: timeline.Layer(k.Near), Others: k.Others, Set: k.Set, Local: k.Local,
		Marks: withBookmarks(k.Marks, bookmarks), Marker: app.MarkerTag, First: k.First, Last: k.Last,
	}
	if k.Live {
		d.Seekable = k.Last
	}
	return d
}

// showPast brings the bar to what is known now.
func (p *watchPage) showPast(m *model) {
	clock := ""
	if m.watching.Clock() == app.ServerClock {
		clock = lang.L("server")
	}
	p.times.clock(clock)
	p.times.vacant = m.watching.Archived() && m.deck.Vacant()
	if m.surveyed != nil && (m.surveyed != p.known || !slices.Equal(m.bookmarks, p.noted)) {
		p.known, p.noted = m.surveyed, m.bookmarks
		p.times.show(timesOf(m.surveyed, m.bookmarks))
	}
	if t := &m.thumb; t.Stream == m.watching.Stream && !t.Of.IsZero() {
		p.times.picture(t.Of, t.Image, t.Fragment)
	}
}

// showGoTo asks for a time and goes there.
func (u *UI) showGoTo() {
	if !u.timed() {
		return
	}
	bar, now := u.page.times, time.Now()
	head := u.now().Position()
	if head.IsZero() {
		head = now
	}
	u.open(newGoToPlan(goToParts{
		data: bar.data, unseen: u.unseenDays(bar.view.Zone), zone: bar.view.Zone, playhead: head, now: now,
		seek: u.seekTo, live: u.goLive,
		fragment: func(number string) {
			u.goEnds(func(ctx context.Context) error { return u.app.Watch.Fragment(ctx, number) })
		},
		bookmarks: u.showBookmarks,
	}, func() *timeline.Data { return bar.data }))
}

// unseenDays tells of days of the stream in the focus whether nobody has watched any of them here.
func (u *UI) unseenDays(zone *time.Location) func(timeline.Day) bool {
	acc, now := u.app.Account().Get(), u.now()
	if acc == nil {
		return nil
	}
	return func(d timeline.Day) bool {
		return !u.app.Viewed.Any(acc, now.Stream, now.Clock(), d.Start(zone), d.End(zone))
	}
}

// seekTo goes to a time, and shows it on the bar.
func (u *UI) seekTo(at time.Time) {
	u.app.Watch.Seek(at)
	u.page.times.reveal(at)
	u.binder.invalidate()
}

// nextSpan goes to where the next recording begins, or the one before, wherever in the archive it is.
func (u *UI) nextSpan(forward bool) {
	if !u.timed() {
		return
	}
	asked := u.now().Stream
	var at time.Time
	var ok bool
	u.binder.work(func(ctx context.Context) (err error) {
		at, ok, err = u.app.NextSpan(ctx, forward)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			u.notice(lang.L("There is nothing to go to"), err)
		case u.now().Stream != asked:
		case !ok:
			u.say(lang.L("There is no other recording on that side."), "", nil)
		default:
			u.seekTo(at)
		}
	})
}

// nextMark goes to the next marker, tag or bookmark, or the one before, wherever in the archive it is.
func (u *UI) nextMark(forward bool) {
	if !u.timed() {
		return
	}
	asked := u.now().Stream
	var m media.Mark
	var ok bool
	u.binder.work(func(ctx context.Context) (err error) {
		m, ok, err = u.app.NextMark(ctx, forward)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			u.notice(lang.L("There is nothing to go to"), err)
		case u.now().Stream != asked:
		case !ok:
			u.say(lang.L("There is no other marker, tag or bookmark on that side."), "", nil)
		default:
			u.seekTo(m.At)
			u.say(lang.L("{{.Mark}}, at {{.Time}}", values{"Mark": markName(m.Name, m.Value, app.MarkerTag), "Time": instant(m.At, time.Now())}), "", nil)
		}
	})
}

// toggleTimes opens the bar, or leaves its main strip alone.
func (u *UI) toggleTimes() {
	u.page.times.open(!u.page.times.view.Open)
	relayout(u.page.box)
}
