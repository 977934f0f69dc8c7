package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

// gapsKey is where in the program's preferences it stands that play goes through gaps.
const gapsKey = "gaps.through"

// speeds are those that the keys go through.
var speeds = []float64{-8, -4, -2, -1, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1, 2, 4, 8, 16, 32}

func (u *UI) speed(rate float64) {
	if u.timed() {
		u.app.Watch.Speed(rate)
		u.binder.invalidate()
	}
}

// changeSpeed goes to the next speed, or the one before.
func (u *UI) changeSpeed(by int) {
	rate := 1.0
	if t := u.now().Transport; t != nil {
		rate = t.Rate()
	}
	i := slices.IndexFunc(speeds, func(s float64) bool { return s >= rate })
	u.speed(speeds[min(max(i+by, 0), len(speeds)-1)])
}

// showSpeeds offers the speeds, and to go through gaps.
func (u *UI) showSpeeds(above fyne.CanvasObject) {
	m := fyne.NewMenu("")
	for _, s := range slices.Backward(speeds) {
		item := fyne.NewMenuItem(speed(s), func() { u.speed(s) })
		t := u.now().Transport
		item.Checked = t == nil && s == 1 || t != nil && t.Rate() == s
		m.Items = append(m.Items, item)
	}
	leap := fyne.NewMenuItem(lang.L("Leap over what is not recorded"), u.toggleGaps)
	leap.Checked = u.app.Watch.LeapsGaps()
	m.Items = append(m.Items, fyne.NewMenuItemSeparator(), leap)
	u.menu(above, m)
}

// toggleGaps makes play leap over times in which nothing is recorded, or go through them, in later runs as well.
func (u *UI) toggleGaps() {
	leap := !u.app.Watch.LeapsGaps()
	u.fyne.Preferences().SetBool(gapsKey, !leap)
	u.app.Watch.LeapGaps(leap)
	if leap {
		u.say(lang.L("Play leaps over what is not recorded."), "", nil)
		return
	}
	u.say(lang.L("Play goes through what is not recorded."), "", nil)
}
