package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// appearanceKey is where the choice is kept in the program's preferences.
const appearanceKey = "appearance"

// savedAppearance is the appearance that was chosen last; dark at first.
func savedAppearance(p fyne.Preferences) appearance {
	switch a := appearance(p.StringWithFallback(appearanceKey, string(alwaysDark))); a {
	case followSystem, alwaysLight, highContrast:
		return a
	default:
		return alwaysDark
	}
}

// appear gives the program an appearance.
func (u *UI) appear(a appearance) {
	u.appearance = a
	u.fyne.Settings().SetTheme(look{a})
	u.page.appear(a)
	u.record.appear(a)
	u.calls.appear(a)
}

// chooseAppearance is appear for a person's choice, which is remembered.
func (u *UI) chooseAppearance(a appearance) {
	u.fyne.Preferences().SetString(appearanceKey, string(a))
	u.appear(a)
}

// showAppearances offers the appearances below a button.
func (u *UI) showAppearances(below fyne.CanvasObject) {
	item := func(name string, a appearance) *fyne.MenuItem {
		i := fyne.NewMenuItem(name, func() { u.chooseAppearance(a) })
		i.Checked = u.appearance == a
		return i
	}
	u.menu(below, fyne.NewMenu("",
		item(lang.L("Dark"), alwaysDark),
		item(lang.L("Light"), alwaysLight),
		item(lang.L("High contrast"), highContrast),
		item(lang.L("As the system"), followSystem)))
}

// menu shows a menu below an object, at its right end if it would leave the window.
func (u *UI) menu(below fyne.CanvasObject, m *fyne.Menu) {
	at := u.fyne.Driver().AbsolutePositionForObject(below).AddXY(0, below.Size().Height+space1)
	widget.ShowPopUpMenuAtPosition(m, u.window.Canvas(), at)
}
