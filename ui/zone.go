package ui

import (
	"context"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// The choices in the program's preferences.
const (
	zoneKey  = "zone"       // by whose clock times are told: a name as time.LoadLocation takes it; empty: this computer's
	otherKey = "zone.other" // the last of them that is neither this computer's nor UTC
)

// tellsZone is the zone by whose clock everything in the window is told; nil: this computer's.
var tellsZone atomic.Pointer[time.Location]

// zone is the zone by whose clock times are told now.
func zone() *time.Location {
	if z := tellsZone.Load(); z != nil {
		return z
	}
	return time.Local
}

// told is a time by the clock of the zone.
func told(t time.Time) time.Time { return t.In(zone()) }

// savedZone is the zone that was chosen last.
func savedZone(p fyne.Preferences) *time.Location {
	z, err := zoneNamed(p.String(zoneKey))
	if err != nil {
		return time.Local // of a system that knows more zones
	}
	return z
}

// zoneNamed is the zone of a name; of an empty one this computer's.
func zoneNamed(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	return time.LoadLocation(name)
}

// tellIn makes all times be told by the clock of a zone.
func (u *UI) tellIn(z *time.Location) {
	tellsZone.Store(z)
	u.page.times.zone(z)
	u.binder.invalidate()
}

// chooseZone is tellIn for a person's choice, which is remembered.
func (u *UI) chooseZone(name string) {
	z, err := zoneNamed(name)
	if err != nil {
		u.notice(lang.L("There is no such time zone"), err)
		return
	}
	p := u.fyne.Preferences()
	p.SetString(zoneKey, name)
	if name != "" && name != "UTC" {
		p.SetString(otherKey, name)
	}
	u.tellIn(z)
	u.say(lang.L("Times are those of {{.Zone}}.", values{"Zone": zoneTitle(name)}), "", nil)
}

// zoneTitle is a zone with what its clocks call their time now: "Europe/Berlin (CET)".
func zoneTitle(name string) string {
	z, err := zoneNamed(name)
	if err != nil {
		return name
	}
	short, _ := time.Now().In(z).Zone()
	if name == "" {
		name = lang.L("This computer's zone")
	}
	if short == name {
		return name
	}
	return name + " (" + short + ")"
}

// showClocks offers by which clock times are told: whose zone, and of a stream whether the producer's or the server's.
func (u *UI) showClocks(above fyne.CanvasObject) {
	chosen := u.fyne.Preferences().String(zoneKey)
	names := []string{"", "UTC"}
	if other := u.fyne.Preferences().String(otherKey); other != "" {
		names = append(names, other)
	}
	m := fyne.NewMenu("")
	for _, name := range names {
		item := fyne.NewMenuItem(zoneTitle(name), func() { u.chooseZone(name) })
		item.Checked = name == chosen
		m.Items = append(m.Items, item)
	}
	m.Items = append(m.Items, fyne.NewMenuItem(lang.L("Another time zone…"), u.showZones))
	now, acc := u.now(), u.app.Account().Get()
	if acc != nil && u.timed() {
		m.Items = append(m.Items, fyne.NewMenuItemSeparator())
		for _, c := range []app.Clock{app.ProducerClock, app.ServerClock} {
			item := fyne.NewMenuItem(clockTitle(c), func() { u.dateBy(now.Stream, c) })
			item.Checked = u.app.Ways.Clock(acc, now.Stream) == c
			m.Items = append(m.Items, item)
		}
	}
	u.menu(above, m)
}

// clockTitle says whose clock it is.
func clockTitle(c app.Clock) string {
	if c == app.ServerClock {
		return lang.L("The server's clock: when it arrived")
	}
	return lang.L("The producer's clock: when it was recorded")
}

// dateBy tells a stream by another clock.
func (u *UI) dateBy(stream string, c app.Clock) {
	u.binder.work(func(context.Context) error { return u.app.Watch.Date(stream, c) }, func(err error) {
		if err != nil {
			u.notice(lang.L("The choice cannot be kept"), err)
		}
		u.page.times.seek()
		u.binder.invalidate()
	})
}

// switchClock changes between the two clocks of the stream that is watched.
func (u *UI) switchClock() {
	acc := u.app.Account().Get()
	if acc == nil || !u.timed() {
		return
	}
	c := app.ServerClock
	if u.app.Ways.Clock(acc, u.now().Stream) == c {
		c = app.ProducerClock
	}
	u.dateBy(u.now().Stream, c)
	u.say(clockTitle(c), "", nil)
}
